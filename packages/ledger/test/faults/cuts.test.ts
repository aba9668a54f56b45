import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fullSlice } from '../full-slice.ts'
import { Namespaces, whyNoNamespaces } from './namespaces.ts'
import { Validators } from './validators.ts'

const HOSTS = [0, 1, 2, 3]
/** Long enough that the two sides take each other for lost. */
const SPLIT_MS = 8_000

const skip = fullSlice ? (whyNoNamespaces() ?? false) : 'runs in the full slice'

/** What is said between a side and the rest is lost, both ways. */
function split(network: Namespaces, side: readonly number[], change: 'cut' | 'mend'): void {
  for (const one of side) {
    for (const other of HOSTS.filter((host) => !side.includes(host))) {
      network[change](one, other)
      network[change](other, one)
    }
  }
}

test('validators whose network is cut: a quorum goes on, less than one stands still, there is no fork, and it heals', {
  timeout: 300_000,
  skip,
}, async (t) => {
  await using network = await Namespaces.open(HOSTS.length)
  await using validators = await Validators.open(
    { count: HOSTS.length },
    HOSTS.map((host) => ({ within: network.within(host), listen: `/ip4/${network.addressOf(host)}/tcp/0` })),
  )

  await t.test('one way only', async () => {
    network.cut(3, 0)
    await validators.untilAllReach(validators.height + 8)
    network.mend(3, 0)
  })

  await t.test('three and one', async () => {
    split(network, [3], 'cut')
    await validators.untilAllReach(validators.height + 8, [0, 1, 2])
    split(network, [3], 'mend')
    await validators.untilReaches(3, validators.height + 2)
  })

  await t.test('two and two', async () => {
    split(network, [0, 1], 'cut')
    // What was said before may still arrive.
    await sleep(1_000)
    const { height } = validators
    await sleep(SPLIT_MS)
    assert.equal(validators.height, height, 'half of the validators decide nothing')
    split(network, [0, 1], 'mend')
    await validators.untilAllReach(height + 4)
  })
  assert.deepEqual(validators.contradictions(), [])
})
