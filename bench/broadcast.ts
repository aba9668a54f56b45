/**
 * Broadcast of 1 KiB among nodes in one process, the tree beside @libp2p/gossipsub with its defaults on the same engine.
 * `--nodes 50 --messages 200 --rounds 5 --json`
 */
import { systemRandom } from '@borgios/core/adapters'
import { type Fleet, gossipFleet, treeFleet } from './src/fleets.ts'
import { closeReport, drawTable, numberOption, progress, shortNumber } from './src/report.ts'
import { type Contender, interleavedRounds } from './src/rounds.ts'
import { median, quantile } from './src/statistics.ts'

const PAYLOAD_BYTES = 1024
/** Every node should get each message once. */
const MOST_COPIES = 1.05
const MOST_OF_GOSSIPSUB = 1 / 3

type Figures = { medianMs: number; p99Ms: number; cpuMsPerMessage: number; copies: number }

const nodes = numberOption('nodes', 50)
const messages = numberOption('messages', 200)
const rounds = numberOption('rounds', 5)

/** One message at a time from random nodes. */
function contender(name: string, fleet: Fleet): Contender<Figures> {
  return {
    name,
    async run() {
      const tookMs: number[] = []
      const cpu = process.cpuUsage()
      const framesBefore = fleet.framesReceived()
      for (let message = 0; message < messages; message += 1) {
        const payload = `${message} `.padEnd(PAYLOAD_BYTES - 12, 'x') + String(systemRandom.below(2 ** 32)).padStart(12)
        const startMs = performance.now()
        await fleet.broadcast(systemRandom.below(nodes), payload)
        tookMs.push(performance.now() - startMs)
      }
      const { user, system } = process.cpuUsage(cpu)
      return {
        medianMs: median(tookMs),
        p99Ms: quantile(tookMs, 0.99),
        cpuMsPerMessage: (user + system) / 1000 / messages,
        copies: (fleet.framesReceived() - framesBefore) / messages / (nodes - 1),
      }
    },
  }
}

progress(`two fleets of ${nodes} nodes come up`)
const fleets = { tree: await treeFleet(nodes), gossipsub: await gossipFleet(nodes) }
const contenders = Object.entries(fleets).map(([name, fleet]) => contender(name, fleet))
const results = await interleavedRounds(contenders, rounds, progress)
await Promise.all(Object.values(fleets).map((fleet) => fleet.stop()))

const middle = (name: keyof typeof fleets, figure: keyof Figures): number =>
  median((results.get(name) ?? []).map((figures) => figures[figure]))
const row = (name: keyof typeof fleets): readonly string[] => [
  name,
  ...(['medianMs', 'p99Ms', 'cpuMsPerMessage'] as const).map((figure) => shortNumber(middle(name, figure))),
  name === 'tree' ? middle(name, 'copies').toFixed(3) : '',
]
const title = `${nodes} nodes, ${messages} messages a round`
console.log(
  drawTable([title, 'all got, ms', 'p99 ms', 'CPU ms a message', 'copies a node'], [row('tree'), row('gossipsub')]),
)
const copiesPerNode = middle('tree', 'copies')
const allGotOverGossipsub = middle('tree', 'medianMs') / middle('gossipsub', 'medianMs')
closeReport({
  bench: 'broadcast',
  goals: [
    { name: 'copies a node', value: copiesPerNode, bound: MOST_COPIES, relation: 'at most' },
    { name: 'all got, of gossipsub', value: allGotOverGossipsub, bound: MOST_OF_GOSSIPSUB, relation: 'at most' },
  ],
  figures: {
    ...{ nodes, messages, rounds, copiesPerNode, allGotOverGossipsub },
    allGotMs: middle('tree', 'medianMs'),
    gossipsubAllGotMs: middle('gossipsub', 'medianMs'),
    cpuMsPerMessage: middle('tree', 'cpuMsPerMessage'),
    gossipsubCpuMsPerMessage: middle('gossipsub', 'cpuMsPerMessage'),
  },
})
// libp2p keeps timers of its own.
process.exit()
