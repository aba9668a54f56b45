import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, MINUTE_MS } from '@borgios/core'
import { nobleEd25519 } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { LightClient } from '@borgios/light'
import {
  decodeEpochProof,
  decodeFinalityProof,
  encodeEpochProof,
  encodeFinalityProof,
  headerHash,
} from '@borgios/protocol'
import { Chain, named, START_MS } from './chain-maker.ts'
import { altered, refusalOf } from './refusal.ts'

const EPOCHS = 4
const EPOCH_BLOCKS = 3
const UNBONDING_MS = 30 * MINUTE_MS
const chain = new Chain({ name: 'light', epochs: EPOCHS, epochBlocks: EPOCH_BLOCKS })

const modulesAt = (nowMs: number) => ({ ed25519: sodiumEd25519, clock: { nowMs: () => nowMs } })
const begin = (from: ReturnType<LightClient['save']> | typeof chain.checkpoint = chain.checkpoint, nowMs = START_MS) =>
  new LightClient({ from, unbondingMs: UNBONDING_MS }, modulesAt(nowMs))

test('from a checkpoint through all epochs, and to any block of the last two', () => {
  const client = begin()
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    assert.equal(client.epoch, epoch)
    for (let height = epoch * EPOCH_BLOCKS + 1; height <= (epoch + 1) * EPOCH_BLOCKS; height += 1) {
      const { header, hash } = client.verifyHeader(chain.proofAt(height))
      assert.deepEqual(header, chain.headerAt(height))
      assert.deepEqual(hash, headerHash(chain.network, header))
      assert.equal(client.newest.height, height)
    }
    client.advance([chain.epochProof(epoch)])
    for (let height = epoch * EPOCH_BLOCKS + 1; height <= (epoch + 1) * EPOCH_BLOCKS; height += 1) {
      client.verifyHeader(chain.proofAt(height))
    }
  }
})

test('many epochs in one go, with fillers, and a browser does it too', () => {
  const proofs = [0, 1, 2].map((epoch) => decodeEpochProof(encodeEpochProof(chain.epochProof(epoch, epoch))))
  const modules = { ...modulesAt(START_MS), ed25519: nobleEd25519 }
  const client = new LightClient({ from: chain.checkpoint, unbondingMs: UNBONDING_MS }, modules)
  client.advance(proofs)
  assert.equal(client.epoch, 3)
  assert.equal(client.newest.height, 3 * EPOCH_BLOCKS)
})

test('a block is final through its descendants', () => {
  const { header } = begin().verifyHeader(decodeFinalityProof(encodeFinalityProof(chain.proofAt(1, 3))))
  assert.equal(header.height, 1)
})

test('the newest block is the highest seen', () => {
  const client = begin()
  client.verifyHeader(chain.proofAt(3))
  client.verifyHeader(chain.proofAt(2))
  assert.equal(client.newest.height, 3)
})

test('a checkpoint may lie within an epoch; what is below it is not looked at', () => {
  const { header, hash: blockHash } = begin().verifyHeader(chain.proofAt(2))
  const { height, timeMs, stateRoot } = header
  const client = begin({ ...chain.checkpoint, height, blockHash, timeMs, stateRoot })
  assert.equal(
    refusalOf(() => client.verifyHeader(chain.proofAt(1))),
    'LIGHT_CHAIN_BROKEN',
  )
  assert.deepEqual(client.verifyHeader(chain.proofAt(2)).hash, blockHash)
  const other = chain.proofOf([{ ...chain.headerAt(2), usedUnits: 1 }])
  assert.equal(
    refusalOf(() => client.verifyHeader(other)),
    'LIGHT_CHAIN_BROKEN',
  )
  client.verifyHeader(chain.proofAt(3))
  client.advance([chain.epochProof(0)])
  assert.equal(client.epoch, 1)
})

test('a checkpoint may be the last block of an epoch: it is believed as it is, and no other block of that epoch', () => {
  const { header, hash } = begin().verifyHeader(chain.proofAt(EPOCH_BLOCKS))
  const { committee } = chain.signersAt(1)
  const { height, timeMs, stateRoot, seal } = header
  const lastHeight = seal?.lastHeight ?? 0
  const client = begin({ ...chain.checkpoint, committee, lastHeight, height, blockHash: hash, timeMs, stateRoot })
  const { support } = client.verifyHeader(chain.proofAt(EPOCH_BLOCKS))
  assert.deepEqual(support, { signatures: 0, validators: 4, weight: 0, totalWeight: 4, quorum: 3 })
  const others = [chain.proofAt(EPOCH_BLOCKS - 1), chain.proofOf([{ ...header, stateRoot: named('mine') }])]
  for (const other of others) {
    assert.equal(
      refusalOf(() => client.verifyHeader(other)),
      'LIGHT_EPOCH_UNKNOWN',
    )
  }
  assert.equal(client.verifyHeader(chain.proofAt(EPOCH_BLOCKS + 1)).header.height, EPOCH_BLOCKS + 1)
})

