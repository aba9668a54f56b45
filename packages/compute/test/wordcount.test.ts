import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { MIB } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { defaultJobLimits, type JobEvent } from '../src/index.ts'
import { JobWorld } from './support/job-world.ts'
import { exampleProgram, nativeWordCount, SandboxBench } from './support/sandbox-trial.ts'
import { fullSlice } from './support/slice.ts'

interface WordCount {
  readonly bytes: number
  readonly lines: number
  readonly words: number
  readonly sha256: string
}

describe('wordcount', () => {
  let bench: SandboxBench
  let program: Uint8Array

  before(async () => {
    bench = await SandboxBench.open()
    program = await exampleProgram('wordcount')
  })
  after(() => bench.close())

  /** What the sandboxed program prints of these bytes. */
  async function counted(bytes: Uint8Array): Promise<unknown> {
    const { report, stdout, stderr, outputs } = await bench.run(program, { args: ['data'], inputs: { data: bytes } })
    assert.equal(report.exitCode, 0, stderr)
    assert.equal(Buffer.from(outputs['report.json'] ?? []).toString(), stdout)
    return JSON.parse(stdout)
  }

  /** The same counted by Node itself, in the way the example gives for it. */
  const natively = (path: string): WordCount => nativeWordCount(path) as WordCount
  async function nativelyOf(bytes: Uint8Array): Promise<WordCount> {
    const path = join(bench.folder, 'native-input')
    await writeFile(path, bytes)
    return natively(path)
  }

  const texts: readonly (readonly [string, string, number, number])[] = [
    ['nothing', '', 0, 0],
    ['one word', 'word', 0, 1],
    ['white space only', ' \t\n\v\f\r ', 1, 0],
    ['a line', 'two words\n', 1, 2],
    ['words at the borders of 16 bytes', '0123456789abcdef 123456789abcdef\n0123456789abcde ', 1, 3],
  ]
  for (const [name, text, lines, words] of texts) {
    it(`counts ${name}`, async () => {
      const bytes = Buffer.from(text)
      const expected = await nativelyOf(bytes)
      assert.deepEqual([expected.lines, expected.words], [lines, words])
      assert.deepEqual(await counted(bytes), expected)
    })
  }

  it('agrees with the native count on random data of every odd size', async () => {
    const random = new SeededRandom(42)
    const alphabets = [256, 33, 14]
    const sizes = [1, 15, 16, 17, 55, 56, 63, 64, 65, 262_143, 262_144, 262_145, ...(fullSlice ? [5 * MIB + 7] : [])]
    for (const [index, size] of sizes.entries()) {
      const alphabet = alphabets[index % alphabets.length] ?? 256
      const bytes = random.bytes(size).map((byte) => byte % alphabet)
      assert.deepEqual(await counted(bytes), await nativelyOf(bytes), `seed 42, ${size} bytes below ${alphabet}`)
    }
  })

  it('says what is wrong with its arguments', async () => {
    const none = await bench.run(program)
    assert.equal(none.report.exitCode, 1)
    assert.match(none.stderr, /usage: wordcount NAME/)
    const missing = await bench.run(program, { args: ['gone'] })
    assert.equal(missing.report.exitCode, 1)
    assert.match(missing.stderr, /cannot open \/in\/gone: WASI error 44/)
  })

  it('counts the Node binary as a job on another node, as Node itself counts it', async () => {
    const world = await JobWorld.open({ nodes: 2, sandbox: bench.sandbox })
    try {
      const input = world.files.add(await readFile(process.execPath))
      const logs: Uint8Array[] = []
      const onEvent = (event: JobEvent): void => {
        if (event.kind === 'log') logs.push(event.bytes)
      }
      const result = await world.node(0).service.run(
        {
          program: world.files.add(program),
          args: ['node'],
          env: {},
          inputs: [{ name: 'node', capability: input }],
          limits: defaultJobLimits,
        },
        { onEvent },
      )
      assert.equal(result.exitCode, 0, result.why)
      assert.equal(result.node, world.node(1).id)
      const native = natively(process.execPath)
      assert.deepEqual(JSON.parse(Buffer.concat(logs).toString()), native)
      const report = world.files.read(result.outputs[0]?.capability ?? '')
      assert.deepEqual(JSON.parse(Buffer.from(report).toString()), native)
    } finally {
      await world.close()
    }
  })
})
