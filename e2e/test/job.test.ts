import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jsonOf, Network, whyNoSandbox } from '../src/index.ts'

const example = (name: string): string => fileURLToPath(new URL(`../../examples/build/${name}.wasm`, import.meta.url))

interface JobView {
  readonly job: string
  readonly node: string
  readonly exitCode: number | null
  readonly why: string
  readonly stdout: string
  readonly stderr: string
  readonly outputs: readonly { readonly name: string; readonly capability: string }[]
}

test('programs run on another node, and what goes wrong is said with its code', async (t) => {
  await using network = await Network.up(5)
  const why = await whyNoSandbox(network)
  if (why !== undefined) return t.skip(why)
  const status = await network.json<{ self: { node: string } }>(['status'])
  const content = randomBytes(1_500_000)
  const input = join(network.folder, 'input.bin')
  await writeFile(input, content)
  let job = ''

  await t.test('a program reads its input, prints, and leaves an output that is a file of the network', async () => {
    const run = await network.json<JobView>(['job', 'run', example('wordcount'), '-v', `data=${input}`, '--', 'data'])
    assert.equal(run.exitCode, 0)
    assert.notEqual(run.node, status.self.node)
    const answer = JSON.parse(run.stdout) as { bytes: number; sha256: string }
    assert.equal(answer.bytes, content.length)
    assert.equal(answer.sha256, createHash('sha256').update(content).digest('hex'))
    const report = await network.run(['file', 'get', run.outputs[0]?.capability ?? '', '-o', '-'])
    assert.equal(report.stdout, run.stdout)
    job = run.job
  })

  await t.test('its log and record stay, and why explains it', async () => {
    const logs = await network.run(['job', 'logs', job.slice(0, 10)])
    assert.equal(logs.code, 0)
    assert.match(logs.stdout, /"sha256"/)
    const { jobs } = await network.json<{ jobs: JobView[] }>(['job', 'ls'])
    assert.equal(jobs.at(-1)?.job, job)
    const why = await network.json(['why', job])
    assert.equal(why['what'], 'job')
    assert.doesNotMatch((await network.run(['why', job])).stdout, /\.\./)
    assert.equal((await network.run(['job', 'logs', 'jzzzzzz'])).code, 3)
  })

  await t.test('a failing program, no wasm, and no such file', async () => {
    const failing = await network.run(['job', 'run', example('wordcount')])
    assert.equal(failing.code, 1)
    assert.match(failing.stderr, /usage: wordcount NAME/)
    const own = await network.run(['job', 'run', example('wordcount'), '--pass-exit-code', '--json'])
    assert.equal(own.code, jsonOf(own)['exitCode'])
    const stored = async () =>
      (await network.json<{ files: { capability: string }[] }>(['file', 'ls'])).files.map((file) => file.capability)
    const before = await stored()
    const noWasm = await network.run(['job', 'run', input, '--json'])
    assert.equal(noWasm.code, 2)
    assert.equal((jsonOf(noWasm) as { error: { code: string } }).error.code, 'NODE_NOT_WASM')
    for (const missing of [
      ['job', 'run', './nothing.wasm'],
      ['job', 'run', 'nothing'],
      ['job', 'run', example('wordcount'), '-v', 'text=nothing'],
    ]) {
      assert.equal((await network.run(missing)).code, 3)
    }
    assert.equal((await network.run(['job', 'run', example('wordcount'), '-v', `folder=${network.folder}`])).code, 2)
    assert.deepEqual(await stored(), before, 'nothing was stored for what cannot run')
    // What only the node that runs it can see.
    const { capability } = await network.json<{ capability: string }>(['file', 'put', input])
    const late = await network.run(['job', 'run', capability, '--json'])
    assert.equal(late.code, 1)
    assert.match(String(jsonOf(late)['why']), /wasm|WebAssembly|module/i)
    assert.equal((await network.run(['job', 'run', example('wordcount'), '--node', status.self.node])).code, 2)
    assert.equal((await network.run(['job', 'run', example('wordcount'), '--node', 'nzzzzzz'])).code, 3)
    assert.equal((await network.run(['job', 'logs', job])).code, 0)
  })

  await t.test('a program that loops for ever is ended in time, and its exit code is 5', async () => {
    const run = await network.run(['job', 'run', example('hostile'), '--timeout', '1s', '--json', '--', 'spin'])
    assert.equal(jsonOf(run)['exitCode'], 124)
    assert.equal(run.code, 5)
  })

  await t.test('a program that takes memory without end is ended, and says why', async () => {
    const run = await network.run(['job', 'run', example('hostile'), '--memory', '128MiB', '--json', '--', 'grow'])
    assert.equal(jsonOf(run)['exitCode'], 137)
    assert.match(String(jsonOf(run)['why']), /ran out of memory.*128 MiB/)
    assert.equal(run.code, 1)
  })

  await t.test('a program that wants files outside its own gets none', async () => {
    const { stdout } = await network.json<JobView>(['job', 'run', example('hostile'), '--', 'escape'])
    assert.equal(stdout.match(/: refused\n/g)?.length, 6)
    assert.doesNotMatch(stdout, /OPENED/)
  })

  await t.test(
    'a job that asks for more than any node lends is refused, and each node says how much it lends',
    async () => {
      assert.equal((await network.run(['down'])).code, 0)
      for (let node = 1; node <= 5; node += 1) {
        const path = join(network.folder, 'nodes', String(node), 'config.json')
        const config = JSON.parse(await readFile(path, 'utf8'))
        await writeFile(path, JSON.stringify({ ...config, maxJobLimits: { memoryBytes: 200 * 1024 ** 2 } }))
      }
      assert.equal((await network.run(['up'])).code, 0)
      const run = (memory: string) =>
        network.run(['job', 'run', example('hostile'), '--memory', memory, '--json', '--', 'exit', '0'])
      const refused = await run('256MiB')
      assert.equal(refused.code, 1)
      const reason = 'the job asks for 256 MiB of memory; 200 MiB is the most this node lends'
      assert.equal(String(jsonOf(refused)['why']).split(reason).length - 1, 4, refused.stdout)
      assert.equal((await run('200MiB')).code, 0)
    },
  )
})
