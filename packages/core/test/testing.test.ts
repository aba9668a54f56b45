import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualTime, SeededRandom } from '@borgios/core/testing'

test('manual time fires what falls due in order, each at its own moment', () => {
  const time = new ManualTime(1000)
  const fired: string[] = []
  const note = (name: string) => () => fired.push(`${name}@${time.nowMs()}`)
  time.after(30, note('c'))
  time.after(10, note('a'))
  time.after(10, note('b'))
  time.after(31, note('late'))
  time.after(20, note('never'))()
  time.after(15, () => time.after(5, note('nested')))
  time.advance(30)
  assert.deepEqual(fired, ['a@1010', 'b@1010', 'nested@1020', 'c@1030'])
  assert.equal(time.monotonicMs(), 1030)
  time.advance(1)
  assert.equal(fired.at(-1), 'late@1031')
})

test('a sleep resolves when its time comes and rejects when it is aborted, also beforehand', async () => {
  const time = new ManualTime()
  const slept = time.sleep(10)
  time.advance(10)
  await slept
  const stop = new AbortController()
  const stopped = time.sleep(10, stop.signal)
  const reason = new Error('stop')
  stop.abort(reason)
  await assert.rejects(stopped, reason)
  await assert.rejects(time.sleep(10, AbortSignal.abort(reason)), reason)
})

test('a seed decides everything, and seeds differ', () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed)
    return [...random.bytes(16), random.below(1000), random.chance(0.5), random.pick(['a', 'b', 'c'])]
  }
  assert.deepEqual(draw(7), draw(7))
  const seen = new Set(Array.from({ length: 1000 }, (_, seed) => JSON.stringify(draw(seed))))
  assert.equal(seen.size, 1000)
  assert.notDeepEqual(draw(1), draw(1 + 2 ** 32))
})

test('draws are spread evenly over their range', () => {
  const random = new SeededRandom(1)
  const counts = new Array<number>(10).fill(0)
  for (let round = 0; round < 100_000; round += 1) {
    const drawn = random.below(10)
    counts[drawn] = (counts[drawn] ?? 0) + 1
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts))
  assert.equal(new SeededRandom(1).pick([]), undefined)
  assert.deepEqual([random.chance(0), random.chance(1)], [false, true])
})