test('epochs that are not known, yet or any more, are no fault of who shows them', () => {
  const client = begin()
  assert.equal(
    refusalOf(() => client.verifyHeader(chain.proofAt(EPOCH_BLOCKS + 1))),
    'LIGHT_EPOCH_UNKNOWN',
  )
  client.advance([chain.epochProof(0), chain.epochProof(1)])
  assert.equal(
    refusalOf(() => client.verifyHeader(chain.proofAt(1))),
    'LIGHT_EPOCH_UNKNOWN',
  )
})

test('steps before one that is refused stay', () => {
  const client = begin()
  assert.throws(() => client.advance([chain.epochProof(0), chain.epochProof(2)]))
  assert.equal(client.epoch, 1)
})

test('what is as old as the unbonding time is not trusted any more', () => {
  const lastMs = START_MS + UNBONDING_MS - 1
  assert.equal(begin(chain.checkpoint, lastMs).epoch, 0)
  assert.equal(
    refusalOf(() => begin(chain.checkpoint, lastMs + 1)),
    'LIGHT_TRUST_EXPIRED',
  )
})

test('trust is renewed by what is seen, and runs out in a client that sleeps', () => {
  let nowMs = START_MS
  const modules = { ed25519: sodiumEd25519, clock: { nowMs: () => nowMs } }
  const client = new LightClient({ from: chain.checkpoint, unbondingMs: UNBONDING_MS }, modules)
  client.advance([chain.epochProof(0)])
  const { timeMs } = client.verifyHeader(chain.proofAt(4)).header
  nowMs = timeMs + UNBONDING_MS - 1
  client.verifyHeader(chain.proofAt(4))
  // The epoch before ended a little earlier.
  assert.equal(
    refusalOf(() => client.verifyHeader(chain.proofAt(2))),
    'LIGHT_TRUST_EXPIRED',
  )
  nowMs += 1
  assert.equal(
    refusalOf(() => client.verifyHeader(chain.proofAt(4))),
    'LIGHT_TRUST_EXPIRED',
  )
  assert.equal(
    refusalOf(() => client.advance([chain.epochProof(1)])),
    'LIGHT_TRUST_EXPIRED',
  )
})

test('a block from the future means that the clock is wrong', () => {
  const { maxAheadMs } = limits.ledgerCodec
  assert.equal(begin(chain.checkpoint, START_MS - maxAheadMs).epoch, 0)
  assert.equal(
    refusalOf(() => begin(chain.checkpoint, START_MS - maxAheadMs - 1)),
    'LIGHT_FROM_THE_FUTURE',
  )
  const client = begin(chain.checkpoint, START_MS - maxAheadMs)
  assert.equal(
    refusalOf(() => client.verifyHeader(chain.proofAt(1))),
    'LIGHT_FROM_THE_FUTURE',
  )
})

test('what a client keeps lets it go on, and damage to it is found', () => {
  for (const epochs of [0, 2]) {
    const client = begin()
    client.advance(Array.from({ length: epochs }, (_, epoch) => chain.epochProof(epoch)))
    client.verifyHeader(chain.proofAt(epochs * EPOCH_BLOCKS + 2))
    const kept = client.save()
    const restored = begin(kept)
    assert.deepEqual(restored.newest, client.newest)
    assert.deepEqual(restored.save(), kept)
    if (epochs > 0) restored.verifyHeader(chain.proofAt(epochs * EPOCH_BLOCKS - 1))
    restored.advance([chain.epochProof(epochs)])
    for (const changed of altered(kept)) {
      assert.equal(
        refusalOf(() => begin(changed)),
        'LIGHT_STATE_CORRUPT',
      )
    }
    for (let length = 0; length < kept.length; length += 1) {
      assert.equal(
        refusalOf(() => begin(kept.subarray(0, length))),
        'LIGHT_STATE_CORRUPT',
      )
    }
    assert.equal(
      refusalOf(() => begin(kept, client.newest.timeMs + UNBONDING_MS)),
      'LIGHT_TRUST_EXPIRED',
    )
  }
})

test('it keeps nothing of the buffers it was given', () => {
  const bytes = encodeEpochProof(chain.epochProof(0))
  const checkpoint = structuredClone(chain.checkpoint)
  const client = begin(checkpoint)
  client.advance([decodeEpochProof(bytes)])
  const kept = client.save()
  const given = kept.slice()
  const restored = begin(given)
  for (const buffer of [bytes, checkpoint.network, checkpoint.blockHash, given]) buffer.fill(0)
  for (const each of [client, restored]) {
    assert.deepEqual(each.save(), kept)
    each.verifyHeader(chain.proofAt(EPOCH_BLOCKS + 1))
  }
})
