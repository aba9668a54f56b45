import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { type Genesis, type Invitation, networkIdOf, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createPeerTree, Libp2pEngine, type PeerTree } from '@borgios/peertree'
import { BULK_PROTOCOL, CONTROL_PROTOCOL } from '@borgios/protocol'
import type { Network } from './network.ts'
import { TamperingEngine } from './tampering-engine.ts'

/** A node in this process that is an invited member of a network of real processes. */
export interface Member extends AsyncDisposable {
  readonly tree: PeerTree
  /** Between the node and the wire. */
  readonly engine: TamperingEngine
}

/** Lets the network invite a new operator, whose one node joins as a leaf would. */
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
  await tree.start()
  return { tree, engine, [Symbol.asyncDispose]: () => tree.stop() }
}

const newSigner = () => sodiumEd25519.signerFromSeed(systemRandom.bytes(32))
