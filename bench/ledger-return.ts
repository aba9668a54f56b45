/**
 * How long a validator that was killed needs to be final with the others again after they made 10,000 blocks without it: by a state that it
 * fetches, and by all the blocks. And how long a start takes to open the blocks that are kept. `--blocks 10000 --json`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@borgios/core/adapters'
import { BlockStore, DiskSegmentFiles } from '@borgios/ledger'
import { sleep, Validators } from './src/ledger/validators.ts'
import { closeReport, numberOption, progress } from './src/report.ts'

const MOST_RETURN_SECONDS = 10
const VALIDATORS = 4
const LAST = VALIDATORS - 1
const POLL_MS = 50
/** Blocks under way between two questions: who is no further behind is with the others. */
const BEHIND = 20
/** As parameters begin. */
const EPOCH_BLOCKS = 600
const WITHOUT_END = 1_000_000
/** About what an empty block takes, with the votes of four. */
const SMALL_BLOCK_BYTES = 900

const blocks = numberOption('blocks', 10_000)

interface Return {
  readonly seconds: number
  /** Of these until its process had opened its ledger and its sockets. */
  readonly startSeconds: number
  readonly missed: number
}

/**
 * One of four is killed and comes back. It is with them while they make the blocks that it missed, since a leader who is gone costs time, and
 * then begins again with the disk of back then: what it must catch up with is the same.
 */
async function returnAfter(missed: number, epochBlocks: number): Promise<Return> {
  await using network = await Validators.open(VALIDATORS, { epochBlocks, isHasty: true })
  const heights = async (): Promise<readonly number[]> => (await network.measure()).map(({ height }) => height)
  const left = Math.max(...(await heights()))
  await network.putAside(LAST)
  await network.start(LAST)
  while (Math.max(...(await heights())) < left + missed) await sleep(POLL_MS * 10)
  await network.bringBack(LAST)
  const startMs = performance.now()
  await network.start(LAST)
  const startSeconds = (performance.now() - startMs) / 1_000
  for (;;) {
    const now = await heights()
    const own = now[LAST] ?? 0
    const others = Math.max(...now)
    if (own > left && own >= others - BEHIND) {
      return { seconds: (performance.now() - startMs) / 1_000, startSeconds, missed: others - left }
    }
    await sleep(POLL_MS)
  }
}

const inWords = (how: string, { seconds, startSeconds, missed }: Return): string =>
  `${how}: ${seconds.toFixed(2)} s after ${missed} blocks, of which ${startSeconds.toFixed(2)} s until the process was up`

/** Milliseconds to open so many small blocks. */
async function openMs(count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-bench-blocks-'))
  try {
    const open = () => BlockStore.open({ files: new DiskSegmentFiles(folder), random: systemRandom })
    const store = await open()
    const bytes = new Uint8Array(SMALL_BLOCK_BYTES).fill(7)
    for (let height = 1; height <= count; height += 1) {
      store.append(height, 1, bytes)
      if (height % 1_000 === 0) await store.sync()
    }
    await store.close()
    const startMs = performance.now()
    const again = await open()
    const tookMs = performance.now() - startMs
    await again.close()
    return tookMs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

progress('opening kept blocks')
const open10kMs = await openMs(10_000)
const open100kMs = await openMs(100_000)
console.log(`opening 10,000 blocks: ${open10kMs.toFixed(0)} ms, 100,000: ${open100kMs.toFixed(0)} ms`)
progress(`a validator is away for ${blocks} blocks, and fetches a state`)
const byState = await returnAfter(blocks, EPOCH_BLOCKS)
console.log(inWords('by a state', byState))
progress(`a validator is away for ${blocks} blocks, and applies them all`)
const byBlocks = await returnAfter(blocks, WITHOUT_END)
console.log(inWords('by blocks', byBlocks))
closeReport({
  bench: 'ledger-return',
  goals: [
    { name: 'back by a state, seconds', value: byState.seconds, bound: MOST_RETURN_SECONDS, relation: 'at most' },
  ],
  figures: {
    blocks,
    returnStateSec: byState.seconds,
    returnBlocksSec: byBlocks.seconds,
    startSec: byState.startSeconds,
    open10kMs,
    open100kMs,
  },
})
