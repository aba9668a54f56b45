import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { test } from 'node:test'
import { borgios, fullSlice, Network, processesOf } from '../src/index.ts'

/** Nothing of a tour may be left in its folder for temporary files, nor any process that works on it. */
async function assertNothingLeft({ folder }: Network): Promise<void> {
  assert.deepEqual(await readdir(folder), [])
  assert.deepEqual(processesOf(folder), [])
}

test('the tour shows what it promises and leaves nothing behind', async () => {
  await using temporary = await Network.open()
  const outcome = await borgios(['tour', '--once'], { env: { TMPDIR: temporary.folder } })
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
  await assertNothingLeft(temporary)
})

test('a tour that is interrupted ends what it started', { skip: !fullSlice }, async () => {
  await using temporary = await Network.open()
  for (const said of [/1\/8/, /1\/8.*in one tree/, /2\/8.*rebuild/, /5\/8.*as before/]) {
    const env = { TMPDIR: temporary.folder }
    const outcome = await borgios(['tour', '--once'], { stopAt: { said, signal: 'SIGINT' }, env })
    assert.equal(outcome.code, 130, outcome.stderr)
    assert.match(outcome.stderr, /^stopped: nothing/m)
    await assertNothingLeft(temporary)
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
