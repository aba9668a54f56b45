import {
  createJobService,
  defaultJobLimits,
  freeEscrow,
  type JobFiles,
  maxJobLimits,
  openSandbox,
} from '@borgios/compute'
import type { LentBytes } from '@borgios/core'
import { createPeerTree, type Member, type PeerNetwork, type PeerTree } from '@borgios/peertree'
import { type Coding, codingThatFits, createFileStore, type FileStore, freeLeases } from '@borgios/store'
import { fileAddressBook } from '../config/address-book.ts'
import { roleOf } from '../config/identity.ts'
import { noLedger } from '../errors.ts'
import { LedgerRegister } from '../ledger/member-register.ts'
import { invitedMembership } from '../ledger/membership.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { openMembership } from '../ledger/open-membership.ts'
import { Payments } from '../ledger/payments.ts'
import type { OpenRooms, RoomsContext } from './rooms.ts'

/** Opens the real rooms and wires them to each other. The tree starts last: who joins is ready to serve. */
export const openRooms: OpenRooms = async (context) => {
  const { identity, config, paths, clock, timers, random, ed25519, logger } = context
  const { compute: computeFolder } = paths
  const sandbox = await openSandbox({ folder: `${computeFolder}/sandbox` }, { clock, timers, logger })
  const register = identity.genesis.ledger === undefined ? undefined : new LedgerRegister(identity.node, clock)
  const tree = openTree(context, sandbox.unavailableWhy === undefined && config.jobSlots > 0, register)
  const { signer, network: networkId } = identity
  const shared = { network: tree, signer, ed25519, networkId, clock, timers, random, logger }
  const { capacityBytes, coding, repairGraceMs } = config
  const opened = await openLedger(context, tree)
  const ledger = opened?.ledger
  if (ledger !== undefined) register?.attach(ledger)
  const admitted =
    opened === undefined || register === undefined ? undefined : await openMembership(context, opened, tree, register)
  const membership = admitted?.membership ?? invitedMembership(context)
  const payments = opened === undefined ? undefined : await Payments.open(context, opened, tree)
  const store = await createFileStore(
    { folder: paths.store, capacityBytes, coding, repair: { graceMs: repairGraceMs } },
    { ...shared, leases: payments?.leases ?? freeLeases, ...(payments && { audit: payments.audit }) },
  )
  await payments?.serve(store)
  const paid =
    payments === undefined ? { escrow: freeEscrow } : { escrow: payments.escrow, earnings: payments.earnings }
  const compute = createJobService(
    {
      folder: `${computeFolder}/jobs`,
      slots: config.jobSlots,
      maxLimits: { ...maxJobLimits, ...config.maxJobLimits },
    },
    { ...shared, sandbox, files: jobFiles(store, tree, coding), ...paid },
  )
  const stop = async (): Promise<void> => {
    payments?.stopWaiting()
    await admitted?.stop()
    await compute.stop()
    await store.stop()
    await payments?.stop()
    await ledger?.stop()
    await opened?.index.close()
    await tree.stop()
  }
  try {
    await tree.enter(membership.view().role)
    await tree.start()
    ledger?.start()
    payments?.started()
    admitted?.membership.start()
  } catch (error) {
    await stop()
    throw error
  }
  const defaultCoding = (): Coding => defaultCodingFor(knownOperators(tree), coding)
  const addresses = () => tree.addresses()
  return {
    network: tree,
    membership,
    store,
    compute,
    ledger,
    ledgerIndex: opened?.index,
    payForPut: () => payments?.forOnePut(),
    async renew(lease, forMs) {
      if (payments === undefined) throw noLedger('files cost nothing in a network without a ledger')
      await payments.renew(lease, forMs)
    },
    jobLimits: defaultJobLimits,
    assertPayable: (jobLimits) => payments?.assertPayable(jobLimits),
    defaultCoding,
    addresses,
    stop,
  }
}

function openTree(context: RoomsContext, runsJobs: boolean, register: LedgerRegister | undefined): PeerTree {
  const { identity, config, paths, release, clock, timers, random, ed25519, logger } = context
  const { genesis, certificate, invitation, signer } = identity
  const addressBook = fileAddressBook(paths.addressBook)
  return createPeerTree(
    {
      genesis,
      // Where the ledger decides, who was not invited may become a member, too.
      certificate: register !== undefined || roleOf(identity) === 'member' ? certificate : undefined,
      invitation,
      place: config.place,
      release,
      services: runsJobs ? ['store', 'compute'] : ['store'],
      degree: config.degree,
      listen: [`/ip4/${config.host}/tcp/${config.port}`],
      contacts: config.join,
    },
    { signer, ed25519, clock, timers, random, logger, ...(register && { register }), addressBook },
  )
}

/** Where jobs find their inputs and leave their outputs. */
function jobFiles(store: FileStore, network: PeerNetwork, coding: Coding): JobFiles {
  return {
    async get(capability, signal) {
      const { bytes, content } = await store.get(capability, { signal })
      return { bytes, content: chunksOf(content) }
    },
    async put(name, bytes, content, signal) {
      // The output of a job must not be lost because a node is away just now.
      const fitting = codingThatFits(storingOperators(network), coding)
      // Nobody pays for outputs yet: not the executor, who would have to, for what is the requester's.
      const options = { name, totalBytes: bytes, coding: fitting, signal, leases: freeLeases }
      return (await store.put(content, options)).capability
    },
  }
}

/** Each chunk is lent until the next is asked for, as {@link JobFiles} allows. */
async function* chunksOf(content: AsyncIterable<LentBytes>): AsyncGenerator<Uint8Array> {
  for await (using part of content) yield part.bytes
}

/** Operators whose nodes store right now: no two shards of a stripe go to one of them. */
export const storingOperators = (network: Pick<PeerNetwork, 'members'>): number =>
  countOperators(network.members().filter((member) => member.state === 'up'))

/** Operators who bring nodes that store, also while those are down. */
export const knownOperators = (network: Pick<PeerNetwork, 'members'>): number => countOperators(network.members())

const countOperators = (members: readonly Member[]): number =>
  new Set(members.filter((member) => member.services.includes('store')).map((member) => member.operator)).size

/**
 * The coding of a file whose owner does not say: the wished one, or in a small network the safest that its operators can hold. It
 * follows the network's size, not who is up: a file is not kept less safe for good because a node is away just now, nor ever without
 * parity.
 */
export const defaultCodingFor = (operators: number, wished: Coding): Coding =>
  operators < 2 ? wished : codingThatFits(operators, wished)
