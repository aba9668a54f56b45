/** The most memory a node takes while a large file goes through it, put and got. `--mib 1024 --json` */
import { createHash } from 'node:crypto'
import { MIB } from '@borgios/core'
import { LoadedNetwork } from './src/loaded-network.ts'
import { closeReport, numberOption, progress } from './src/report.ts'

const NODES = 5
/** Resident, per node process. */
const MOST_MIB = 300

const mib = numberOption('mib', 1024)
// After a change of the source the first run strips types, and has what does that in memory: it is not what is measured.
await (await LoadedNetwork.up(1))[Symbol.asyncDispose]()
const piece = LoadedNetwork.content(8 * MIB)
await using loaded = await LoadedNetwork.up(NODES)
const idleMib = (await loaded.peakResidentBytes()) / MIB

const sent = createHash('sha256')
async function* content(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < mib; at += piece.length / MIB) {
    const part = piece.subarray(0, Math.min(piece.length, (mib - at) * MIB))
    sent.update(part)
    yield part
  }
}
progress(`put of ${mib} MiB`)
const capability = await loaded.putChunks('large', mib * MIB, content())
const putMib = (await loaded.peakResidentBytes()) / MIB
progress(`get of ${mib} MiB`)
const received = createHash('sha256')
await loaded.get(capability, (part) => received.update(part))
if (received.digest('hex') !== sent.digest('hex')) throw new Error('the file came back changed')
const maxRssMiB = (await loaded.peakResidentBytes()) / MIB

closeReport({
  bench: 'memory',
  goals: [{ name: 'MiB resident, the largest node', value: maxRssMiB, bound: MOST_MIB, relation: 'at most' }],
  figures: { mib, idleMib, putMib, maxRssMiB },
})
