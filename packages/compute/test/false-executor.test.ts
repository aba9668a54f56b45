import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { BorgError, limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import type { StreamMessage } from '@borgios/peertree'
import { COMPUTE_OFFER, COMPUTE_PROTOCOL } from '@borgios/protocol'
import { defaultJobLimits } from '../src/index.ts'
import { checkJobSpec } from '../src/job-spec.ts'
import { attemptMs } from '../src/requester/job-attempt.ts'
import { exited, JobWorld, untilStopped, type WorldOptions } from './support/job-world.ts'

const hasCode = (code: string) => (error: unknown) => error instanceof BorgError && error.code === code
const ASKER = 0

describe('a node that does not do what it took on', () => {
  let world: JobWorld
  const open = async (options: WorldOptions): Promise<JobWorld> => {
    world = await JobWorld.open(options)
    return world
  }
  afterEach(() => world.close())

  const asker = () => world.node(ASKER).service

  it('gives up a node that shows life for longer than any job takes', async () => {
    const time = new ManualTime()
    await open({ nodes: 2, time })
    world.node(1).peer.handleStream(COMPUTE_PROTOCOL, async (stream) => {
      for (;;) {
        await stream.send({ header: { type: 'alive' }, payload: empty })
        await time.sleep(limits.compute.leaseRenewMs)
      }
    })
    const spec = world.spec()
    let failure: unknown
    const running = asker().run(spec)
    running.catch((error: unknown) => {
      failure = error
    })
    let waitedMs = 0
    for (
      ;
      failure === undefined && waitedMs <= attemptMs(checkJobSpec(spec));
      waitedMs += limits.compute.leaseRenewMs
    ) {
      for (let turn = 0; turn < 20; turn += 1) await setImmediate()
      time.advance(limits.compute.leaseRenewMs)
    }
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    assert.ok(waitedMs > spec.limits.wallTimeMs)
    assert.ok(hasCode('COMPUTE_NO_NODE')(failure))
    assert.match((failure as Error).message, /longer than the job may take/)
  })

  it('costs a job no more than so many attempts', async () => {
    await open({ nodes: limits.compute.maxAttempts + 3 })
    for (const { sandbox } of world.nodes) sandbox.behave = () => Promise.reject(new Error('the disk is full'))
    await assert.rejects(asker().run(world.spec()), hasCode('COMPUTE_NO_NODE'))
    const tried = world.nodes.filter(({ sandbox }) => sandbox.tasks.length > 0)
    assert.equal(tried.length, limits.compute.maxAttempts)
  })

  it('is not waited for when it does not confirm a cancellation', { timeout: 30_000 }, async () => {
    const time = new ManualTime()
    await open({ nodes: 2, time })
    const asked = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    world.node(1).peer.handleStream(COMPUTE_PROTOCOL, async (stream) => {
      asked.resolve()
      for (;;) if (/cancel/.test(JSON.stringify((await stream.receive())?.header))) told.resolve()
    })
    const stop = new AbortController()
    const running = asker().run(world.spec(), { signal: stop.signal })
    await asked.promise
    stop.abort()
    await told.promise
    time.advance(limits.compute.cancelWaitMs)
    const result = await running
    assert.deepEqual([result.state, result.receipt], ['cancelled', undefined])
    assert.match(result.why, /did not confirm/)
  })

  it('keeps a job waiting only so long when it is always busy', { timeout: 30_000 }, async () => {
    const time = new ManualTime()
    await open({ nodes: 2, time })
    world.node(1).peer.handle(COMPUTE_OFFER, () => ({ slots: 1, running: 1, queued: 1, queueSlots: 1 }))
    let failure: unknown
    const running = asker().run(world.spec())
    running.catch((error: unknown) => {
      failure = error
    })
    let waitedMs = 0
    for (
      ;
      failure === undefined && waitedMs < 2 * limits.compute.queueWaitMs;
      waitedMs += limits.compute.placeRetryMs
    ) {
      for (let turn = 0; turn < 20; turn += 1) await setImmediate()
      time.advance(limits.compute.placeRetryMs)
    }
    assert.ok(hasCode('COMPUTE_ALL_BUSY')(failure), String(failure))
    assert.ok(waitedMs >= limits.compute.queueWaitMs)
  })

  it('is asked by one node for so many jobs at once and no more', { timeout: 60_000 }, async () => {
    await open({ nodes: 2 })
    world.node(1).sandbox.behave = untilStopped
    const stop = new AbortController()
    const spec = world.spec()
    const jobs = Array.from({ length: limits.compute.maxOwnJobs }, () => asker().run(spec, { signal: stop.signal }))
    const ended = Promise.allSettled(jobs)
    await assert.rejects(asker().run(spec), hasCode('COMPUTE_TOO_MANY_JOBS'))
    stop.abort()
    await ended
    world.node(1).sandbox.behave = async () => exited(0)
    assert.equal((await asker().run(spec)).state, 'done')
  })

  const empty = new Uint8Array(0)
  const log = (sequence: number, bytes: number): StreamMessage => ({
    header: { type: 'log', sequence, stream: 'stdout' },
    payload: new Uint8Array(bytes),
  })
  const state = (state: string): StreamMessage => ({ header: { type: 'state', state, why: '' }, payload: empty })
  const lies: readonly (readonly [string, readonly StreamMessage[], RegExp])[] = [
    ['sends log out of order', [log(1, 1)], /out of order/],
    ['sends more log than the job may write', [log(0, 2_000), log(1, 60)], /more log than the job may write/],
    ['sends empty pieces of log', [log(0, 0)], /empty piece of log/],
    ['says the same state again', [state('fetching'), state('fetching')], /state that was over/],
    ['goes back to an earlier state', [state('running'), state('fetching')], /state that was over/],
    ['says something unknown', [{ header: { type: 'pay' }, payload: empty }], /unknown message/],
    [
      'sends a result that is no receipt',
      [{ header: { type: 'result' }, payload: Buffer.from('{}') }],
      /not a job receipt/,
    ],
    ['leaves without a result', [], /left without a result/],
  ]
  for (const [name, messages, why] of lies) {
    it(`does not believe a node that ${name}`, async () => {
      await open({ nodes: 2 })
      world.node(1).peer.handleStream(COMPUTE_PROTOCOL, async (stream) => {
        for (const message of messages) await stream.send(message)
        await stream.end()
      })
      const spec = world.spec({ limits: { ...defaultJobLimits, logBytes: 1_800 } })
      await assert.rejects(asker().run(spec), (error: unknown) => {
        assert.ok(hasCode('COMPUTE_NO_NODE')(error))
        return why.test((error as Error).message)
      })
    })
  }
})
