import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { BlockStore, type Candidate, EpochArchive, StoredBlockArchive } from '@borgios/ledger'
import { type BlockHeader, headerHash } from '@borgios/protocol'
import { finalityFrom } from '../src/proofs/finality-from.ts'
import { decodeArchived, encodeArchived } from '../src/sync/archived-block.ts'
import { FaultySegmentFiles } from './faulty-segment-files.ts'

const NETWORK = new Uint8Array(32).fill(9)
const hashOf = (number: number): Uint8Array => new Uint8Array(32).fill(number)

const noEpochs = async (): Promise<EpochArchive> =>
  new EpochArchive(await BlockStore.open({ files: new FaultySegmentFiles(), random: new SeededRandom(2) }))

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
  const archive = await StoredBlockArchive.open(store, await noEpochs(), NETWORK)
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

test('an epoch that took more fillers than a proof may have ends all the same: only nobody can be shown how', async () => {
  const files = new FaultySegmentFiles()
  const random = new SeededRandom(1)
  const store = await BlockStore.open({ files, random })
  const epochs = await noEpochs()
  const archive = await StoredBlockArchive.open(store, epochs, NETWORK)
  const fillers = Array.from({ length: limits.ledgerCodec.maxProofHeaders }, (_, above) => candidate(2 + above, true))
  const certificate = { kind: 'final', epoch: 1, slot: 1 + fillers.length, block: hashOf(3), votes } as const
  archive.append({ blocks: [candidate(1)], fillers, certificate })
  const next = { epoch: 2, validators: [{ key: hashOf(5), weight: 1 }] }
  const headersOf = (count: number) => [candidate(1), ...fillers.slice(0, count)].map(({ block }) => block.header)
  archive.appendEpoch({ last: { headers: headersOf(fillers.length), certificate }, next })
  await archive.sync()
  await store.close()
  assert.equal(await epochs.read(1), undefined)

  const again = await BlockStore.open({ files, random })
  await StoredBlockArchive.open(again, epochs, NETWORK)
  const { finality } = decodeArchived((await again.read(1)) ?? assert.fail())
  assert.equal(finality?.fillers.length, fillers.length)
  assert.equal(await finalityFrom(again, 1), undefined)
  archive.appendEpoch({ last: { headers: headersOf(fillers.length - 1), certificate }, next })
  assert.ok(await epochs.read(1))
})

test('only the newest blocks are found by their hash', async () => {
  const store = await BlockStore.open({ files: new FaultySegmentFiles(), random: new SeededRandom(1) })
  const archive = await StoredBlockArchive.open(store, await noEpochs(), NETWORK)
  const { recentBlocks } = limits.ledgerJournal
  const certificate = { kind: 'final', epoch: 1, slot: 1, block: hashOf(1), votes } as const
  for (let height = 1; height <= recentBlocks + 1; height += 1) {
    archive.append({ blocks: [candidate(height)], fillers: [], certificate })
  }
  assert.equal(archive.find({ slot: 1, hash: hashOf(1) }), undefined)
  assert.equal(archive.find({ slot: 2, hash: hashOf(2) })?.header.height, 2)
})

test('after a start the newest blocks are found again, for who stopped a little earlier', async () => {
  const files = new FaultySegmentFiles()
  const random = new SeededRandom(1)
  const store = await BlockStore.open({ files, random })
  const before = await StoredBlockArchive.open(store, await noEpochs(), NETWORK)
  const { recentBlocks } = limits.ledgerJournal
  for (let height = 1; height <= recentBlocks + 1; height += 1) {
    const certificate = { kind: 'final', epoch: 1, slot: height, block: hashOf(height), votes } as const
    before.append({ blocks: [candidate(height)], fillers: [], certificate })
  }
  await before.sync()
  await store.close()

  const archive = await StoredBlockArchive.open(await BlockStore.open({ files, random }), await noEpochs(), NETWORK)
  const found = (height: number) =>
    archive.find({ slot: height, hash: headerHash(NETWORK, candidate(height).block.header) })?.header.height
  assert.deepEqual([found(1), found(2), found(recentBlocks + 1)], [undefined, 2, recentBlocks + 1])
})

test('a group whose end was never written can become final anew, and says why after every later start', async () => {
  const files = new FaultySegmentFiles()
  const random = new SeededRandom(1)
  const certificateAt = (slot: number) => ({ kind: 'final', epoch: 1, slot, block: hashOf(slot), votes }) as const
  const before = await BlockStore.open({ files, random })
  const whole = await StoredBlockArchive.open(before, await noEpochs(), NETWORK)
  whole.append({ blocks: [candidate(1)], fillers: [], certificate: certificateAt(1) })
  // Blocks 2 and 3 of a group of 2, 3 and 4.
  for (const height of [2, 3]) {
    before.append(height, 1, encodeArchived({ block: candidate(height).block, finality: undefined }))
  }
  await before.close()

  const store = await BlockStore.open({ files, random })
  const archive = await StoredBlockArchive.open(store, await noEpochs(), NETWORK)
  assert.equal(store.lastAppended, 1)
  assert.deepEqual(store.heights, { first: 1, last: 1 })
  archive.append({ blocks: [candidate(2), candidate(3)], fillers: [], certificate: certificateAt(3) })
  const slotOf = async (from: BlockStore, height: number) =>
    decodeArchived((await from.read(height)) ?? assert.fail()).finality?.certificate.slot
  assert.equal(await slotOf(store, 3), 3)
  await store.close()

  const later = await BlockStore.open({ files, random })
  await StoredBlockArchive.open(later, await noEpochs(), NETWORK)
  assert.deepEqual(later.heights, { first: 1, last: 3 })
  assert.deepEqual([await slotOf(later, 1), await slotOf(later, 2), await slotOf(later, 3)], [1, undefined, 3])
})
