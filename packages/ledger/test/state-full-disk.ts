import assert from 'node:assert/strict'
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isBorgError, type LogFields, silentLogger } from '@borgios/core'
import { DiskState } from '../src/index.ts'
import { applyBlock, modelAt, pointAt } from './state-blocks.ts'
import { testTables } from './state-tables.ts'
import { fillDisk } from './support/fill-disk.ts'

/** A process whose disk is full for a while: the state in memory stays right, the one on disk whole, and it is saved once there is room. */
const [disk] = process.argv.slice(2)
if (disk === undefined) throw new Error('usage: state-full-disk.ts <mount>')
const SEED = 1
const folder = join(disk, 'state')
const filler = join(disk, 'filler')
const warnings: LogFields[] = []
const logger = { ...silentLogger, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) }
const options = { folder, tables: testTables, logger }
const opened = await DiskState.open(options)

function advance(to: number): void {
  for (let height = opened.state.point.height + 1; height <= to; height += 1) {
    const layer = opened.state.layer()
    applyBlock(layer, SEED, height)
    opened.state.finalize(layer, pointAt(height))
  }
}

advance(3)
await opened.save()
fillDisk(filler)
advance(60)
await assert.rejects(opened.save(), (error: unknown) => {
  assert(isBorgError(error))
  assert.equal(error.code, 'LEDGER_DISK_FULL')
  assert.match(error.message, /disk is full: .*\/state; free some space/)
  return true
})
assert.equal(opened.trouble?.code, 'LEDGER_DISK_FULL')
assert.equal(opened.savedPoint?.height, 3)
assert.deepEqual(opened.state.root, modelAt(SEED, 60).root())
assert.equal((await DiskState.open(options)).state.point.height, 3)
advance(1_200)
while (warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
assert.deepEqual(warnings, [{ code: 'LEDGER_DISK_FULL' }])
unlinkSync(filler)
advance(1_210)
await opened.close()
assert.equal(opened.trouble, undefined)
const again = await DiskState.open(options)
assert.equal(again.state.point.height, 1_210)
assert.deepEqual(again.state.root, modelAt(SEED, 1_210).root())
