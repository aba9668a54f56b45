import { isBorgError, silentLogger } from '@borgios/core'
import { DiskState } from '../src/index.ts'
import { testTables } from './state-tables.ts'

/** A process that opens a state and says how it went: LMDB itself may fall over bytes that it wrote differently. */
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: state-opener.ts <folder>')
try {
  const { state } = await DiskState.open({ folder, tables: testTables, logger: silentLogger })
  console.log(JSON.stringify({ height: state.point.height, root: Buffer.from(state.root).toString('hex') }))
} catch (error) {
  if (!isBorgError(error)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
