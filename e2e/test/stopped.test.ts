import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { jsonOf, Network, processesOf, whyNoSandbox } from '../src/index.ts'

const hostile = fileURLToPath(new URL('../../examples/build/hostile.wasm', import.meta.url))

/** A file that is never at its end. */
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield new Uint8Array(100_000)
    await sleep(20)
  }
}

test('a command that is stopped says what became of its work and exits as shells expect', async (t) => {
  await using network = await Network.up(2)

  await t.test('put: the file is not stored', async () => {
    const put = ['file', 'put', '-', '--name', 'endless', '--coding', '1+1']
    const stopped = await network.run(put, { input: endless(), stopAt: { said: /storing/, signal: 'SIGINT' } })
    assert.equal(stopped.code, 130)
    assert.equal(stopped.stdout, '')
    assert.match(stopped.stderr, /\nstopped: endless was not stored\n$/)
    const asJson = await network.run([...put, '--json'], {
      input: endless(),
      stopAt: { said: /storing/, signal: 'SIGTERM' },
    })
    assert.equal(asJson.code, 143)
    assert.equal((jsonOf(asJson) as { error: { code: string } }).error.code, 'NODE_INTERRUPTED')
    assert.deepEqual((await network.json(['file', 'ls']))['files'], [])
  })

  await t.test('job run: the job is cancelled', async (t) => {
    const why = await whyNoSandbox(network)
    if (why !== undefined) return t.skip(why)
    const stopped = await network.run(['job', 'run', hostile, '--coding', '1+1', '--', 'spin'], {
      stopAt: { said: /\[running/, signal: 'SIGINT' },
    })
    assert.equal(stopped.code, 130)
    assert.match(stopped.stderr, /\nstopped: the job j[a-z2-7]{7} is cancelled\n$/)
    for (;;) {
      const { jobs } = await network.json<{ jobs: { state: string }[] }>(['job', 'ls'])
      if (jobs.at(-1)?.state === 'cancelled') break
      assert.equal(jobs.at(-1)?.state, 'running')
    }
  })
})

test('up that is stopped ends the nodes it started, and only those', async () => {
  await using network = await Network.open('with space')
  const stopAt = { said: /starting/, signal: 'SIGINT' } as const
  const stopped = await network.run(['up', '--nodes', '2'], { stopAt })
  assert.equal(stopped.code, 130)
  assert.match(stopped.stderr, /stopped: the nodes started just now are ended again/)
  assert.deepEqual(processesOf(network.folder), [])

  await network.json(['up'])
  const before = await network.tree()
  const grown = await network.run(['up', '--nodes', '3'], { stopAt })
  assert.equal(grown.code, 130)
  const after = await network.tree()
  const pids = (tree: typeof after) => tree.nodes.flatMap(({ pid }) => (pid === null ? [] : [pid])).sort()
  assert.deepEqual(pids(after), pids(before))
})
