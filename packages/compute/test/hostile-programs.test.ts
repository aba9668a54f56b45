import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { limits, MIB } from '@borgios/core'
import { exampleProgram, SandboxBench, type Trial, type TrialOptions } from './support/sandbox-trial.ts'
import { fullSlice } from './support/slice.ts'

const WASI_NOSPC = 51
const WASI_NOTCAPABLE = 76
const SMALL = { memoryBytes: 128 * MIB, outputBytes: 4 * MIB }

describe('hostile programs in the real sandbox', () => {
  let bench: SandboxBench
  let hostile: Uint8Array

  before(async () => {
    bench = await SandboxBench.open()
    assert.equal(bench.sandbox.unavailableWhy, undefined)
    hostile = await exampleProgram('hostile')
  })
  after(() => bench.close())

  const run = (mode: string, options: TrialOptions = {}): Promise<Trial> =>
    bench.run(hostile, { ...options, args: [mode, ...(options.args ?? [])], limits: { ...SMALL, ...options.limits } })

  it('ends an endless loop at its time limit with exit code 124', async () => {
    const { report } = await run('spin', { limits: { wallTimeMs: 300 } })
    assert.equal(report.end, 'time')
    assert.equal(report.exitCode, 124)
    assert.match(report.why, /time limit of 300 ms/)
    assert.ok(report.wallTimeMs >= 300)
  })

  it('ends at once when it is told to stop', async () => {
    const stop = new AbortController()
    const trial = run('spin', { signal: stop.signal })
    setTimeout(() => stop.abort(), 100)
    const { report } = await trial
    assert.equal(report.end, 'stopped')
    assert.equal(report.exitCode, undefined)
  })

  it('can be told to stop at any moment of its start, and leaves nothing running', async () => {
    for (let delayMs = 0; delayMs < 60; delayMs += fullSlice ? 1 : 4) {
      const stop = new AbortController()
      const trial = run('spin', { signal: stop.signal })
      setTimeout(() => stop.abort(), delayMs)
      // It resolves once every pipe into the sandbox is closed, so once every process in it is gone.
      assert.equal((await trial).report.end, 'stopped', `after ${delayMs} ms`)
    }
  })

  it('holds a program that allocates without end to its memory, with exit code 137', async () => {
    const { report } = await run('grow')
    assert.equal(report.end, 'memory')
    assert.equal(report.exitCode, 137)
    assert.match(report.why, /ran out of memory/)
  })

  it('turns endless recursion into a trap with exit code 134 and says where on stderr', async () => {
    const { report, stderr } = await run('recurse')
    assert.equal(report.end, 'trapped')
    assert.equal(report.exitCode, 134)
    assert.match(stderr, /call stack size exceeded/)
    assert.match(stderr, /wasm-function/)
  })

  it('passes on as much log as allowed, says once that the rest is dropped, and lets the program finish', async () => {
    const logBytes = 100_000
    const { report, stdout, stderr, logBytes: passed } = await run('flood', { limits: { logBytes } })
    assert.equal(report.exitCode, 0)
    assert.equal(stdout.length, logBytes)
    assert.equal(stderr.split('the log limit of').length, 2)
    assert.ok(passed < logBytes + 256)
  })

  it('refuses bytes beyond the size of /out, and says so', async () => {
    const { report, stdout, outputs } = await run('fill')
    assert.match(stdout, new RegExp(`^[34] MiB, then error ${WASI_NOSPC}\n$`))
    assert.equal(report.exitCode, 0)
    assert.match(report.why, /It filled \/out: the output limit is 4.0 MiB/)
    assert.ok((outputs['big']?.length ?? 0) <= 4 * MIB)
  })

  it('stores nothing of a sparse file that is larger than allowed', async () => {
    const { report, stdout, outputs } = await run('sparse')
    assert.equal(stdout, 'resize: 0\n')
    assert.equal(report.end, 'output')
    assert.match(report.why, /1 files of 1.0 TiB under \/out/)
    assert.deepEqual(outputs, {})
  })

  for (const mode of ['files', 'folders-many']) {
    it(`refuses more entries than allowed (${mode})`, async () => {
      const { report, stdout } = await run(mode)
      assert.equal(stdout, `${limits.compute.maxOutputFiles} created, then error ${WASI_NOSPC}\n`)
      assert.match(report.why, /It filled \/out/)
    })
  }

  it('bounds open files', async () => {
    const { report, stdout, stderr } = await run('descriptors')
    assert.equal(stderr, '')
    assert.equal(report.exitCode, 0)
    const open = Number(/^(\d+) open\n$/.exec(stdout)?.[1])
    assert.ok(open > 0 && open < limits.compute.maxOpenFiles, stdout)
  })

  it('makes no links', async () => {
    const { stdout, outputs } = await run('links')
    assert.equal(stdout, `symlink: ${WASI_NOTCAPABLE}\nlink: ${WASI_NOTCAPABLE}\n`)
    assert.deepEqual(Object.keys(outputs), ['file'])
  })

  it('opens nothing outside /in', async () => {
    const { stdout } = await run('escape')
    assert.equal(stdout.match(/refused/g)?.length, 6)
    assert.doesNotMatch(stdout, /OPENED/)
  })

  it('cannot change its inputs', async () => {
    const { stdout } = await run('write-input', { inputs: { data: 'kept' } })
    assert.equal(stdout, 'existing: refused\nnew: refused\n')
  })

  it('escapes what is odd in the names of outputs', async () => {
    const { outputs } = await run('odd-names')
    assert.deepEqual(Object.keys(outputs).sort(), [
      '%1b[31mred',
      '%e2%80%aegnp.exe',
      '.hidden',
      '100%25',
      'a%0ab',
      'back%5cslash',
      'grün',
    ])
  })

  it('hands over files of folders by their path, and empty ones too', async () => {
    const { outputs } = await run('folders')
    assert.deepEqual(Object.keys(outputs).sort(), ['deep/down', 'empty'])
    assert.equal(outputs['empty']?.length, 0)
    assert.equal(Buffer.from(outputs['deep/down'] ?? []).toString(), 'x')
  })

  it('leaves out what has too long a name, and says so', async () => {
    const { report, outputs } = await run('long-names')
    assert.equal(report.exitCode, 0)
    assert.match(report.why, /1 entries under .* too long a name/)
    assert.equal(Object.keys(outputs).length, 6)
    assert.ok('kept' in outputs)
  })

  it('passes the bytes of logs on as they are', async () => {
    const { stdout, stderr } = await run('terminal')
    assert.equal(stdout, '\x1b[2J\x1b]0;owned\x07gone\r\nok\r')
    assert.equal(stderr, 'to stderr')
  })

  it('gives the environment of the job and nothing of the host', async () => {
    assert.equal((await run('environment')).stdout, '0 variables\n')
    assert.equal((await run('environment', { env: { A: '1', B: '2' } })).stdout, '2 variables\n')
  })

  for (const code of [0, 1, 42, 255]) {
    it(`passes exit code ${code} through`, async () => {
      const { report } = await run('exit', { args: [String(code)] })
      assert.equal(report.end, 'exited')
      assert.equal(report.exitCode, code)
    })
  }
})
