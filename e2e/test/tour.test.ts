import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { borgios, fullSlice, Network } from '../src/index.ts'

const toursIn = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('borgios-tour-'))

test('the tour shows what it promises and leaves nothing behind', async () => {
  const before = await toursIn()
  const outcome = await borgios(['tour', '--once'])
  assert.equal(outcome.code, 0, outcome.stderr)
  const result = JSON.parse(outcome.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
  const expected = [
    'nodes',
    'killed',
    'bytes',
    'putMiBps',
    'getMiBps',
    'sha256Match',
    'jobExit',
    'jobMatch',
    'healedMs',
  ]
  assert.deepEqual(Object.keys(result), expected)
  assert.equal(result['nodes'], 5)
  assert.equal(result['killed'], 2)
  assert.equal(result['bytes'], (await stat(process.execPath)).size)
  assert.deepEqual([result['sha256Match'], result['jobExit'], result['jobMatch']], [true, 0, true])
  assert(Number(result['healedMs']) > 0)
  assert.deepEqual(await toursIn(), before)
})

test('a tour that is interrupted ends what it started', { skip: !fullSlice }, async () => {
  const before = await toursIn()
  for (const afterMs of [500, 3_000, 9_000]) {
    const stop = new AbortController()
    const running = borgios(['tour', '--once'], { signal: stop.signal })
    await sleep(afterMs)
    stop.abort()
    const outcome = await running
    assert.equal(outcome.code, 130, outcome.stderr)
    assert.deepEqual(await toursIn(), before)
  }
})

test('the tour goes again and again on the same data', { skip: !fullSlice }, async () => {
  await using network = await Network.open()
  for (let round = 0; round < 2; round += 1) {
    const outcome = await network.run(['tour'])
    assert.equal(outcome.code, 0, outcome.stderr)
    assert.match(outcome.stderr, /borgios file put/)
  }
})
