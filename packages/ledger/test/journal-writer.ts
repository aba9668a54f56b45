/** A process that writes records until it is killed, and says of each when it is durable. `node journal-writer.ts FOLDER SEGMENT_BYTES` */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { systemRandom } from '@borgios/core/adapters'
import { DiskSegmentFiles, Journal } from '@borgios/ledger'

const [folder = '', segmentBytes = ''] = argv.slice(2)
const files = new DiskSegmentFiles(folder)
const { journal, records } = await Journal.open({ files, random: systemRandom, segmentBytes: Number(segmentBytes) })
for (let position = records.length; ; position += 1) {
  journal.append({ kind: 1, epoch: 1, position, payload: new Uint8Array(position % 5_000).fill(position) })
  if (position % 3 > 0) continue
  await journal.sync()
  writeSync(1, `${position}\n`)
}
