import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type Checkpoint, decodeEpochProof, encodeEpochProof } from '@borgios/protocol'
import type { Chain } from '../src/engine/chain.ts'
import { rulesAt } from '../src/engine/epoch-rules.ts'
import { checkpointOf } from '../src/proofs/checkpoint-of.ts'
import { replay } from '../src/sync/replay.ts'
import { type EpochReader, Trust } from '../src/sync/trusted-place.ts'
import { type ClusterNode, chainFromGenesis, keysOf, LedgerCluster, NETWORK, QUICK } from './support/ledger-cluster.ts'

const EPOCH_BLOCKS = 5
const { trustMs } = limits.ledgerSync
const options = { nodes: 1, epochBlocks: EPOCH_BLOCKS, timing: { ...QUICK, idleMs: 20 } }

let cluster: LedgerCluster
let node: ClusterNode

before(async () => {
  cluster = await LedgerCluster.open(options)
  node = cluster.node(0)
  await node.until(() => node.chain.record.epoch >= 3)
  await node.stop()
})

after(() => cluster[Symbol.asyncDispose]())

const NO_EPOCHS: EpochReader = { last: undefined, read: async () => undefined }

/** The chain as it is after a block, and how the epochs ended that this led through. */
async function chainAt(height: number, chain: Chain = chainFromGenesis(options)) {
  const ends: Uint8Array[] = []
  const blocks = { read: async (at: number) => (at <= height ? await node.disk.archive.read(at) : undefined) }
  const rulesOf = () => rulesAt(chain, NETWORK, sodiumEd25519)
  await replay(chain, blocks, rulesOf, undefined, (proof) => ends.push(encodeEpochProof(proof)))
  return { chain, ends }
}

interface Situation {
  readonly who?: string
  /** Since the last block of the chain was made. */
  readonly agoMs?: number
  readonly epochs?: EpochReader
  readonly checkpoint?: Checkpoint
}

function trustOf(chain: Chain, { who = 'stranger', agoMs = 0, epochs = NO_EPOCHS, checkpoint }: Situation = {}): Trust {
  const clock = new ManualTime(chain.record.timeMs + agoMs)
  const self = keysOf(who).publicKey
  return new Trust({ network: NETWORK, self, checkpoint }, { chain, epochs, ed25519: sodiumEd25519, clock })
}

test('after long rest a validator follows what the others of its epoch sign, and nobody else does', async () => {
  const { chain } = await chainAt(3)
  const rested = [0, trustMs - 1, trustMs, 10 * trustMs]
  for (const agoMs of rested) {
    assert.equal(trustOf(chain, { who: 'node 0', agoMs }).mayFollow, true, `${agoMs}`)
    assert.equal(trustOf(chain, { agoMs }).mayFollow, agoMs < trustMs, `${agoMs}`)
    assert.equal(trustOf(chain, { who: 'node 0', agoMs }).isChainFresh, agoMs < trustMs)
  }
  // A state is another matter: it is signed by committees that it does not know.
  await assert.rejects(trustOf(chain, { who: 'node 0', agoMs: trustMs }).begin(), { code: 'LEDGER_TOO_LONG_AWAY' })
  assert.equal(await trustOf(chain, { agoMs: trustMs - 1 }).whyAway(), undefined)
  assert.match((await trustOf(chain, { agoMs: trustMs }).whyAway()) ?? '', /too long/)
})

test('where several places are trusted, it begins with the highest', async () => {
  const { chain } = await chainAt(3)
  const all: EpochReader = { last: 1, read: (epoch) => node.disk.archive.store.epochs.read(epoch) }
  const whole = await chainAt(3 * EPOCH_BLOCKS)
  const checkpoint = (await checkpointOf(whole.chain.state, all, NETWORK)) ?? assert.fail()
  const heightOf = async (situation: Situation) => (await trustOf(chain, situation).begin()).height
  assert.equal(checkpoint.height, 2 * EPOCH_BLOCKS)
  assert.equal(await heightOf({}), 3)
  assert.equal(await heightOf({ epochs: { ...all, last: 0 } }), EPOCH_BLOCKS)
  assert.equal(await heightOf({ epochs: { ...all, last: 0 }, checkpoint }), 2 * EPOCH_BLOCKS)
  const { rules } = await trustOf(chain, { epochs: all, checkpoint }).begin()
  assert.deepEqual([rules.committee.epoch, rules.lastHeight], [2, 3 * EPOCH_BLOCKS])
})

test('a start says how the epochs ended that it goes through, and that of the state it begins with', async () => {
  const endOf = async (epoch: number) => (await node.disk.archive.store.epochs.read(epoch)) ?? assert.fail()
  const { chain, ends } = await chainAt(EPOCH_BLOCKS)
  assert.deepEqual(ends, [await endOf(0)])
  assert.equal(decodeEpochProof(await endOf(0)).next.epoch, 1)
  assert.deepEqual((await chainAt(EPOCH_BLOCKS, chain)).ends, [await endOf(0)])
  assert.deepEqual((await chainAt(2 * EPOCH_BLOCKS, chain)).ends, [await endOf(0), await endOf(1)])
  assert.deepEqual((await chainAt(2 * EPOCH_BLOCKS + 1, chain)).ends, [await endOf(1)])
  assert.deepEqual((await chainAt(2 * EPOCH_BLOCKS + 1, chain)).ends, [])
})
