import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { BorgError, encodeBase32, isBorgError, JobId, limits, NodeId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { accountIdOf } from '@borgios/crypto'
import { COMPUTE_OFFER, COMPUTE_PROTOCOL, type JobReceipt } from '@borgios/protocol'
import {
  defaultJobLimits,
  type Escrow,
  type JobBill,
  type JobEarnings,
  type JobHold,
  type JobSpec,
  type JobWish,
} from '../src/index.ts'
import { checkJobSpec, jobSpecHash } from '../src/job-spec.ts'
import { signJobReceipt } from '../src/statements.ts'
import { memoryMibMs, mostUsage } from '../src/usage.ts'
import { exited, JobWorld, NETWORK_ID, until, untilStopped, type WorldOptions } from './support/job-world.ts'

const codeOf = (error: unknown): string => (isBorgError(error) ? error.code : String(error))
const PAYER = { account: accountIdOf(new Uint8Array(32).fill(7)), signature: 'A'.repeat(86) }
const failure = (code: string) => new BorgError('a fault of the test', { code, kind: 'unavailable' })

/** Writes down what becomes of each hold. */
class RecordingEscrow implements Escrow {
  readonly wishes: JobWish[] = []
  readonly bills: JobBill[] = []
  readonly ends: string[] = []
  /** Of jobs that have neither been settled nor refunded. */
  readonly open = new Set<JobHold>()
  endFailure: Error | undefined
  beforeHold: (signal: AbortSignal) => Promise<void> = async () => undefined

  async hold(wish: JobWish, signal: AbortSignal): Promise<JobHold> {
    this.wishes.push(wish)
    await this.beforeHold(signal)
    const hold: JobHold = {
      payer: PAYER,
      settle: async (bill) => {
        this.bills.push(bill)
        this.#end(hold, `settled: ${bill.receipt.state}`)
      },
      refund: async (reason) => this.#end(hold, `refunded: ${codeOf(reason)}`),
    }
    this.open.add(hold)
    return hold
  }

  async left(): Promise<readonly JobHold[]> {
    return [...this.open]
  }

  #end(hold: JobHold, what: string): void {
    assert.ok(this.open.delete(hold), `${what}, although it had ended`)
    this.ends.push(what)
    if (this.endFailure !== undefined) throw this.endFailure
  }
}

