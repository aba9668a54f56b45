import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { accountIdOf, type Genesis, type Invitation, networkIdOf, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { signApplication } from '@borgios/node'
import { createPeerTree, Libp2pEngine, type PeerTree } from '@borgios/peertree'
import {
  type Application,
  BULK_PROTOCOL,
  CONTROL_PROTOCOL,
  isStandingReply,
  MEMBER_APPLY,
  MEMBER_STANDING,
} from '@borgios/protocol'
import type { Network } from './network.ts'
import { TamperingEngine } from './tampering-engine.ts'

/** A node in this process that is an invited member of a network of real processes. */
export interface Member extends AsyncDisposable {
  readonly tree: PeerTree
  /** Between the node and the wire. */
  readonly engine: TamperingEngine
}

const ADMISSION_MS = 60_000
/** A member takes one application a second. */
const POLL_MS = 1_100

/** Lets the network invite a new operator, whose one node applies as a guest and joins as a member when the ledger has it. */
export async function joinAsMember(network: Network, name: string): Promise<Member> {
  const [operator, signer] = [newSigner(), newSigner()]
  const path = join(network.folder, `${name}.json`)
  await network.json(['net', 'invite', OperatorId.fromBytes(operator.publicKey), '-o', path])
  const text: { genesis: Genesis; invitation: Invitation; addresses: string[] } = JSON.parse(
    await readFile(path, 'utf8'),
  )
  const { genesis, invitation, addresses } = text
  const certificate = signNodeCertificate(operator, {
    network: networkIdOf(genesis),
    node: NodeId.fromBytes(signer.publicKey),
    operator: OperatorId.fromBytes(operator.publicKey),
  })
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const protocols = [CONTROL_PROTOCOL, BULK_PROTOCOL]
  const engine = new TamperingEngine(new Libp2pEngine({ listen, protocols }, { signer, timers: systemTimers }))
  const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, ed25519: sodiumEd25519 }
  const tree = createPeerTree(
    { genesis, certificate, invitation, place: name, release: 'test', services: [], listen, contacts: addresses },
    { ...ports, signer, engine, logger: silentLogger },
  )
  await tree.enter('guest')
  await tree.start()
  const { nodes } = await network.tree()
  const sponsor = nodes.find(({ state }) => state === 'attached')?.id
  if (sponsor === undefined || !NodeId.is(sponsor)) throw new Error('no node is there to vouch for another')
  const wallet = accountIdOf(operator.publicKey)
  const offer = { sponsor, wallet, capacityBytes: 0, cores: 1, release: '0.1.0', untilEpoch: 2 }
  const application = signApplication({ certificate, invitation, ...offer }, { node: signer, operator })
  await untilAdmitted(tree, application)
  await tree.enter('member')
  return { tree, engine, [Symbol.asyncDispose]: () => tree.stop() }
}

const newSigner = () => sodiumEd25519.signerFromSeed(systemRandom.bytes(32))

/** Asks the member below which the guest hangs, again and again. */
async function untilAdmitted(tree: PeerTree, application: Application): Promise<void> {
  for (let waitedMs = 0; waitedMs < ADMISSION_MS; waitedMs += POLL_MS) {
    const { parent } = tree.position()
    if (parent !== undefined) {
      const standing = await tree.request(parent, MEMBER_STANDING, {})
      if (isStandingReply(standing) && standing.isMember) return
      await tree.request(parent, MEMBER_APPLY, application)
    }
    await systemTimers.sleep(POLL_MS)
  }
  throw new Error('nobody vouches for the node')
}
