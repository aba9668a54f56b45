import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLedgerChaos, type SweepOptions, sweep } from '@borgios/sim'
import { isFull } from './slice.ts'

/** Validators, Byzantine ones among them, seeds of the small and of the full slice. Thousands of them are the soak's: `npm run soak:ledger`. */
const sizes = [
  { nodes: 4, faulty: 1, seeds: isFull ? 500 : 150 },
  { nodes: 7, faulty: 2, seeds: isFull ? 80 : 15 },
  { nodes: 10, faulty: 3, seeds: isFull ? 20 : 4 },
  { nodes: 1, faulty: 0, seeds: isFull ? 20 : 3 },
]

const reports = ({ failures }: ReturnType<typeof sweep>): string => failures.map(({ said }) => said).join('\n')

for (const { nodes, faulty, seeds } of sizes) {
  test(`${seeds} worlds of ${nodes} validators, ${faulty} of them Byzantine, make one chain and go on once faults end`, () => {
    const result = sweep({ from: 0, seeds, nodes, faulty })
    assert.equal(reports(result), '')
    assert(faulty === 0 || result.convictions > 0, 'somebody is convicted')
  })
}

test('with one Byzantine validator more than a third allows there are two chains in some world', () => {
  const options: SweepOptions = {
    from: 0,
    seeds: 200,
    nodes: 4,
    faulty: 2,
    areColluding: true,
    isEnough: (one) => one.isFork,
  }
  assert(sweep(options).failures.some(({ isFork }) => isFork))
})

test('the same seed gives the same history, another seed another', () => {
  const hash = (seed: number): string => runLedgerChaos({ seed, nodes: 4, faulty: 1, trace: true }).world.traceHash()
  assert.equal(hash(7), hash(7))
  assert.notEqual(hash(7), hash(8))
})
