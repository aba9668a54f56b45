import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { Journal, type JournalRecord } from '@borgios/ledger'
import { FaultySegmentFiles } from './faulty-segment-files.ts'
import { propertyRuns } from './full-slice.ts'

const record = (position: number, payload: Uint8Array = Buffer.from(`record ${position}`)): JournalRecord => ({
  kind: 1 + (position % 3),
  epoch: 1,
  position,
  payload,
})

const open = async (files: FaultySegmentFiles, segmentBytes = 1e9) => {
  const { journal, records } = await Journal.open({ files, random: new SeededRandom(7), segmentBytes })
  return { journal, positions: records.map(({ position }) => position), records }
}

/** Of a segment. */
const HEADER_BYTES = 20

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Ten records, each synced by itself. */
async function written(segmentBytes?: number): Promise<FaultySegmentFiles> {
  const files = new FaultySegmentFiles()
  const { journal } = await open(files, segmentBytes)
  for (const position of upTo(10)) {
    journal.append(record(position))
    await journal.sync()
  }
  return files
}

test('what was written is read back, in order and as it was', async () => {
  const files = new FaultySegmentFiles()
  const { journal, positions } = await open(files)
  assert.deepEqual(positions, [])
  const records = [
    { kind: 254, epoch: 2 ** 40, position: 2 ** 50, payload: new Uint8Array(0) },
    { kind: 1, epoch: 0, position: 0, payload: new Uint8Array(limits.ledgerJournal.maxRecordBytes).fill(3) },
  ]
  for (const each of records) journal.append(each)
  await journal.sync()
  await journal.close()
  const again = await open(files)
  assert.deepEqual(
    again.records.map(({ payload, ...rest }) => ({ ...rest, payload: new Uint8Array(payload) })),
    records,
  )
  again.journal.append(record(5))
  await again.journal.sync()
  assert.equal((await open(files)).positions.length, 3)
})

test('who waits at a time shares a sync, and nobody is told too early', async () => {
  const files = new FaultySegmentFiles()
  const { journal } = await open(files)
  const waiting: Promise<void>[] = []
  for (const position of upTo(100)) {
    journal.append(record(position))
    const durable = journal.sync().then(() => {
      const there = files.files.get(1)
      assert.ok(there?.bytes.subarray(0, there.durableBytes).includes(`record ${position}`))
    })
    waiting.push(durable)
    if (position % 10 === 0) await Promise.resolve()
  }
  await Promise.all(waiting)
  assert.ok(files.syncs <= 20, `${files.syncs} syncs`)
  await journal.sync()
  const { syncs } = files
  await journal.sync()
  assert.equal(files.syncs, syncs, 'nothing to sync')
})

test('cut off anywhere, the records before the cut are there, and the journal goes on', async () => {
  const files = await written()
  const whole = files.bytes(1).length
  for (let length = whole; length >= HEADER_BYTES; length -= 1) {
    const cut = files.copy()
    cut.cut(1, length)
    const { journal, positions } = await open(cut)
    assert.deepEqual(positions, upTo(positions.length))
    if (length === whole) assert.equal(positions.length, 10)
    journal.append(record(99))
    await journal.sync()
    assert.deepEqual((await open(cut)).positions, [...positions, 99])
  }
})

test('with any bit flipped, damage is told or only the last write is cut off: nothing else ever comes out', async () => {
  const files = await written()
  const whole = files.bytes(1).length
  let told = 0
  let cut = 0
  for (let at = 0; at < whole; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const damaged = files.copy()
      const bytes = damaged.bytes(1)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      try {
        assert.deepEqual((await open(damaged)).positions, upTo(9))
        cut += 1
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'LEDGER_JOURNAL_CORRUPT')
        told += 1
      }
    }
  }
  const lastWriteBytes = 17 + 8 + 17 + 'record 9'.length
  assert.equal(cut, lastWriteBytes * 8)
  assert.equal(told, (whole - lastWriteBytes) * 8)
})

test('after a good end even the last write cannot be damaged unseen', async () => {
  const files = new FaultySegmentFiles()
  const { journal } = await open(files)
  journal.append(record(1))
  await journal.close()
  const at = files.bytes(1).indexOf('record 1')
  files.bytes(1)[at] = 0
  await assert.rejects(open(files), {
    code: 'LEDGER_JOURNAL_CORRUPT',
    message: /file 1\.log is damaged at byte \d+, .* move that folder away and start the node with a new key\./,
  })
  assert.throws(() => journal.append(record(2)), { code: 'LEDGER_JOURNAL_CLOSED' })
})

