import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BorgError, silentLogger } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { defaultJobLimits, openSandbox } from '../src/index.ts'
import { openControlGroups } from '../src/sandbox/control-group.ts'
import { parseLdd } from '../src/sandbox/shared-libraries.ts'
import { parseStatus } from '../src/sandbox/watch.ts'
import { fullSlice } from './support/slice.ts'

const NOBODY = '65534'
const isRunning = async (pid: number): Promise<boolean> =>
  /^State:\s+[^ZX]/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))
const isRoot = process.getuid?.() === 0

describe('where there may be no sandbox', () => {
  let folder: string
  const modules = { clock: systemClock, timers: systemTimers, logger: silentLogger }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'borgios-available-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** A folder with stand-ins for the programs the sandbox needs. */
  async function programs(name: string, bubblewrap: string): Promise<string> {
    const path = join(folder, name)
    await mkdir(path)
    await writeFile(join(path, 'prlimit'), '#!/bin/sh\nshift 2\nexec "$@"\n')
    await writeFile(join(path, 'bwrap'), `#!/bin/sh\n${bubblewrap}\n`)
    for (const program of ['prlimit', 'bwrap']) await chmod(join(path, program), 0o755)
    return path
  }

  it('says which program is missing and how to install it, and runs nothing', async () => {
    const sandbox = await openSandbox({ folder: join(folder, 'a'), programFolders: [join(folder, 'none')] }, modules)
    assert.match(sandbox.unavailableWhy ?? '', /bwrap is missing.*apt install bubblewrap/)
    const run = sandbox.run({
      folder,
      args: [],
      env: {},
      limits: defaultJobLimits,
      signal: new AbortController().signal,
      onLog: async () => {},
      onEnded: () => {},
      onOutput: async () => {},
    })
    await assert.rejects(run, (error: unknown) => error instanceof BorgError && error.code === 'COMPUTE_SANDBOX_BROKEN')
  })

  it('says what bubblewrap said and what to enable when it may make no namespaces', async () => {
    const refusal = 'bwrap: No permissions to create new namespace, likely because the kernel does not allow it.'
    const programFolders = [await programs('refusing', `echo "${refusal}" >&2; exit 1`)]
    const sandbox = await openSandbox({ folder: join(folder, 'b'), programFolders }, modules)
    assert.match(sandbox.unavailableWhy ?? '', /No permissions to create new namespace/)
    assert.match(sandbox.unavailableWhy ?? '', /sysctl -w kernel.apparmor_restrict_unprivileged_userns=0/)
  })

  it('is not fooled by a bubblewrap that runs nothing', async () => {
    const programFolders = [await programs('idle', 'exit 0')]
    // Again and again: what fails at once must not be missed.
    for (let round = 0; round < (fullSlice ? 200 : 20); round += 1) {
      const sandbox = await openSandbox({ folder: join(folder, 'c'), programFolders }, modules)
      assert.match(sandbox.unavailableWhy ?? '', /did not start/)
    }
  })

  for (const [what, bubblewrap] of [
    ['says nothing', 'exec sleep 600'],
    ['leaves a process that holds its pipes', 'sleep 600 & echo $! >"$0.pid"; wait'],
    ['tells of its child and says no more', 'sleep 600 & echo $! >"$0.pid"; echo "{ \\"child-pid\\": $!" >&6; wait'],
  ] as const) {
    it(`ends a bubblewrap that hangs: one that ${what}`, { timeout: 30_000 }, async () => {
      const name = `hangs-${what.length}`
      const path = await programs(name, bubblewrap)
      const hurried = {
        ...systemTimers,
        after: (delayMs: number, callback: () => void) => systemTimers.after(delayMs / 40, callback),
      }
      const sandbox = await openSandbox(
        { folder: join(folder, name, 'box'), programFolders: [path, '/usr/bin'] },
        { ...modules, timers: hurried },
      )
      assert.match(sandbox.unavailableWhy ?? '', /did not start/)
      const left = await readFile(join(path, 'bwrap.pid'), 'utf8').catch(() => undefined)
      if (left !== undefined && what.startsWith('leaves')) process.kill(Number(left))
      // Its parent is gone: who takes its place reaps it, or leaves a zombie.
      else if (left !== undefined) while (await isRunning(Number(left))) await systemTimers.sleep(10)
    })
  }

  it('works for an ordinary user, with every limit in force', { skip: !isRoot && 'these tests run as one' }, () => {
    const script = fileURLToPath(new URL('./support/run-as-user.ts', import.meta.url))
    const drop = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath, '--no-warnings', script]
    const { stdout, stderr } = spawnSync('setpriv', drop, { encoding: 'utf8', cwd: '/' })
    const { user, unavailableWhy, memoryGuard, found } = JSON.parse(
      stdout || `{"unavailableWhy":${JSON.stringify(stderr)}}`,
    )
    assert.equal(unavailableWhy, undefined)
    assert.equal(user, Number(NOBODY))
    assert.equal(memoryGuard, 'limits of V8 and polling')
    assert.deepEqual(found, [0, 124, 137])
  })
})

