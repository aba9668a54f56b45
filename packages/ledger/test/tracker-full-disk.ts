import assert from 'node:assert/strict'
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { LmdbTrackerRecords } from '../src/service/lmdb-tracker-records.ts'
import { fillDisk } from './support/fill-disk.ts'

/** Records of transactions on a disk that is full for a while: who writes is told, the process lives on, and nothing is half there. */
const [disk] = process.argv.slice(2)
if (disk === undefined) throw new Error('usage: tracker-full-disk.ts <mount>')
const filler = join(disk, 'filler')
const records = new LmdbTrackerRecords(join(disk, 'tracked'))

const changeOf = (number: number, bytes: number) => ({
  id: new Uint8Array(32).fill(number),
  record: new Uint8Array(bytes).fill(number),
})

await records.write([changeOf(1, 100)])
fillDisk(filler)
assert.throws(() => new LmdbTrackerRecords(join(disk, 'fresh')), { code: 'ENOSPC' })
for (let turn = 0; turn < 3; turn += 1) {
  await assert.rejects(records.write([changeOf(2, 200_000), changeOf(3, 200_000)]), { code: 'LEDGER_DISK_FULL' })
}
assert.deepEqual([...records.read()], [changeOf(1, 100).record])
unlinkSync(filler)
await records.write([changeOf(4, 200_000)])
await records.close()
const again = new LmdbTrackerRecords(join(disk, 'tracked'))
assert.deepEqual([...again.read()], [changeOf(1, 100).record, changeOf(4, 200_000).record])
await again.close()