describe('escrow of a job', () => {
  let world: JobWorld
  const open = async (options: WorldOptions): Promise<RecordingEscrow> => {
    const escrow = new RecordingEscrow()
    world = await JobWorld.open({ escrow, ...options })
    return escrow
  }
  afterEach(() => world.close())
  const asker = () => world.node(0).service

  /** That the holds ended in these ways and no other, once everything is over. */
  async function ended(escrow: RecordingEscrow, ...ends: readonly string[]): Promise<void> {
    await asker().stop()
    assert.deepEqual([escrow.ends, escrow.open.size], [ends, 0])
  }

  it('is held before the node has the job, for the most it can use, and settled with the receipt', async () => {
    const escrow = await open({ nodes: 2 })
    let hasJob = false
    const openStream = world.node(0).peer.openStream.bind(world.node(0).peer)
    world.node(0).peer.openStream = (...args) => {
      hasJob = true
      return openStream(...args)
    }
    escrow.beforeHold = async () => assert.equal(hasJob, false)
    const [spec, job] = [world.spec(), JobId.fromBytes(new Uint8Array(16))]
    const { receipt, doubts } = await asker().run(spec, { job, inputBytes: 7 })
    await ended(escrow, 'settled: done')
    assert.ok(hasJob)
    assert.deepEqual(escrow.wishes, [
      {
        ...{ job, node: world.node(1).id },
        specHash: jobSpecHash(checkJobSpec(spec)),
        mostWallTimeMs: spec.limits.wallTimeMs,
        mostUsage: mostUsage(spec.limits, 7),
      },
    ])
    assert.deepEqual(escrow.bills, [{ receipt, doubts }])
    assert.deepEqual(doubts, [])
  })

  it('names to the node who pays; without money it runs nothing, and bills nothing', async () => {
    const told: unknown[] = []
    const earnings: JobEarnings = {
      expect: async ({ job, from, payer }) => {
        told.push({ job, from, payer })
        throw failure('TEST_UNPAID')
      },
      ran: () => void told.push('ran'),
      gaveUp: () => void told.push('gave up'),
    }
    const escrow = await open({ nodes: 2, earnings })
    const job = JobId.fromBytes(new Uint8Array(16))
    await assert.rejects(asker().run(world.spec(), { job }), { code: 'COMPUTE_NO_NODE' })
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED')
    assert.deepEqual(told, [{ job, from: world.node(0).id, payer: PAYER }, 'gave up'])
    assert.equal(world.node(1).sandbox.tasks.length, 0)
  })

  it('of a job that runs is not touched by another request for the same job', async () => {
    const told: unknown[] = []
    const earnings: JobEarnings = {
      expect: async () => void told.push('expected'),
      ran: () => void told.push('ran'),
      gaveUp: () => void told.push('gave up'),
    }
    await open({ nodes: 3, slots: 2, earnings })
    world.node(1).sandbox.behave = untilStopped
    const job = JobId.fromBytes(new Uint8Array(16))
    const running = asker().run(world.spec(), { job, node: world.node(1).id })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    const other = world.node(2).service.run(world.spec(), { job, node: world.node(1).id })
    await assert.rejects(other, /a job of this id is running already/)
    assert.deepEqual(told, ['expected'])
    await asker().stop()
    await running
  })

  it('that is refused lets no work begin, nor another node be tried', async () => {
    const escrow = await open({ nodes: 3 })
    let hasJob = false
    world.node(0).peer.openStream = () => {
      hasJob = true
      return Promise.reject(new Error('not expected'))
    }
    escrow.beforeHold = () => Promise.reject(failure('TEST_NO_FUNDS'))
    await assert.rejects(asker().run(world.spec()), { code: 'TEST_NO_FUNDS' })
    assert.deepEqual([hasJob, escrow.wishes.length, escrow.ends], [false, 1, []])
  })

  it('is not asked for a job that cannot run or that runs already', async () => {
    const escrow = await open({ nodes: 2, slots: 2 })
    world.node(1).sandbox.behave = untilStopped
    const spec = world.spec()
    await assert.rejects(asker().run({ ...spec, limits: { ...spec.limits, memoryBytes: 1 } }))
    const job = JobId.fromBytes(new Uint8Array(16))
    const first = asker().run(spec, { job })
    await assert.rejects(asker().run(spec, { job }), { code: 'COMPUTE_JOB_EXISTS' })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    assert.equal(escrow.wishes.length, 1)
    await asker().stop()
    await first
  })

  it('is settled for a program that fails: its node has done its part', async () => {
    const escrow = await open({ nodes: 2 })
    world.node(1).sandbox.behave = async () => exited(3)
    await asker().run(world.spec())
    await ended(escrow, 'settled: failed')
  })

  it('is not asked for when no node can be found', async () => {
    const escrow = await open({ nodes: 1 })
    await assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_NO_NODE' })
    await ended(escrow)
    assert.equal(escrow.wishes.length, 0)
  })

  it('is refunded when every node it is tried on fails', async () => {
    const escrow = await open({ nodes: 3 })
    for (const { sandbox } of world.nodes) sandbox.behave = () => Promise.reject(new Error('the disk is full'))
    await assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_NO_NODE' })
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED', 'refunded: COMPUTE_ATTEMPT_FAILED')
    assert.deepEqual(new Set(escrow.wishes.map(({ node }) => node)), new Set([1, 2].map((at) => world.node(at).id)))
  })

  it('is settled once, with the node that ran it to its end, when another died before', async () => {
    const escrow = await open({ nodes: 3 })
    let ran = 0
    for (const { id, sandbox } of world.nodes) {
      sandbox.behave = async (task) => {
        ran += 1
        if (ran > 1) return exited(0)
        world.network.kill(id)
        return untilStopped(task)
      }
    }
    const { node } = await asker().run(world.spec())
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED', 'settled: done')
    assert.deepEqual([escrow.bills[0]?.receipt.node, escrow.wishes[1]?.node, ran], [node, node, 2])
  })

  it('is refunded when the node that runs it dies and there is no other', async () => {
    const escrow = await open({ nodes: 2 })
    world.node(1).sandbox.behave = (task) => {
      world.network.kill(world.node(1).id)
      return untilStopped(task)
    }
    await assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_NO_NODE' })
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED')
  })

  it('is refunded when the node falls silent for too long', async () => {
    const time = new ManualTime()
    const escrow = await open({ nodes: 2, time })
    world.node(1).sandbox.behave = untilStopped
    const running = assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_NO_NODE' })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    time.advance(limits.compute.leaseMs + limits.compute.leaseRenewMs)
    await running
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED')
  })

  it('is not asked for while every node is busy', { timeout: 30_000 }, async () => {
    const time = new ManualTime()
    const escrow = await open({ nodes: 2, time })
    world.node(1).peer.handle(COMPUTE_OFFER, () => ({ slots: 1, running: 1, queued: 1, queueSlots: 1 }))
    const running = assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_ALL_BUSY' })
    const isOver = running.then(() => true)
    while (!(await Promise.race([isOver, setImmediate(false)]))) {
      for (let turn = 0; turn < 20; turn += 1) await setImmediate()
      time.advance(limits.compute.placeRetryMs)
    }
    await ended(escrow)
    assert.equal(escrow.wishes.length, 0)
  })

  it('is settled for what a cancelled job used, if its node says so', async () => {
    const escrow = await open({ nodes: 2 })
    world.node(1).sandbox.behave = untilStopped
    const stop = new AbortController()
    const running = asker().run(world.spec(), { signal: stop.signal })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    stop.abort()
    assert.equal((await running).state, 'cancelled')
    await ended(escrow, 'settled: cancelled')
    assert.equal(escrow.bills[0]?.receipt.usage.cpuMs, 8)
  })

  it('is refunded when the node does not confirm a cancellation', { timeout: 30_000 }, async () => {
    const time = new ManualTime()
    const escrow = await open({ nodes: 2, time })
    const [asked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
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
    assert.equal((await running).receipt, undefined)
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED')
  })

  it('is refunded when the job was cancelled while it was being held', async () => {
    const escrow = await open({ nodes: 2 })
    const stop = new AbortController()
    escrow.beforeHold = async () => stop.abort()
    await assert.rejects(asker().run(world.spec(), { signal: stop.signal }), { code: 'COMPUTE_CANCELLED' })
    await ended(escrow, 'refunded: COMPUTE_CANCELLED')
    assert.equal(world.node(1).sandbox.tasks.length, 0)
  })

  it('is waited for only until the job is cancelled', async () => {
    const escrow = await open({ nodes: 2 })
    escrow.beforeHold = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const stop = new AbortController()
    const running = asker().run(world.spec(), { signal: stop.signal })
    stop.abort()
    await assert.rejects(running, { code: 'COMPUTE_CANCELLED' })
    await ended(escrow)
  })

  it('is refunded when the requester is stopped before the node has the job', async () => {
    const escrow = await open({ nodes: 2 })
    const [held, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    escrow.beforeHold = () => {
      held.resolve()
      return goOn.promise
    }
    const rejected = assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_STOPPING' })
    await held.promise
    const stopped = ended(escrow, 'refunded: COMPUTE_STOPPING')
    goOn.resolve()
    await stopped
    await rejected
    assert.equal(world.node(1).sandbox.tasks.length, 0)
  })

  it('is settled when the requester is stopped and the node still answers', async () => {
    const escrow = await open({ nodes: 2 })
    world.node(1).sandbox.behave = untilStopped
    const running = asker().run(world.spec())
    await until(() => world.node(1).sandbox.tasks.length === 1)
    await ended(escrow, 'settled: cancelled')
    assert.equal((await running).state, 'cancelled')
  })

  it('that an earlier process left is refunded at the start, once', async () => {
    const escrow = new RecordingEscrow()
    const specHash = encodeBase32(new Uint8Array(32))
    const node = NodeId.fromBytes(new Uint8Array(32))
    const wish = { job: JobId.fromBytes(new Uint8Array(16)), node, specHash, mostWallTimeMs: 1 }
    await escrow.hold({ ...wish, mostUsage: mostUsage(defaultJobLimits) }, AbortSignal.abort())
    await open({ nodes: 1, escrow })
    await until(() => escrow.open.size === 0)
    await ended(escrow, 'refunded: COMPUTE_RESTARTED')
  })

  it('that cannot be settled or refunded changes nothing about the job', async () => {
    const escrow = await open({ nodes: 2 })
    escrow.endFailure = failure('TEST_LEDGER')
    assert.equal((await asker().run(world.spec())).state, 'done')
    world.node(1).sandbox.behave = () => Promise.reject(new Error('the disk is full'))
    await assert.rejects(asker().run(world.spec()), { code: 'COMPUTE_NO_NODE' })
    assert.deepEqual(escrow.ends, ['settled: done', 'refunded: COMPUTE_ATTEMPT_FAILED'])
  })

  /** Makes node 1 end jobs at once with a receipt as `lie` changes it. */
  function answerWith(lie: (receipt: Omit<JobReceipt, 'signature'>) => Partial<JobReceipt>): void {
    const { peer, signer, id } = world.node(1)
    peer.handleStream(COMPUTE_PROTOCOL, async (stream) => {
      const { payload } = (await stream.receive()) ?? { payload: new Uint8Array() }
      const { job, spec, from } = JSON.parse(Buffer.from(payload).toString())
      const wallTimeMs = 0
      const honest: Omit<JobReceipt, 'signature'> = {
        ...{ network: NETWORK_ID, job, node: id, requester: from, specHash: jobSpecHash(spec), state: 'done', why: '' },
        ...{ exitCode: 0, outputs: [], startedAtMs: 0, endedAtMs: 0, wallTimeMs },
        usage: { cpuMs: 0, memoryMibMs: 0, inputBytes: 0, outputBytes: 0, logBytes: 0 },
      }
      await stream.send({
        header: { type: 'result' },
        payload: signJobReceipt(signer, { ...honest, ...lie(honest) }),
      })
      await stream.end()
    })
  }
  const ranFor = (spec: JobSpec, wallTimeMs: number) => (receipt: Omit<JobReceipt, 'signature'>) => ({
    wallTimeMs,
    usage: { ...receipt.usage, memoryMibMs: memoryMibMs(spec.limits, wallTimeMs) },
  })

  it('is settled with what in the bill cannot be', async () => {
    const escrow = await open({ nodes: 2 })
    const spec = world.spec()
    const hourMs = 3_600_000
    answerWith(ranFor(spec, hourMs))
    const { doubts, state } = await asker().run(spec)
    assert.equal(state, 'done')
    assert.equal(doubts.length, 2)
    assert.match(doubts.join(), /more time than the job's limit of 10m 0s.*bills 1h 0m of the/)
    await ended(escrow, 'settled: done')
    assert.deepEqual(escrow.bills[0]?.doubts, doubts)
  })

  it('finds a bill that names what did not come', async () => {
    await open({ nodes: 2 })
    answerWith((receipt) => ({ usage: { ...receipt.usage, cpuMs: 1, inputBytes: 3, outputBytes: 1, logBytes: 1 } }))
    const { doubts } = await asker().run(world.spec(), { inputBytes: 2 })
    assert.match(
      doubts.join(),
      /processor time.*outputs and brought 0 B.*log and sent 0 B.*3 B of inputs; 2 B is the most/,
    )
    assert.equal(doubts.length, 4)
  })

  it('refuses a receipt that is silent about what was used', async () => {
    const escrow = await open({ nodes: 2 })
    answerWith(() => ({ usage: undefined as unknown as JobReceipt['usage'] }))
    await assert.rejects(asker().run(world.spec()), /not a job receipt/)
    await ended(escrow, 'refunded: COMPUTE_ATTEMPT_FAILED')
  })
})