describe('control groups', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'borgios-cgroup-'))
  })
  after(() => rm(root, { recursive: true, force: true }))

  const theNewOne = async (parent: string, before: readonly string[]): Promise<string> => {
    const [name = ''] = (await readdir(parent)).filter((entry) => !before.includes(entry))
    return name
  }
  const OOM = 'oom 1\noom_kill 1\n'

  it('of version 2: set the limits, take the process in, and tell of a kill', async () => {
    await writeFile(join(root, 'cgroup.controllers'), 'cpu memory pids\n')
    const stale = join(root, 'borgios', 'job-999999999-1')
    const living = join(root, 'borgios', `job-${process.pid}-77`)
    for (const path of [stale, living]) await mkdir(path, { recursive: true })
    const groups = await openControlGroups(root)
    assert.equal(groups?.version, 'cgroup v2')
    const before = await readdir(join(root, 'borgios'))
    const group = await groups?.create(1000)
    const folder = join(root, 'borgios', await theNewOne(join(root, 'borgios'), before))
    assert.equal(await readFile(join(folder, 'memory.max'), 'utf8'), '1000')
    assert.equal(await readFile(join(folder, 'memory.swap.max'), 'utf8'), '0')
    await group?.add(42)
    assert.equal(await readFile(join(folder, 'cgroup.procs'), 'utf8'), '42')
    await writeFile(join(folder, 'memory.events'), 'oom 0\noom_kill 0\n')
    assert.equal(await group?.ranOutOfMemory(), false)
    await writeFile(join(folder, 'memory.events'), OOM)
    assert.equal(await group?.ranOutOfMemory(), true)
    await writeFile(join(folder, 'cpu.stat'), 'usage_usec 12500\nuser_usec 10000\nsystem_usec 2500\n')
    assert.equal(group?.cpuMs(), 12.5)
    const left = await readdir(join(root, 'borgios'))
    assert.ok(left.includes(`job-${process.pid}-77`) && !left.includes('job-999999999-1'), left.join())
  })

  it('of version 1: use the memory and pids hierarchies', async () => {
    const old = join(root, 'version-1')
    for (const name of ['memory', 'pids']) await mkdir(join(old, name), { recursive: true })
    await writeFile(join(old, 'memory', 'memory.limit_in_bytes'), '')
    await writeFile(join(old, 'pids', 'cgroup.procs'), '')
    const groups = await openControlGroups(old)
    assert.equal(groups?.version, 'cgroup v1')
    const parent = join(old, 'memory', 'borgios')
    const before = await readdir(parent)
    const group = await groups?.create(2000)
    const folder = join(parent, await theNewOne(parent, before))
    assert.equal(await readFile(join(folder, 'memory.limit_in_bytes'), 'utf8'), '2000')
    await writeFile(join(folder, 'memory.oom_control'), `oom_kill_disable 0\nunder_oom 0\noom_kill 1\n`)
    assert.equal(await group?.ranOutOfMemory(), true)
    assert.equal(group?.cpuMs(), undefined)
  })

  it('of version 1: count processor time where they can', async () => {
    const old = join(root, 'version-1-cpu')
    for (const name of ['memory', 'pids', 'cpuacct']) await mkdir(join(old, name), { recursive: true })
    for (const file of ['memory/memory.limit_in_bytes', 'pids/cgroup.procs', 'cpuacct/cpuacct.usage']) {
      await writeFile(join(old, file), '')
    }
    const groups = await openControlGroups(old)
    const parent = join(old, 'cpuacct', 'borgios')
    const before = await readdir(parent)
    const group = await groups?.create(2000)
    const folder = join(parent, await theNewOne(parent, before))
    await group?.add(42)
    assert.equal(await readFile(join(folder, 'cgroup.procs'), 'utf8'), '42')
    await writeFile(join(folder, 'cpuacct.usage'), '12500000\n')
    assert.equal(group?.cpuMs(), 12.5)
  })

  it('are done without where there are none', async () => {
    assert.equal(await openControlGroups(join(root, 'nothing')), undefined)
  })
})

describe('what the system says', () => {
  it('about libraries: files, without the vDSO', () => {
    const text = [
      '\tlinux-vdso.so.1 (0x00007f657fbec000)',
      '\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f657fbd6000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f657fbee000)',
      '\tlibgone.so => not found',
    ].join('\n')
    assert.deepEqual(parseLdd(text), ['/lib/x86_64-linux-gnu/libdl.so.2', '/lib64/ld-linux-x86-64.so.2'])
  })

  it('about a process: its own memory, swapped out or not, and its threads', () => {
    const status =
      'Name:\tnode\nVmRSS:\t  90000 kB\nRssAnon:\t  100 kB\nRssFile:\t  89880 kB\nRssShmem:\t  20 kB\nVmSwap:\t  3 kB\nThreads:\t7\n'
    assert.deepEqual(parseStatus(status), { memoryBytes: 123 * 1024, threads: 7 })
  })
})
