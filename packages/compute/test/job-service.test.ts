import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, it, mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { BorgError, JobId, limits, MIB, SECOND_MS } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { Scratch } from '../src/executor/scratch.ts'
import { defaultJobLimits, type JobEvent, type JobLimits, type SandboxTask } from '../src/index.ts'
import { exited, JobWorld, until, untilStopped, type WorldOptions } from './support/job-world.ts'

const hasCode = (code: string) => (error: unknown) => error instanceof BorgError && error.code === code
const ASKER = 0

describe('job service', () => {
  let world: JobWorld
  const open = async (options: WorldOptions): Promise<JobWorld> => {
    world = await JobWorld.open(options)
    return world
  }
  afterEach(() => world.close())

  const asker = () => world.node(ASKER).service
  const text = async function* (value: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(value)
  }

  it('runs a job on another node and brings its log, outputs and signed receipt back', async () => {
    const { files } = await open({ nodes: 2 })
    const program = files.add('the program')
    const input = files.add('the input')
    const seen: string[] = []
    world.node(1).sandbox.behave = async (task) => {
      seen.push(
        await readFile(join(task.folder, 'program.wasm'), 'utf8'),
        await readFile(join(task.folder, 'in', 'data'), 'utf8'),
      )
      await task.onLog('stdout', Buffer.from('hello'))
      await task.onLog('stderr', Buffer.from('warning'))
      task.onEnded()
      await task.onOutput('deep/report', 6, text('report'))
      return exited(0)
    }
    const events: JobEvent[] = []
    const result = await asker().run(world.spec({ program, inputs: [{ name: 'data', capability: input }] }), {
      onEvent: (event) => events.push(event),
    })
    assert.deepEqual(seen, ['the program', 'the input'])
    assert.equal(result.state, 'done')
    assert.equal(result.exitCode, 0)
    assert.equal(result.node, world.node(1).id)
    assert.equal(result.outputs.length, 1)
    assert.equal(result.outputs[0]?.name, 'deep/report')
    assert.equal(Buffer.from(files.read(result.outputs[0]?.capability ?? '')).toString(), 'report')
    assert.equal(result.receipt?.requester, world.node(ASKER).id)
    const states = events.flatMap((event) => (event.kind === 'state' ? [event.state] : []))
    assert.deepEqual(states, ['placing', 'fetching', 'running', 'storing', 'done'])
    const logs = events.flatMap((event) =>
      event.kind === 'log' ? [`${event.stream}: ${Buffer.from(event.bytes)}`] : [],
    )
    assert.deepEqual(logs, ['stdout: hello', 'stderr: warning'])
    assert.equal(world.node(1).service.status().runningJobs, 0)
    assert.deepEqual(await readdir(join(world.node(1).folder, 'scratch')), [])
  })

  it('passes a failing exit code through and keeps what the program left', async () => {
    await open({ nodes: 2 })
    world.node(1).sandbox.behave = async (task) => {
      await task.onOutput('partial', 1, text('x'))
      return exited(3)
    }
    const result = await asker().run(world.spec())
    assert.equal(result.state, 'failed')
    assert.equal(result.exitCode, 3)
    assert.equal(result.outputs.length, 1)
  })

  it('says for each node why it was not chosen', async () => {
    await open({ nodes: 4 })
    world.network.kill(world.node(1).id)
    world.node(2).sandbox.unavailableWhy = 'bubblewrap is missing'
    world.node(3).sandbox.behave = async () => {
      throw new Error('the disk is full')
    }
    await assert.rejects(asker().run(world.spec()), (error: unknown) => {
      assert.ok(error instanceof BorgError)
      assert.equal(error.code, 'COMPUTE_NO_NODE')
      const excluded = (error.meta['excluded'] as readonly string[]).join('\n')
      assert.match(excluded, /jobs run on others/)
      assert.match(excluded, /it is down/)
      assert.match(excluded, /bubblewrap is missing/)
      assert.match(excluded, /the disk is full/)
      return true
    })
    assert.equal(world.node(3).sandbox.tasks.length, 1, 'a failed node is not picked again')
  })

  it('asks no node that lends less than the job wants, and says how much it lends', async () => {
    const limits: JobLimits = { ...defaultJobLimits, memoryBytes: 256 * MIB, wallTimeMs: SECOND_MS }
    await open({ nodes: 5, node1: { maxLimits: limits } })
    const node = world.node(1).id
    assert.equal((await asker().run(world.spec({ limits }), { node })).node, node)
    for (const [more, why] of [
      [{ memoryBytes: 256 * MIB + 1 }, /of memory; 256 MiB is the most this node lends/],
      [{ wallTimeMs: 2 * SECOND_MS }, /of time; 1.0s is the most this node lends/],
      [{ outputBytes: limits.outputBytes + 1 }, /of output; 64.0 MiB is the most this node lends/],
      [{ logBytes: limits.logBytes + 1 }, /of log; 1.0 MiB is the most this node lends/],
    ] as const) {
      const spec = world.spec({ limits: { ...limits, ...more } })
      await assert.rejects(
        asker().run(spec, { node }),
        (error) => hasCode('COMPUTE_NO_NODE')(error) && why.test(`${error}`),
      )
      const elsewhere: string[] = []
      const onEvent = (event: JobEvent): void => void elsewhere.push(event.kind)
      assert.notEqual((await asker().run(spec, { onEvent })).node, node)
      assert.ok(!elsewhere.includes('restart'))
    }
    assert.equal(world.node(1).sandbox.tasks.length, 1)
  })

  it('says so when it is alone', async () => {
    await open({ nodes: 1 })
    await assert.rejects(asker().run(world.spec()), hasCode('COMPUTE_NO_NODE'))
  })

  it('starts a job anew elsewhere when its node dies, says that its log is void, and not again on that node', async () => {
    await open({ nodes: 3 })
    const ran: number[] = []
    const events: JobEvent[] = []
    const { promise: bothDone, resolve } = Promise.withResolvers<void>()
    for (const index of [1, 2]) {
      world.node(index).sandbox.behave = async (task) => {
        ran.push(index)
        await task.onLog('stdout', Buffer.from(`${ran.length}`))
        if (ran.length > 1) return exited(0)
        await until(() => events.some((event) => event.kind === 'log'))
        world.network.kill(world.node(index).id)
        resolve()
        return untilStopped(task)
      }
    }
    const result = await asker().run(world.spec(), { onEvent: (event) => events.push(event) })
    await bothDone
    const said = events.flatMap((event) => (event.kind === 'log' ? [`${Buffer.from(event.bytes)}`] : event.kind))
    assert.deepEqual(
      said.filter((word) => word !== 'state'),
      ['1', 'restart', '2'],
    )
    assert.equal(result.state, 'done')
    assert.deepEqual([...ran].sort(), [1, 2])
    assert.equal(result.node, world.node(ran[1] ?? 0).id)
    const first = world.node(ran[0] ?? 0).sandbox.tasks[0]
    await until(() => first?.signal.aborted === true)
  })

  it('runs only on the node that was asked for', async () => {
    await open({ nodes: 4 })
    const node = world.node(2).id
    assert.equal((await asker().run(world.spec(), { node })).node, node)
    world.network.kill(node)
    await assert.rejects(asker().run(world.spec(), { node }), hasCode('COMPUTE_NO_NODE'))
  })

  it('prefers the less loaded node', async () => {
    await open({ nodes: 3, slots: 4 })
    world.node(1).sandbox.behave = untilStopped
    const stop = new AbortController()
    const busy = asker().run(world.spec(), { node: world.node(1).id, signal: stop.signal })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await asker().run(world.spec())).node, world.node(2).id)
    }
    stop.abort()
    assert.equal((await busy).state, 'cancelled')
  })

  it('lets a job wait its turn and says why', async () => {
    await open({ nodes: 2, slots: 1 })
    const releases: (() => void)[] = []
    world.node(1).sandbox.behave = async () => {
      await new Promise<void>((resolve) => releases.push(resolve))
      return exited(0)
    }
    const first = asker().run(world.spec())
    await until(() => releases.length === 1)
    const whys: string[] = []
    const second = asker().run(world.spec(), {
      onEvent: (event) => event.kind === 'state' && event.state === 'placing' && whys.push(event.why),
    })
    await until(() => whys.some((why) => /the job is next/.test(why)))
    assert.deepEqual([world.node(1).service.status().runningJobs, world.node(1).service.status().queuedJobs], [1, 1])
    assert.equal(world.node(1).sandbox.tasks.length, 1)
    releases[0]?.()
    await until(() => releases.length === 2)
    releases[1]?.()
    assert.deepEqual([(await first).state, (await second).state], ['done', 'done'])
  })

  it('cancels a running job, and its node says so', async () => {
    await open({ nodes: 2 })
    world.node(1).sandbox.behave = untilStopped
    const stop = new AbortController()
    const running = asker().run(world.spec(), { signal: stop.signal })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    stop.abort()
    const result = await running
    assert.equal(result.state, 'cancelled')
    assert.equal(result.exitCode, undefined)
    assert.equal(result.receipt?.state, 'cancelled')
    assert.equal(world.node(1).service.status().runningJobs, 0)
  })

  it('does not start a job that was cancelled before', async () => {
    await open({ nodes: 2 })
    await assert.rejects(asker().run(world.spec(), { signal: AbortSignal.abort() }), hasCode('COMPUTE_CANCELLED'))
    assert.equal(world.node(1).sandbox.tasks.length, 0)
  })

  it('tells a file that nobody has from a store that fails', async () => {
    await open({ nodes: 3 })
    const missing = await asker().run(world.spec({ program: 'no-such-file' }))
    assert.equal(missing.state, 'failed')
    assert.equal(missing.exitCode, undefined)
    assert.match(missing.why, /The program could not be fetched.*Check the capability/)
    world.files.failure = new Error('too few shards')
    await assert.rejects(asker().run(world.spec({ program: 'cap-0' })), hasCode('COMPUTE_NO_NODE'))
  })

  it('takes an input that is too large for the fault of the job, without fetching it', async () => {
    await open({ nodes: 2 })
    const original = world.files.get.bind(world.files)
    world.files.get = async (capability) => ({
      ...(await original(capability)),
      bytes: limits.compute.maxProgramBytes + 1,
    })
    const result = await asker().run(world.spec())
    assert.equal(result.state, 'failed')
    assert.match(result.why, /more than the 32.0 MiB/)
  })

  it('stops an input that is longer than it said', async () => {
    await open({ nodes: 2 })
    world.files.get = async () => ({
      bytes: 1,
      content: (async function* () {
        for (let mebibyte = 0; mebibyte < 64; mebibyte += 1) yield new Uint8Array(1024 * 1024)
      })(),
    })
    assert.equal((await asker().run(world.spec())).state, 'failed')
    assert.equal(world.node(1).sandbox.tasks.length, 0)
  })

  it('gives its slot back when the folder of a job cannot be removed', async () => {
    await open({ nodes: 2, slots: 1 })
    const remove = mock.method(Scratch.prototype, 'remove', () => Promise.reject(new Error('the disk is gone')))
    try {
      assert.equal((await asker().run(world.spec())).state, 'done')
      assert.equal(world.node(1).service.status().runningJobs, 0)
    } finally {
      remove.mock.restore()
    }
  })

  it('refuses a second job of the same id', async () => {
    await open({ nodes: 2, slots: 2 })
    world.node(1).sandbox.behave = untilStopped
    const job = JobId.fromBytes(new Uint8Array(16))
    const stop = new AbortController()
    const first = asker().run(world.spec(), { job, signal: stop.signal })
    await assert.rejects(asker().run(world.spec(), { job }), hasCode('COMPUTE_JOB_EXISTS'))
    stop.abort()
    await first.catch(() => {})
  })

  it('ends what it runs when it stops, and the job goes elsewhere', async () => {
    await open({ nodes: 3 })
    const ran: number[] = []
    for (const index of [1, 2]) {
      world.node(index).sandbox.behave = (task: SandboxTask) => {
        ran.push(index)
        return ran.length === 1 ? untilStopped(task) : Promise.resolve(exited(0))
      }
    }
    const running = asker().run(world.spec())
    await until(() => ran.length === 1)
    await world.node(ran[0] ?? 0).service.stop()
    assert.equal((await running).state, 'done')
    assert.equal(new Set(ran).size, 2)
    await asker().stop()
    await assert.rejects(asker().run(world.spec()), hasCode('COMPUTE_STOPPING'))
  })

  it('ends a job whose requester falls silent, and tries elsewhere when the executor does', async () => {
    const time = new ManualTime()
    await open({ nodes: 2, time })
    world.node(1).sandbox.behave = untilStopped
    const running = asker().run(world.spec())
    running.catch(() => {})
    await until(() => world.node(1).sandbox.tasks.length === 1)
    // Signs of life go both ways while both are well.
    for (let round = 0; round < 20; round += 1) {
      time.advance(limits.compute.leaseRenewMs)
      for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    }
    const task = world.node(1).sandbox.tasks[0]
    assert.equal(task?.signal.aborted, false)
    // Time passes at once: nobody has a chance to be heard.
    time.advance(limits.compute.leaseMs + limits.compute.leaseRenewMs)
    await until(() => task?.signal.aborted === true)
    await assert.rejects(running, hasCode('COMPUTE_NO_NODE'))
  })

  it('brings back a reason that is too long or no valid text, cut to what a receipt may hold', async () => {
    await open({ nodes: 2 })
    const why = `${'a'.repeat(limits.compute.maxWhyChars - 1)}\u{1f4a9}`
    world.node(1).sandbox.behave = async () => ({ ...exited(1), why })
    const result = await asker().run(world.spec())
    assert.equal(result.exitCode, 1)
    assert.equal(result.why, `${why.slice(0, -2)}\ufffd`)
  })

  it('removes what a crash left in its folder', async () => {
    await open({ nodes: 2 })
    const folder = join(world.node(1).folder, 'scratch')
    const left = join(folder, 'left-over', 'in')
    await mkdir(left, { recursive: true })
    await writeFile(join(left, 'data'), 'x')
    await new Scratch(folder).clear()
    assert.deepEqual(await readdir(folder), [])
  })
})
