import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { BorgError, GIB, limits, MIB, SECOND_MS, type Timers } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { ManualTime } from '@borgios/core/testing'
import { defaultJobLimits, type SandboxReport, type SandboxTask } from '../src/index.ts'
import { bubblewrapCommand } from '../src/sandbox/bubblewrap-command.ts'
import type { ControlGroup } from '../src/sandbox/control-group.ts'
import { SandboxRun } from '../src/sandbox/sandbox-run.ts'
import { assembleSeccompFilter } from '../src/sandbox/seccomp-filter.ts'
import { sharedLibraries } from '../src/sandbox/shared-libraries.ts'
import { watchProcess } from '../src/sandbox/watch.ts'

/** What every script of these begins with: how to speak as the runner does. */
const PRELUDE = `
  import { openSync, writeFileSync, writeSync } from 'node:fs'
  import { Worker } from 'node:worker_threads'
  const frame = (kind, body) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(kind, 0)
    head.writeUInt32BE(body.length, 1)
    writeSync(3, Buffer.concat([head, body]))
  }
  const report = (value) => frame(1, Buffer.from(JSON.stringify(value)))
  const started = () => report({ type: 'started' })
  const ended = (fields) => report({
    type: 'ended', end: 'exited', exitCode: 0, why: '', outputFiles: 1, outputBytes: 4, otherEntries: 0, outputFull: false, ...fields,
  })
  const forever = () => new Promise((resolve) => setInterval(resolve, 1e9))
`

interface RunOptions {
  readonly memoryBytes?: number
  readonly timers?: Timers
  /** Called when the program has ended, and for each piece of an output. */
  readonly onTurn?: () => void
  readonly task?: Partial<SandboxTask>
  readonly controlGroup?: ControlGroup
}

/** Instead of a script: the sandbox itself hangs. */
const NEVER_STARTS = ''
const SLEEP = ['/bin/sleep', '3600'] as const

/** The system's timers, but this delay is over at once. */
const hastily = (hastenedMs: number): Timers => ({
  ...systemTimers,
  after: (delayMs, callback) => systemTimers.after(delayMs === hastenedMs ? 1 : delayMs, callback),
})

