import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FolderSync } from '../src/shards/folder-sync.ts'

test('everyone waits for an fsync that began after they asked, and those who wait share one', async () => {
  const runs: PromiseWithResolvers<void>[] = []
  const folder = new FolderSync(() => {
    const run = Promise.withResolvers<void>()
    runs.push(run)
    return run.promise
  })
  const done: string[] = []
  const ask = (name: string): Promise<void> => folder.sync().then(() => void done.push(name))
  const first = ask('first')
  const others = [ask('second'), ask('third')]
  assert.equal(runs.length, 1)
  runs[0]?.resolve()
  await first
  await setImmediate()
  assert.deepEqual(done, ['first'])
  assert.equal(runs.length, 2)
  const late = ask('late')
  runs[1]?.resolve()
  await Promise.all(others)
  await setImmediate()
  assert.deepEqual(done, ['first', 'second', 'third'])
  assert.equal(runs.length, 3)
  runs[2]?.resolve()
  await late
})

test('a failed fsync fails those who waited for it, not those after them', async () => {
  let runs = 0
  const folder = new FolderSync(async () => {
    runs += 1
    if (runs === 1) throw new Error('the disk failed')
  })
  const first = folder.sync()
  const second = folder.sync()
  await assert.rejects(first, /the disk failed/)
  await second
  assert.equal(runs, 2)
})
