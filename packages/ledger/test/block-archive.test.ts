import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { BlockStore, type Candidate, StoredBlockArchive } from '@borgios/ledger'
import type { BlockHeader } from '@borgios/protocol'
import { decodeArchived } from '../src/sync/archived-block.ts'
import { FaultySegmentFiles } from './faulty-segment-files.ts'

const hashOf = (number: number): Uint8Array => new Uint8Array(32).fill(number)

const votes = [{ voter: 0, signature: new Uint8Array(64) }]

function candidate(height: number, isFiller = false): Candidate {
  const parent = { slot: height - 1, hash: hashOf(height - 1) }
  const header: BlockHeader = {
    epoch: 1,
    slot: height,
    height,
    parent,
    timeMs: height,
    leader: 0,
    baseFee: 1n,
    usedUnits: 0,
    payload: hashOf(1),
    stateRoot: hashOf(2),
    receiptsRoot: hashOf(3),
    committee: hashOf(4),
    seal: undefined,
  }
  const block = { header, signature: new Uint8Array(64), transactions: [new Uint8Array(200).fill(height)] }
  const place = { epoch: 1, slot: height, height, hash: hashOf(height), parent, leader: 0 }
  return { ...place, isLast: false, isFiller, isEmpty: false, block }
}

test('final blocks are kept in order, and the last of each group says why they are final', async () => {
  const store = await BlockStore.open({ files: new FaultySegmentFiles(), random: new SeededRandom(1) })
  const archive = new StoredBlockArchive(store)
  const certificate = { kind: 'final', epoch: 1, slot: 3, block: hashOf(3), votes } as const
  archive.append({ blocks: [candidate(1), candidate(2)], fillers: [candidate(3, true)], certificate })
  await archive.sync()
  const [first, second] = await Promise.all([1, 2].map(async (height) => (await store.read(height)) ?? assert.fail()))
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(decodeArchived(first).finality, undefined)
  const { block, finality } = decodeArchived(second)
  assert.equal(block.header.height, 2)
  assert.deepEqual(
    block.transactions.map((bytes) => new Uint8Array(bytes)),
    [new Uint8Array(200).fill(2)],
  )
  assert.deepEqual(
    finality?.fillers.map(({ height }) => height),
    [3],
  )
  assert.equal(finality?.certificate.slot, 3)
})

test('only the newest blocks are found by their hash', async () => {
  const store = await BlockStore.open({ files: new FaultySegmentFiles(), random: new SeededRandom(1) })
  const archive = new StoredBlockArchive(store)
  const { recentBlocks } = limits.ledgerJournal
  const certificate = { kind: 'final', epoch: 1, slot: 1, block: hashOf(1), votes } as const
  for (let height = 1; height <= recentBlocks + 1; height += 1) {
    archive.append({ blocks: [candidate(height)], fillers: [], certificate })
  }
  assert.equal(archive.find({ slot: 1, hash: hashOf(1) }), undefined)
  assert.equal(archive.find({ slot: 2, hash: hashOf(2) })?.header.height, 2)
})
