import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits, silentLogger } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { STATE_BUCKETS } from '@borgios/protocol'
import fc from 'fast-check'
import { DiskState, openMemoryState, StateImport, type StateSnapshot } from '../src/index.ts'
import { encodeChunk, openChunk } from '../src/state/state-chunk.ts'
import { propertyRuns } from './full-slice.ts'
import { applyBlock, modelAt, pointAt } from './state-blocks.ts'
import { type Account, accountKey, accounts, testTables } from './state-tables.ts'

const SEED = 3
const HEIGHT = 40

function snapshotAt(height: number, seed = SEED): StateSnapshot {
  const state = openMemoryState(testTables)
  for (let block = 1; block <= height; block += 1) {
    const layer = state.layer()
    applyBlock(layer, seed, block)
    state.finalize(layer, pointAt(block))
  }
  return state.snapshot()
}

const BLOCK = Uint8Array.of(7)

const optionsFor = (folder: string) => ({ folder: join(folder, 'state'), tables: testTables, logger: silentLogger })

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-import-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Takes a whole import into the place of the state, as a start would. */
async function taken(whole: StateImport, folder: string): Promise<DiskState> {
  const options = optionsFor(folder)
  assert.equal(await StateImport.whole(options), undefined)
  const state = await whole.complete()
  const found = await StateImport.whole(options)
  assert.deepEqual(found, { saved: { point: state.point, root: state.root }, block: BLOCK })
  await StateImport.install(options)
  assert.equal(await StateImport.whole(options), undefined)
  return await DiskState.open(options)
}

test('a state is fetched in chunks, goes on after a new start, and takes the place of an older one', async () => {
  await withFolder(async (folder) => {
    const snapshot = snapshotAt(HEIGHT)
    const { point, root } = snapshot
    const first = await StateImport.open(optionsFor(folder), { point, root }, BLOCK)
    // From the middle on, as one of two lanes would.
    const cut = openChunk(snapshot.chunk(STATE_BUCKETS / 2), root)
    assert.equal(cut.index * 2 ** cut.level, STATE_BUCKETS / 2)
    await first.add(snapshot.chunk(STATE_BUCKETS / 2))
    assert.equal(first.nextMissing(), 0)
    assert.equal(first.nextMissing(STATE_BUCKETS / 2), undefined)
    const second = await StateImport.open(optionsFor(folder), { point, root }, BLOCK)
    assert.equal(second.nextMissing(STATE_BUCKETS / 2), undefined)
    for (let next = second.nextMissing(); next !== undefined; next = second.nextMissing()) {
      await second.add(snapshot.chunk(next))
    }
    const disk = await taken(second, folder)
    assert.deepEqual(disk.state.point, point)
    assert.deepEqual(disk.state.root, root)
    modelAt(SEED, HEIGHT).assertSame(disk.state, [1, 2, 3])

    const other = snapshotAt(3, 77)
    const third = await StateImport.open(optionsFor(folder), { point: other.point, root: other.root }, BLOCK)
    assert.equal(third.nextMissing(), 0)
    await third.add(other.chunk(0))
    modelAt(77, 3).assertSame((await taken(third, folder)).state, [1, 2, 3])
  })
})

test('chunks of another state do not get in, nor does what was collected of it', async () => {
  await withFolder(async (folder) => {
    const snapshot = snapshotAt(HEIGHT)
    const other = snapshotAt(HEIGHT - 1)
    const wrong = await StateImport.open(optionsFor(folder), { point: snapshot.point, root: snapshot.root }, BLOCK)
    await assert.rejects(wrong.add(other.chunk(0)), { code: 'LEDGER_CHUNK_FALSE', blame: 'peer' })
    assert.equal(wrong.nextMissing(), 0)
    await wrong.add(snapshot.chunk(STATE_BUCKETS - 1))
    const turned = await StateImport.open(optionsFor(folder), { point: other.point, root: other.root }, BLOCK)
    assert.equal(turned.nextMissing(STATE_BUCKETS - 1), STATE_BUCKETS - 1)
  })
})

/** Three accounts in each bucket or so, so that a chunk has a way to the root. */
function crowdedSnapshot(): StateSnapshot {
  const state = openMemoryState([accounts])
  const layer = state.layer()
  const account: Account = { balance: 5n, nonce: 1 }
  for (let number = 0; number < 20_000; number += 1) layer.set(accounts, accountKey(number), account)
  state.finalize(layer, pointAt(1))
  return state.snapshot()
}

test('a chunk with any byte changed, cut off, added or moved is refused', () => {
  const snapshot = crowdedSnapshot()
  const sound = snapshot.chunk(3 * 4096)
  assert(sound.length <= limits.ledgerState.maxChunkBytes)
  openChunk(sound, snapshot.root)
  const refused = (bytes: Uint8Array): void =>
    assert.throws(() => openChunk(bytes, snapshot.root), { code: 'LEDGER_CHUNK_FALSE', blame: 'peer' })
  refused(sound.subarray(0, -1))
  refused(Buffer.concat([sound, new Uint8Array(1)]))
  refused(new Uint8Array(0))
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (where, flip) => {
      const bytes = sound.slice()
      const at = where % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ flip
      refused(bytes)
    }),
    { numRuns: propertyRuns(100) },
  )
  // Its head says where it belongs: each byte there, to each value.
  for (let at = 0; at < 3; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      const bytes = sound.slice()
      if (bytes[at] === value) continue
      bytes[at] = value
      refused(bytes)
    }
  }
})

test('buckets that were swapped, left out or put in are refused', () => {
  const snapshot = crowdedSnapshot()
  const random = new SeededRandom(9)
  const chunk = openChunk(snapshot.chunk(0), snapshot.root)
  for (let turn = 0; turn < 20; turn += 1) {
    const buckets = chunk.buckets.slice()
    const [one, other] = [random.below(buckets.length), random.below(buckets.length)]
    const [first, second] = [buckets[one], buckets[other]]
    if (first === undefined || second === undefined || Buffer.compare(first, second) === 0) continue
    buckets[one] = turn % 2 === 0 ? second : new Uint8Array(0)
    if (turn % 2 === 0) buckets[other] = first
    if (buckets[one]?.length === first.length && Buffer.compare(buckets[one], first) === 0) continue
    const bytes = encodeChunk({ ...chunk, buckets })
    assert.throws(() => openChunk(bytes, snapshot.root), { code: 'LEDGER_CHUNK_FALSE' })
  }
})

test('chunks are of bounded size, and together the whole state', () => {
  const snapshot = crowdedSnapshot()
  let covered = 0
  let chunks = 0
  while (covered < STATE_BUCKETS) {
    const bytes = snapshot.chunk(covered)
    assert(bytes.length <= limits.ledgerState.maxChunkBytes)
    covered += 2 ** openChunk(bytes, snapshot.root).level
    chunks += 1
  }
  assert.equal(covered, STATE_BUCKETS)
  assert(chunks > 1 && chunks <= 8, `${chunks} chunks`)
})
