import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, encodeBase32, type JsonObject, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { accountIdOf, parseGenesis, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { accountOf, type Ledger } from '@borgios/ledger'
import { MemoryNetwork } from '@borgios/peertree/testing'
import { CodecPool, createFileStore, type FileStore } from '@borgios/store'
import { nodePaths } from '../src/config/data-folder.ts'
import { enterNetwork, foundingMember, loadIdentity, loadOperator } from '../src/config/identity.ts'
import { defaultNodeConfig } from '../src/config/node-config.ts'
import { loadWallet, recordsOf, walletKeyIn } from '../src/config/wallet.ts'
import type { RoomsContext } from '../src/daemon/rooms.ts'
import { type FoundingMember, ledgerGenesis } from '../src/ledger/ledger-genesis.ts'
import type { LedgerIndex } from '../src/ledger/ledger-index.ts'
import { openLedger } from '../src/ledger/open-ledger.ts'
import { Payments } from '../src/ledger/payments.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'

const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, ed25519: sodiumEd25519 }

/** One node with a real ledger and a real store. */
export interface PaidNode {
  readonly context: RoomsContext
  readonly ledger: Ledger
  readonly index: LedgerIndex
  readonly payments: Payments
  readonly store: FileStore
  /** Another one that pays from the wallet that all share. */
  readonly sender: WalletSender
}

export interface PaidNodes extends AsyncDisposable {
  readonly nodes: readonly PaidNode[]
  readonly wallet: Signer
  readonly founder: Signer
  /** The key of a node's operator. */
  operator(index: number): Signer
  node(index: number): PaidNode
  balance(): bigint
}

export interface PaidNodesOptions {
  readonly nodes: number
  /** Parameters that genesis sets. */
  readonly values: JsonObject
  /** Micro-units that the wallet begins with. */
  readonly balance: bigint
  /** The node that finds none of its shards when it looks. */
  readonly forgetful?: number
}

/** Nodes in one process over a network in memory, whose user has one wallet. */
export async function openPaidNodes({
  nodes: count,
  values,
  balance,
  forgetful,
}: PaidNodesOptions): Promise<PaidNodes> {
  const founder = sodiumEd25519.signerFromSeed(systemRandom.bytes(32))
  const folder = await mkdtemp(join(tmpdir(), 'borgios-paid-'))
  const config = { ...defaultNodeConfig, records: '../records', coding: { data: 2, parity: 1 } }
  const allPaths = Array.from({ length: count }, (_, index) => nodePaths(join(folder, String(index))))
  const members: FoundingMember[] = []
  for (const paths of allPaths) members.push(await foundingMember(paths, ports))
  const [firstPaths] = allPaths
  assert(firstPaths !== undefined, 'there is a node')
  const wallet = await loadWallet(walletKeyIn(recordsOf(firstPaths, config)), ports)
  const genesis = genesisOf({ wallet, founder }, members, { values, balance })
  const network = new MemoryNetwork(systemClock, systemTimers)
  const codec = new CodecPool()
  const nodes: PaidNode[] = []
  const operators: Signer[] = []
  for (const paths of allPaths) {
    await enterNetwork(paths, genesis, undefined)
    const identity = await loadIdentity(paths, ports)
    operators.push((await loadOperator(paths, ports)).signer)
    const context = { ...ports, logger: silentLogger, identity, config, paths, release: '0.1.0' }
    const about = { node: identity.node, operator: identity.operator, place: 'here', release: '0.1.0' }
    nodes.push(
      await openNode(
        context,
        network.add({ ...about, services: ['store', 'compute'], addresses: [] }),
        codec,
        nodes.length === forgetful,
      ),
    )
  }
  for (const { ledger, payments } of nodes) {
    ledger.start()
    payments.started()
  }
  const at = (index: number): PaidNode => {
    const node = nodes[index]
    assert(node !== undefined, `there is no node ${index}`)
    return node
  }
  return {
    nodes,
    wallet,
    founder,
    operator(index) {
      const operator = operators[index]
      assert(operator !== undefined, `there is no node ${index}`)
      return operator
    },
    node: at,
    balance: () => accountOf(at(0).ledger.state, wallet.publicKey)?.balance ?? 0n,
    async [Symbol.asyncDispose]() {
      for (const { payments, sender } of nodes) {
        payments.stopWaiting()
        sender.stop()
      }
      await Promise.all(nodes.map(({ store }) => store.stop()))
      await Promise.all(nodes.map(({ payments }) => payments.stop()))
      await Promise.all(nodes.map(({ ledger }) => ledger.stop()))
      await codec.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function openNode(
  context: RoomsContext,
  network: ReturnType<MemoryNetwork['add']>,
  codec: CodecPool,
  isForgetful: boolean,
): Promise<PaidNode> {
  const { identity, paths, config, logger } = context
  const opened = await openLedger(context, network)
  assert(opened !== undefined, 'this genesis has a ledger')
  const payments = await Payments.open(context, opened, network)
  const { signer, network: networkId } = identity
  const store = await createFileStore(
    { folder: paths.store, capacityBytes: 2 ** 30, coding: config.coding },
    { ...ports, network, signer, networkId, logger, codec, leases: payments.leases, audit: payments.audit },
  )
  await payments.serve(isForgetful ? { audits: store.audits, heldBytes: () => undefined } : store)
  const { ledger } = opened
  const key = await loadWallet(walletKeyIn(recordsOf(paths, config)), ports)
  const id = ledger.chain.modules.network
  const sender = new WalletSender({ ledger, signer: key, network: id, timers: systemTimers })
  return { context, ledger, index: opened.index, payments, store, sender }
}

/** As `borgios up` makes it, with short epochs. */
function genesisOf(
  { wallet, founder }: Pick<PaidNodes, 'wallet' | 'founder'>,
  members: readonly FoundingMember[],
  { values, balance }: Omit<PaidNodesOptions, 'nodes'>,
) {
  const plan = { nowMs: systemClock.nowMs(), release: '0.1.0', governor: founder.publicKey, wallet: wallet.publicKey }
  const { timeMs, modules } = ledgerGenesis({ ...plan, members }) as unknown as PlannedLedger
  const account = accountIdOf(wallet.publicKey)
  const accounts = modules.accounts.map((one) => (one.account === account ? { ...one, balance: String(balance) } : one))
  const parameters = { ...modules.parameters, values }
  const ledger = { timeMs, modules: { ...modules, accounts, parameters } }
  const founders = [OperatorId.fromBytes(founder.publicKey)]
  return parseGenesis({ version: 1, name: 'paid', random: encodeBase32(systemRandom.bytes(32)), founders, ledger })
}

interface PlannedLedger {
  readonly timeMs: number
  readonly modules: {
    readonly accounts: readonly { readonly account: string; readonly balance: string }[]
    readonly parameters: object
  }
}
