import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { silentLogger } from '@borgios/core'
import { DiskState } from '../src/index.ts'
import { applyBlock, pointAt } from './state-blocks.ts'
import { testTables } from './state-tables.ts'

/** A process that applies block after block from where its state stands, saves now and then and says what it saved, until it is killed. */
const [folder, seed] = process.argv.slice(2)
if (folder === undefined || seed === undefined) throw new Error('usage: state-writer.ts <folder> <seed>')

const disk = await DiskState.open({ folder, tables: testTables, logger: silentLogger })
process.stdout.write(`opened ${disk.state.point.height}\n`)
for (let height = disk.state.point.height + 1; ; height += 1) {
  const layer = disk.state.layer()
  applyBlock(layer, Number(seed), height)
  disk.state.finalize(layer, pointAt(height))
  if (height % 3 !== 0) continue
  const saved = disk.save().then(() => process.stdout.write(`saved ${height}\n`))
  // The next blocks change the state while this one is being written.
  if (height % 2 === 0) await saved
  else await setImmediate()
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
}
