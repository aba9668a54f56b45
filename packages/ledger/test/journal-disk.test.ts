import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import {
  BlockStore,
  DiskSegmentFiles,
  Journal,
  JournalConsensusLog,
  type JournalRecord,
  readLogged,
} from '@borgios/ledger'
import fc from 'fast-check'
import { FaultySegmentFiles } from './faulty-segment-files.ts'
import { fullSlice, propertyRuns } from './full-slice.ts'

const WRITER = fileURLToPath(new URL('journal-writer.ts', import.meta.url))
const random = new SeededRandom(3)

let root = ''
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'borgios-journal-'))
})
after(() => rm(root, { recursive: true, force: true }))

/** Lets a writer write until it has said so many positions, then kills it; the last position it said. */
async function killedWriter(folder: string, count: number): Promise<number> {
  const writer = spawn(process.execPath, ['--no-warnings', WRITER, folder, '20000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise((resolve) => writer.once('close', resolve))
  let said = ''
  for await (const chunk of writer.stdout) {
    said += String(chunk)
    if (said.split('\n').length > count) writer.kill('SIGKILL')
  }
  await closed
  return Number(said.split('\n').at(-2))
}

test('a process killed in the middle of it all: every record it called durable is there', {
  timeout: 120_000,
}, async () => {
  const folder = join(root, 'killed')
  for (let life = 0; life < (fullSlice ? 12 : 3); life += 1) {
    const durable = await killedWriter(folder, 5 + random.below(100))
    const { journal, records } = await Journal.open({ files: new DiskSegmentFiles(folder), random })
    assert.ok(records.length > durable, `life ${life}`)
    for (const [position, record] of records.entries()) {
      assert.equal(record.position, position)
      assert.deepEqual(new Uint8Array(record.payload), new Uint8Array(position % 5_000).fill(position))
    }
    await journal.close()
  }
  assert.ok((await readdir(folder)).length > 3)
})

test('files are for their owner alone, and leftovers of a crash are no segments', async () => {
  const folder = join(root, 'made', 'below')
  const files = new DiskSegmentFiles(folder)
  const { journal } = await Journal.open({ files, random })
  await journal.close()
  assert.equal((await stat(files.nameOf(1))).mode & 0o777, 0o600)
  const file = await files.create(2, new Uint8Array(5))
  await file.close()
  assert.deepEqual(await readdir(folder), ['0000000001.log', '0000000002.log'])
  await files.remove(2)
  await files.remove(2)
  assert.deepEqual(await files.list(), [1])
  assert.equal((await files.readPart(1, 0, 1_000)).length, 20 + 17)
})

test('a disk that cannot be used is told as such', async () => {
  const files = new DiskSegmentFiles(join(WRITER, 'below-a-file'))
  await assert.rejects(Journal.open({ files, random }), { code: 'LEDGER_DISK_FAILED', blame: 'self' })
})

test('votes and certificates come back as they were', async () => {
  const files = new FaultySegmentFiles()
  const { journal } = await Journal.open({ files, random })
  const log = new JournalConsensusLog(journal)
  const subject = { kind: 'notar', epoch: 4, slot: 7, block: new Uint8Array(32).fill(5) } as const
  const signature = new Uint8Array(64).fill(6)
  const vote = { ...subject, voter: 2, signature }
  const certificate = { ...subject, votes: [0, 1, 3].map((voter) => ({ voter, signature })) }
  log.append({ kind: 'vote', vote })
  log.append({ kind: 'certificate', certificate })
  log.append({ kind: 'strangeVote', vote })
  await log.sync()
  const { records } = await Journal.open({ files, random })
  assert.deepEqual(
    records.map(({ epoch, position }) => [epoch, position]),
    [
      [4, 7],
      [4, 7],
      [4, Number.MAX_SAFE_INTEGER],
    ],
  )
  const plain = (record: JournalRecord) => readLogged({ ...record, payload: new Uint8Array(record.payload) })
  assert.deepEqual(records.map(plain), [
    { kind: 'vote', vote },
    { kind: 'certificate', certificate },
    { kind: 'strangeVote', vote },
  ])
  assert.throws(() => readLogged({ kind: 9, epoch: 1, position: 1, payload: new Uint8Array(1) }), {
    code: 'PROTOCOL_MALFORMED',
  })
})

const blockOf = (height: number): Uint8Array => new Uint8Array(100).fill(height)

test('blocks: read by height, before and after they are durable, and after a restart', async () => {
  const files = new DiskSegmentFiles(join(root, 'blocks'))
  const store = await BlockStore.open({ files, random, segmentBytes: 500 })
  assert.equal(store.heights, undefined)
  for (let height = 1; height <= 20; height += 1) {
    store.append(height, 1, blockOf(height))
    if (height % 4 === 0) await store.sync()
  }
  store.append(20, 1, blockOf(99))
  store.append(21, 1, blockOf(21))
  assert.deepEqual(new Uint8Array((await store.read(21)) ?? []), blockOf(21))
  assert.deepEqual(new Uint8Array((await store.read(20)) ?? []), blockOf(20))
  await store.close()
  const again = await BlockStore.open({ files, random, segmentBytes: 500 })
  assert.deepEqual(again.heights, { first: 1, last: 21 })
  assert.equal(again.lastAppended, 21)
  assert.equal(await again.read(0), undefined)
  assert.equal(await again.read(22), undefined)
  await again.prune(9)
  const first = again.heights?.first ?? 0
  assert.ok(first > 1 && first <= 9)
  assert.equal(await again.read(first - 1), undefined)
  assert.deepEqual(new Uint8Array((await again.read(9)) ?? []), blockOf(9))
  await again.close()
})

test('blocks: what changed on the disk since is not given out', async () => {
  const files = new FaultySegmentFiles()
  const store = await BlockStore.open({ files, random })
  for (const height of [1, 2]) store.append(height, 1, blockOf(height))
  await store.sync()
  const at = files.bytes(1).length - 1
  files.bytes(1)[at] = 77
  await assert.rejects(store.read(2), { code: 'LEDGER_JOURNAL_CORRUPT' })
  assert.deepEqual(new Uint8Array((await store.read(1)) ?? []), blockOf(1))
})

test('blocks: whatever is appended, pruned and restarted, what is kept is one run and right', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), skip: fc.constantFrom(0, 0, 0, 0, 3) }),
    fc.record({ kind: fc.constant('prune' as const), back: fc.nat(12) }),
    fc.constant({ kind: 'restart' as const }),
    fc.constant({ kind: 'sync' as const }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const files = new FaultySegmentFiles()
      const open = () => BlockStore.open({ files, random, segmentBytes: 400 })
      let store = await open()
      let height = 0
      let runFrom = 1
      let keptFrom = 1
      for (const each of steps) {
        if (each.kind === 'append') {
          if (each.skip > 0) runFrom = height + 1 + each.skip
          height += 1 + each.skip
          store.append(height, 1, blockOf(height))
        } else if (each.kind === 'sync') await store.sync()
        else if (each.kind === 'restart') {
          await store.close()
          store = await open()
        } else {
          await store.sync()
          const below = height - each.back
          await store.prune(below)
          if (below >= Math.max(runFrom, keptFrom)) keptFrom = below
        }
      }
      await store.sync()
      const from = Math.max(runFrom, keptFrom)
      for (let each = from; each <= height; each += 1) {
        assert.deepEqual(new Uint8Array((await store.read(each)) ?? []), blockOf(each), `height ${each}`)
      }
      if (height > 0) assert.equal(store.heights?.last, height)
      assert.ok(store.heights === undefined || store.heights.first >= runFrom)
    }),
    { numRuns: propertyRuns(40) },
  )
})

