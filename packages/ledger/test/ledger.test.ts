import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { PeerNetwork } from '@borgios/peertree'
import { createMemoryNetwork } from '@borgios/peertree/testing'
import { CONSENSUS_PROTOCOL } from '../src/links/outgoing-link.ts'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { ModuleRegistry } from '../src/modules/module-registry.ts'
import { openDiskStorage } from '../src/service/disk-storage.ts'
import { Ledger } from '../src/service/ledger.ts'
import { ledgerModules } from '../src/service/ledger-modules.ts'
import { genesisOf, keysOf, NETWORK, QUICK, transferBy } from './support/ledger-cluster.ts'

const NODES = 4

async function openLedger(folder: string, name: string, network: PeerNetwork): Promise<Ledger> {
  const { modules: stateModules, nextBeacon } = ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 })
  const registry = new ModuleRegistry(stateModules)
  const genesis = genesisOf({ nodes: NODES, epochBlocks: 8 })
  const storage = await openDiskStorage(
    { folder: join(folder, name), networkId: NETWORK, genesis },
    { registry, random: systemRandom, logger: silentLogger },
  )
  const modules = {
    network,
    registry,
    storage,
    signer: keysOf(name),
    ed25519: sodiumEd25519,
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    nextBeacon,
  }
  return Ledger.open({ networkId: NETWORK, timing: QUICK }, modules)
}

const bobsBalance = (ledger: Ledger): bigint => accountOf(ledger.state, keysOf('bob').publicKey)?.balance ?? 0n

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 40_000
  while (!holds()) {
    assert(performance.now() < deadlineMs, `never ${what}`)
    await sleep(10)
  }
}

/** Nobody speaks to it as to a validator. */
const unlinked = (peer: PeerNetwork): PeerNetwork => ({
  self: peer.self,
  members: () => peer.members(),
  onMemberChange: (listener) => peer.onMemberChange(listener),
  position: () => peer.position(),
  request: (to, method, body, options) => peer.request(to, method, body, options),
  handle: (method, handler, access) => peer.handle(method, handler, access),
  openStream: async (to, protocol, signal) => {
    if (protocol === CONSENSUS_PROTOCOL) throw new Error('not a validator')
    return peer.openStream(to, protocol, signal)
  },
  handleStream: (protocol, handler, access) => {
    if (protocol !== CONSENSUS_PROTOCOL) peer.handleStream(protocol, handler, access)
  },
  broadcast: (type, body, audience) => peer.broadcast(type, body, audience),
  onBroadcast: (type, handler) => peer.onBroadcast(type, handler),
})

/** Nor is it told anything over the tree. */
const deaf = (peer: PeerNetwork): PeerNetwork => ({ ...unlinked(peer), onBroadcast: () => () => {} })

for (const [how, cutOff] of Object.entries({ 'follows what they announce': unlinked, 'asks by itself': deaf })) {
  test(`a validator to whom the others say nothing any more ${how}`, { timeout: 60_000 }, () => leavesItsEpoch(cutOff))
}

async function leavesItsEpoch(cutOff: (peer: PeerNetwork) => PeerNetwork): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-ledger-'))
  const { peers } = createMemoryNetwork(systemClock, systemTimers, NODES, (index) => ({
    node: NodeId.fromBytes(keysOf(`node ${index}`).publicKey),
    operator: OperatorId.fromBytes(keysOf(`operator of node ${index}`).publicKey),
  }))
  try {
    const ledgers = await Promise.all(
      peers.map((peer, index) => openLedger(folder, `node ${index}`, index === 3 ? cutOff(peer) : peer)),
    )
    for (const ledger of ledgers) ledger.start()
    const left = ledgers[3] ?? assert.fail()
    await until('out of its epoch', () => left.status().epoch >= 2)
    await Promise.all(ledgers.map((ledger) => ledger.stop()))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('what a user sends to one node is final on all, and all nodes know it after a restart', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-ledger-'))
  const names = Array.from({ length: NODES }, (_, index) => `node ${index}`)
  const { peers } = createMemoryNetwork(systemClock, systemTimers, NODES, (index) => ({
    node: NodeId.fromBytes(keysOf(`node ${index}`).publicKey),
    operator: OperatorId.fromBytes(keysOf(`operator of node ${index}`).publicKey),
  }))
  const openAll = (): Promise<Ledger[]> =>
    Promise.all(names.map((name, index) => openLedger(folder, name, peers[index] ?? assert.fail())))
  try {
    let ledgers = await openAll()
    for (const ledger of ledgers) ledger.start()
    const [first] = ledgers
    assert(first)
    const ids: Uint8Array[] = []
    for (let nonce = 0; nonce < 10; nonce += 1) ids.push(await first.submit(transferBy('alice', 'bob', nonce, 3n)))
    await until('final everywhere', () => ledgers.every((ledger) => bobsBalance(ledger) === 1_000_000_000_030n))
    for (const id of ids) assert.equal(first.transactionState(id)?.kind, 'final')
    await until('in a later epoch', () => ledgers.every((ledger) => ledger.status().epoch >= 2))
    const heights = ledgers.map((ledger) => ledger.status().height)
    await Promise.all(ledgers.map((ledger) => ledger.stop()))

    ledgers = await openAll()
    for (const [index, ledger] of ledgers.entries()) {
      assert(ledger.status().height >= (heights[index] ?? 0))
      assert.equal(bobsBalance(ledger), 1_000_000_000_030n)
      const steps = await ledger.proofs.answer({ ask: 'epochs', from: 0, limit: limits.ledgerLight.maxEpochs })
      assert.equal(steps.length, Math.min(ledger.status().epoch, limits.ledgerLight.maxEpochs))
    }
    for (const ledger of ledgers) ledger.start()
    const [again] = ledgers
    assert(again)
    for (const id of ids) assert.equal(again.transactionState(id)?.kind, 'final')
    await again.submit(transferBy('alice', 'bob', 10, 70n))
    await until('final everywhere again', () => ledgers.every((ledger) => bobsBalance(ledger) === 1_000_000_000_100n))
    for (const ledger of ledgers) assert.equal(ledger.status().haltedWhy, undefined)
    await Promise.all(ledgers.map((ledger) => ledger.stop()))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