test('what was put into a record by somebody else does not pass for one', async () => {
  const files = await written()
  const forged = files.bytes(1).subarray(HEADER_BYTES)
  const victim = new FaultySegmentFiles()
  const { journal } = await Journal.open({ files: victim, random: new SeededRandom(8) })
  journal.append(record(0, forged))
  await journal.sync()
  victim.cut(1, victim.bytes(1).length - 1)
  assert.deepEqual((await open(victim)).positions, [], 'torn, not damaged')
})

test('salts differ in what they do', async () => {
  const images = [7, 8].map(async (seed) => {
    const files = new FaultySegmentFiles()
    const { journal } = await Journal.open({ files, random: new SeededRandom(seed) })
    journal.append(record(0))
    await journal.sync()
    return files.bytes(1).subarray(HEADER_BYTES).toString('hex')
  })
  assert.notEqual(await images[0], await images[1])
})

test('a full disk: who waits is told, nothing more is taken, and what was durable is still there', async () => {
  const files = await written()
  const { journal } = await open(files)
  files.freeBytes = 40
  journal.append(record(10))
  const full = { code: 'LEDGER_DISK_FULL', blame: 'self' }
  await assert.rejects(journal.sync(), full)
  files.freeBytes = 1e6
  assert.throws(() => journal.append(record(11)), full)
  await assert.rejects(journal.sync(), full)
  assert.deepEqual((await open(files)).positions, upTo(10))
})

test('after a failed sync the journal trusts nothing until it is opened anew', async () => {
  const files = await written()
  const { journal } = await open(files)
  files.goodSyncs = 0
  journal.append(record(10))
  await assert.rejects(journal.sync(), { code: 'LEDGER_DISK_FAILED' })
  files.goodSyncs = 5
  await assert.rejects(journal.sync(), { code: 'LEDGER_DISK_FAILED' })
  assert.throws(() => journal.append(record(11)), { code: 'LEDGER_DISK_FAILED' })
  await assert.rejects(journal.close(), { code: 'LEDGER_DISK_FAILED' })
  const { positions } = await open(files)
  assert.deepEqual(positions.slice(0, 10), upTo(10))
})

test('much that nobody waits for is written all the same', async () => {
  const files = new FaultySegmentFiles()
  const { journal } = await open(files)
  const payload = new Uint8Array(1e6)
  for (const position of upTo(5)) journal.append(record(position, payload))
  while (files.syncs === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(files.bytes(1).length > 4e6)
})

test('segments: a new one when one is full, each removed as a whole, never the one in use', async () => {
  const files = await written(100)
  assert.deepEqual(await files.list(), [1, 2, 3, 4, 5])
  const { journal, positions } = await open(files, 100)
  assert.deepEqual(positions, upTo(10))
  await journal.prune({ epoch: 1, slot: 3 })
  assert.deepEqual(await files.list(), [2, 3, 4, 5])
  await journal.prune({ epoch: 0, slot: 1e6 })
  assert.deepEqual(await files.list(), [2, 3, 4, 5])
  journal.append(record(10))
  await journal.sync()
  await journal.prune({ epoch: 2, slot: 0 })
  assert.deepEqual(await files.list(), [6])
  journal.append(record(11))
  await journal.sync()
  assert.deepEqual((await open(files, 100)).positions, [10, 11])
})

test('a segment that is missing or cut off in the middle is damage', async () => {
  const files = await written(100)
  const missing = files.copy()
  missing.files.delete(3)
  await assert.rejects(open(missing), { code: 'LEDGER_JOURNAL_CORRUPT', message: /3\.log/ })
  for (let length = files.bytes(2).length - 1; length >= 0; length -= 1) {
    const cut = files.copy()
    cut.cut(2, length)
    await assert.rejects(open(cut), { code: 'LEDGER_JOURNAL_CORRUPT' }, `cut at ${length}`)
  }
})

test('whatever is lost with the power, what was said to be durable is there and nothing is called damaged', async () => {
  for (let seed = 1; seed <= propertyRuns(60); seed += 1) {
    const random = new SeededRandom(seed)
    let files = new FaultySegmentFiles()
    let durable = 0
    let next = 0
    for (let life = 0; life < 6; life += 1) {
      const { journal, positions } = await open(files, 800)
      assert.ok(positions.length >= durable, `seed ${seed}, life ${life}: ${durable} were durable`)
      assert.deepEqual(positions, upTo(positions.length), `seed ${seed}, life ${life}`)
      next = positions.length
      for (let step = random.below(40); step > 0; step -= 1) {
        journal.append(record(next++, random.bytes(random.below(300))))
        if (random.chance(0.3)) {
          const count = next
          await journal.sync()
          durable = count
        } else if (random.chance(0.5)) void journal.sync().catch(() => undefined)
        if (random.chance(0.3)) await Promise.resolve()
      }
      files = files.copy()
      files.cutPower(random)
    }
  }
})