test('blocks: a start reads the lists of old segments, not what stands in them, and the whole where a list is damaged', async () => {
  class CountingFiles extends FaultySegmentFiles {
    whole: number[] = []
    override read(segment: number): Promise<Uint8Array> {
      this.whole.push(segment)
      return super.read(segment)
    }
  }
  const files = new CountingFiles()
  const open = () => BlockStore.open({ files, random, segmentBytes: 500 })
  const store = await open()
  for (let height = 1; height <= 20; height += 1) {
    store.append(height, 1, blockOf(height))
    await store.sync()
  }
  await store.close()
  const last = (await files.list()).at(-1)
  files.whole = []
  const again = await open()
  assert.deepEqual(files.whole, [last])
  assert.deepEqual(again.heights, { first: 1, last: 20 })
  for (let height = 1; height <= 20; height += 1) {
    assert.deepEqual(new Uint8Array((await again.read(height)) ?? []), blockOf(height))
  }
  await again.close()

  files.whole = []
  const bytes = files.bytes(2)
  const at = bytes.length - 30
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await assert.rejects(open(), { code: 'LEDGER_JOURNAL_CORRUPT' })
  assert.deepEqual(files.whole, [2])

  // Damage to a block is told when that one is read.
  bytes[at] = (bytes[at] ?? 0) ^ 1
  files.bytes(1)[60] = (files.bytes(1)[60] ?? 0) ^ 1
  const damaged = await open()
  await assert.rejects(damaged.read(1), { code: 'LEDGER_JOURNAL_CORRUPT' })
  assert.deepEqual(new Uint8Array((await damaged.read(20)) ?? []), blockOf(20))
})

test('a block as large as may be fits a record', () => {
  const { ledgerCodec, ledgerJournal, ledgerLinks } = limits
  const headerBytes = 400
  assert.ok(ledgerLinks.maxFrameBytes + ledgerLinks.maxFillers * headerBytes + 64 * 66 < ledgerJournal.maxRecordBytes)
  assert.ok(ledgerCodec.maxPayloadBytes < ledgerLinks.maxFrameBytes)
})