describe('a runner that a program has taken over', () => {
  let folder: string
  let filterPath: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'borgios-taken-'))
    filterPath = join(folder, 'filter')
    await writeFile(filterPath, assembleSeccompFilter(process.arch === 'x64' ? 'x64' : 'arm64'))
    await mkdir(join(folder, 'in'))
    for (const name of ['task.json', 'program.wasm']) await writeFile(join(folder, name), '')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  let scripts = 0
  async function run(script: string, options: RunOptions = {}): Promise<SandboxReport> {
    const { memoryBytes = 128 * MIB, timers = systemTimers, onTurn = () => {}, task: others, controlGroup } = options
    scripts += 1
    const runner = join(folder, `runner-${scripts}.mjs`)
    await writeFile(runner, PRELUDE + script)
    const jobLimits = { ...defaultJobLimits, memoryBytes, outputBytes: 4 * MIB }
    const programs = {
      prlimit: '/usr/bin/prlimit',
      bubblewrap: '/usr/bin/bwrap',
      node: process.execPath,
      libraries: await sharedLibraries(process.execPath),
      runner,
    }
    const task = {
      folder,
      args: [],
      env: {},
      limits: jobLimits,
      signal: new AbortController().signal,
      onLog: async () => {},
      onEnded: onTurn,
      onOutput: async (_name: string, bytes: number, content: AsyncIterable<Uint8Array>) => {
        let found = 0
        for await (const chunk of content) {
          found += chunk.length
          onTurn()
        }
        if (found !== bytes) throw new Error('an output was passed on that is not as long as announced')
      },
      ...others,
    }
    const command = script === NEVER_STARTS ? SLEEP : bubblewrapCommand(programs, folder, jobLimits)
    const modules = { clock: systemClock, timers, command, filterPath, controlGroup }
    return await new SandboxRun(task, modules).run()
  }

  const isBroken = (error: unknown): boolean => error instanceof BorgError && error.code === 'COMPUTE_SANDBOX_BROKEN'

  it('is ended when it takes more memory, without help of a control group', async () => {
    const report = await run('started(); const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1))')
    assert.equal(report.end, 'memory')
    assert.equal(report.exitCode, 137)
  })

  it('is ended when it starts many threads', async () => {
    const report = await run(
      `
      started()
      for (let count = 0; count < 64; count += 1) new Worker('setInterval(() => {}, 1e9)', { eval: true })
      await forever()`,
      { memoryBytes: 2 * GIB },
    )
    assert.equal(report.end, 'trapped')
    assert.match(report.why, /threads/)
  })

  it('is ended when it makes more files', async () => {
    const report = await run(`
      started()
      for (let count = 0; count < 1000; count += 1) writeFileSync('/out/' + count, '')
      await forever()`)
    assert.equal(report.end, 'output')
  })

  it('is ended when it claims to have left more than allowed', async () => {
    const report = await run('started(); ended({ outputBytes: 2 ** 40 }); await forever()')
    assert.equal(report.end, 'output')
    assert.match(report.why, /1.0 TiB/)
  })

  it('is ended when it takes more memory after it claimed to have ended', async () => {
    const report = await run('started(); ended({}); const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1))')
    assert.equal(report.end, 'memory')
  })

  it('is ended once it has handed over all, whatever it says then', { timeout: 60_000 }, async () => {
    const report = await run(`
      started()
      ended({ outputFiles: 0, outputBytes: 0 })
      for (;;) report({ type: 'complete' })`)
    assert.equal(report.end, 'exited')
  })

  it('has one deadline for all it hands over, however often it shows life', { timeout: 60_000 }, async () => {
    const time = new ManualTime()
    const script = `
      started()
      ended({})
      report({ type: 'file', name: 'a', bytes: 4 })
      for (;;) frame(2, Buffer.alloc(0))`
    let turns = 0
    const oneSecond = (): void => {
      turns += 1
      time.advance(SECOND_MS)
    }
    await assert.rejects(run(script, { memoryBytes: 2 * GIB, timers: time, onTurn: oneSecond }), isBroken)
    assert.ok(turns >= limits.compute.handOverMs / SECOND_MS)
  })

  const PRINTS_AND_ENDS =
    "started(); writeSync(1, 'hello'); ended({ outputFiles: 0, outputBytes: 0 }); report({ type: 'complete' })"
  const takesNothing: Pick<SandboxTask, 'onLog'> = { onLog: () => new Promise(() => {}) }

  it('is not waited for when it has ended and nobody takes its log', { timeout: 30_000 }, async () => {
    await assert.rejects(
      run(PRINTS_AND_ENDS, { timers: hastily(limits.compute.logDrainMs), task: takesNothing }),
      (error: unknown) => error instanceof BorgError && error.code === 'COMPUTE_LOG_NOT_TAKEN',
    )
  })

  it('can be stopped while nobody takes its log', { timeout: 30_000 }, async () => {
    const stop = new AbortController()
    const onLog = (): Promise<void> => {
      stop.abort()
      return takesNothing.onLog('stdout', new Uint8Array(0))
    }
    const report = await run(PRINTS_AND_ENDS, { task: { onLog, signal: stop.signal } })
    assert.equal(report.end, 'stopped')
  })

  it('is not waited for when it never starts', { timeout: 30_000 }, async () => {
    await assert.rejects(run(NEVER_STARTS, { timers: hastily(limits.compute.startTimeoutMs) }), isBroken)
  })

  it('is in its control group before it does anything, and what the group says of its end counts', async () => {
    const pids: number[] = []
    const controlGroup: ControlGroup = {
      add: async (pid) => {
        pids.push(pid)
        assert.equal(await readFile(`/proc/${pid}/comm`, 'utf8'), 'bwrap\n')
      },
      cpuMs: () => undefined,
      ranOutOfMemory: async () => true,
      remove: async () => {},
    }
    const report = await run('started(); process.exit(7)', { controlGroup })
    assert.equal(pids.length, 1)
    assert.equal(report.end, 'memory')
    await assert.rejects(readFile(`/proc/${pids[0]}/comm`), { code: 'ENOENT' })
  })

  it('does not start when it cannot be put into its control group', async () => {
    const full = new Error('the group is full')
    const add = (): Promise<void> => Promise.reject(full)
    const controlGroup: ControlGroup = {
      add,
      cpuMs: () => undefined,
      ranOutOfMemory: async () => false,
      remove: async () => {},
    }
    await assert.rejects(run('started(); ended({ outputFiles: 0, outputBytes: 0 })', { controlGroup }), full)
  })

  it('may crash, and that is told', async () => {
    const report = await run('started(); process.exit(7)')
    assert.equal(report.end, 'trapped')
    assert.equal(report.exitCode, 134)
  })

  const lies: readonly (readonly [string, string])[] = [
    ['never starts', 'process.exit(0)'],
    ['starts twice', 'started(); started(); await forever()'],
    ['ends before it starts', 'ended({}); await forever()'],
    ['ends twice', 'started(); ended({}); ended({}); await forever()'],
    ['names a file before its end', "started(); report({ type: 'file', name: 'a', bytes: 0 }); await forever()"],
    ['names a file outside', "started(); ended({}); report({ type: 'file', name: '../a', bytes: 0 }); await forever()"],
    [
      'sends less than announced',
      "started(); ended({}); report({ type: 'file', name: 'a', bytes: 4 }); frame(2, Buffer.alloc(3)); report({ type: 'complete' })",
    ],
    [
      'sends more than announced',
      "started(); ended({}); report({ type: 'file', name: 'a', bytes: 4 }); frame(2, Buffer.alloc(5)); await forever()",
    ],
    [
      'hands over more bytes than it claimed to have left',
      "started(); ended({}); report({ type: 'file', name: 'a', bytes: 5 }); frame(2, Buffer.alloc(5)); report({ type: 'complete' })",
    ],
    [
      'hands over more files than it claimed to have left',
      "started(); ended({}); for (const name of 'ab') report({ type: 'file', name, bytes: 0 }); report({ type: 'complete' })",
    ],
    ['hands over less than it claimed to have left', "started(); ended({}); report({ type: 'complete' })"],
    ['sends bytes of no file', 'started(); frame(2, Buffer.alloc(5)); await forever()'],
    ['sends a huge frame', 'started(); frame(2, Buffer.alloc(1 << 20)); await forever()'],
    ['sends garbage', "writeSync(3, 'hello, this is no frame'); await forever()"],
    ['dies while it hands over', 'started(); ended({}); process.exit(0)'],
  ]
  for (const [name, script] of lies) {
    it(`breaks its own sandbox and nothing else when it ${name}`, async () => {
      await assert.rejects(run(script), isBroken)
    })
  }
})

describe('watching a process', () => {
  it('says nothing while it is within its limits, and ends when told', async () => {
    const stop = new AbortController()
    const watching = watchProcess(process.pid, Number.MAX_SAFE_INTEGER, systemTimers, stop.signal)
    stop.abort()
    assert.equal(await watching, undefined)
  })

  it('goes on after a look that failed', async () => {
    const { signal } = new AbortController()
    let looks = 0
    const look = async () => {
      looks += 1
      if (looks === 1) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
      return { memoryBytes: 2 ** 50, threads: 1, outputEntries: 0 }
    }
    assert.equal(await watchProcess(process.pid, 2 ** 49, systemTimers, signal, look), 'memory')
    assert.equal(looks, 2)
  })

  it('tells of too much memory, and nothing of a process that is gone', async () => {
    const { signal } = new AbortController()
    assert.equal(await watchProcess(process.pid, 1, systemTimers, signal), 'memory')
    assert.equal(await watchProcess(2 ** 30, 1, systemTimers, signal), undefined)
  })
})
