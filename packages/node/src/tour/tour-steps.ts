import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { formatBytes, formatCount, formatDuration, MIB, type NodeId, SECOND_MS, shortId } from '@borgios/core'
import { type CliContext, nextCommand } from '../cli/context.ts'
import { drawTree } from '../cli/draw-tree.ts'
import { tourFailed } from '../errors.ts'
import { assertRunsJobs, castParts } from './cast.ts'
import { countNatively } from './native-count.ts'
import { StepList } from './step-list.ts'
import { moneyOf, type TourEarning, type TourMoney } from './tour-money.ts'
import { TourNetwork } from './tour-network.ts'

/** What the tour found, as `--once` prints it. */
export interface TourResult {
  readonly nodes: number
  readonly killed: number
  readonly bytes: number
  readonly putMiBps: number
  readonly getMiBps: number
  readonly sha256Match: boolean
  readonly jobExit: number
  readonly jobMatch: boolean
  /** From the restart of the second node until all are attached and every shard was read back. */
  readonly healedMs: number
  /** What left the wallet for it, in micro-units: leases, jobs and fees. */
  readonly paid: string
  readonly earned: readonly TourEarning[]
  /** Whether all that was ever minted was found when every record of the ledger was counted, and all lines of `earn` add up. */
  readonly supplyOk: boolean
}

/** The program of the job; built by the setup from `examples/wordcount`. */
const PROGRAM = fileURLToPath(new URL('../../../../examples/build/wordcount.wasm', import.meta.url))
/** A real file of about 100 MB that is always there: the Node that runs this. */
const FILE = process.execPath
const STEPS = 9
const NODES = 5

const mibPerSec = (bytes: number, durationMs: number): number =>
  Math.round((10 * bytes * SECOND_MS) / (MIB * Math.max(1, durationMs))) / 10

/** Walks through all steps. `staysUp`: whoever looks can ask the network afterwards. Throws NODE_TOUR_FAILED or what a step threw; killed nodes then stay down. */
export async function runTour(context: CliContext, staysUp: boolean): Promise<TourResult> {
  const { terminal, clock } = context
  const steps = new StepList(STEPS, terminal, clock)
  const network = new TourNetwork(context)

  await steps.run(`bring up ${NODES} nodes, each a process of its own`, async (report) => {
    const view = await network.up(NODES, (attached, nodes) => report(`${attached} of ${nodes} in the tree`))
    return `${view.nodes.length} nodes in one tree, data in ${context.dataFolder}`
  })
  const startHeight = await network.height()
  const { size } = await stat(FILE)
  const sha256 = await sha256Of(createReadStream(FILE, { highWaterMark: MIB }))
  let [file, program, putMs, getMs, healedMs] = ['', '', 0, 0, 0]
  let [sha256Match, jobMatch, jobExit] = [false, false, -1]

  await steps.run(`store a file of ${formatBytes(size)} (the Node that runs here)`, async (report) => {
    program = (await network.put(PROGRAM, report)).capability
    const startMs = clock.monotonicMs()
    const put = await network.put(FILE, report)
    putMs = clock.monotonicMs() - startMs
    file = put.capability
    const { data, parity } = put.coding
    return `${formatCount(put.shards, 'shard')}, any ${data} of ${data + parity} rebuild a part, ${mibPerSec(size, putMs)} MiB/s`
  })

  const view = await network.view()
  await steps.run('draw the tree', async () => `root ${shortId(view.root ?? '')}`)
  for (const line of drawTree(view, (text, style) => terminal.style(text, style, 'stderr')))
    terminal.note(`    ${line}`)

  const cast = castParts(view, await network.info(file, false), network.requester)
  const killed: readonly NodeId[] = [cast.root, cast.second]
  await steps.run('kill two nodes that hold shards of the file, the root among them (SIGKILL)', async () => {
    const pids = await Promise.all(killed.map((node) => network.kill(node)))
    return killed.map((node, index) => `${shortId(node)} (pid ${pids[index]})`).join(' and ')
  })

  await steps.run('get the file back from the nodes that are left', async (report) => {
    const startMs = clock.monotonicMs()
    const found = await sha256Of(network.get(file, report))
    getMs = clock.monotonicMs() - startMs
    sha256Match = found === sha256
    if (!sha256Match) throw tourFailed(`the file came back changed: SHA-256 ${found} instead of ${sha256}`)
    return `SHA-256 ${found.slice(0, 16)}… as before, ${mibPerSec(size, getMs)} MiB/s`
  })

  await steps.run('start one of them, and count lines, words and bytes in a sandbox elsewhere', async (report) => {
    // A job is paid for, and with two of five nodes away no quorum can say that it is.
    await network.restart(cast.root)
    assertRunsJobs(await network.view(), network.requester)
    const job = await network.count(program, file, report)
    if (job.node === network.requester) throw tourFailed('the job ran on the node that asked for it')
    jobExit = job.exitCode ?? -1
    if (jobExit !== 0) throw tourFailed(`the job ended with exit code ${job.exitCode}: ${job.why}`)
    const native = { ...(await countNatively(FILE)), sha256 }
    const [found, expected] = [JSON.stringify(sorted(job.answer)), JSON.stringify(sorted(native))]
    jobMatch = found === expected
    if (!jobMatch) throw tourFailed(`the job counted ${found}, this machine ${expected}`)
    return `${native.lines} lines, ${native.words} words, as counted natively; ran on ${shortId(job.node)}`
  })

  await steps.run('start the other one again and wait until every shard is verified', async (report) => {
    const startMs = clock.monotonicMs()
    await network.restart(cast.second)
    await network.untilHealed(NODES, [file, program], report)
    healedMs = clock.monotonicMs() - startMs
    return `healed in ${formatDuration(healedMs)}`
  })

  const healed = await network.view()
  await steps.run('draw the tree again', async () => `root ${shortId(healed.root ?? '')}`)
  for (const line of drawTree(healed, (text, style) => terminal.style(text, style, 'stderr')))
    terminal.note(`    ${line}`)

  let money: TourMoney | undefined
  await steps.run('add up what that cost, and who earned it', async () => {
    money = await moneyOf(network, startHeight)
    return money.text
  })
  if (money === undefined) throw tourFailed('nobody says what it cost')
  const more = staysUp ? `Line by line: ${nextCommand(context, `earn --since ${startHeight}`)}. ` : ''
  terminal.note(`    ${more}${money.due}`)

  return {
    nodes: healed.nodes.filter((node) => node.state === 'attached').length,
    killed: killed.length,
    bytes: size,
    putMiBps: mibPerSec(size, putMs),
    getMiBps: mibPerSec(size, getMs),
    sha256Match,
    jobExit,
    jobMatch,
    healedMs: Math.round(healedMs),
    paid: money.paid,
    earned: money.earned,
    supplyOk: money.supplyOk,
  }
}

async function sha256Of(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of source) hash.update(part)
  return hash.digest('hex')
}

const sorted = (value: object): object => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
