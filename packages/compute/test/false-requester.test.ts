import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { JobId, limits, MIB } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { COMPUTE_OFFER, COMPUTE_PROTOCOL } from '@borgios/protocol'
import { defaultJobLimits } from '../src/index.ts'
import { checkJobSpec } from '../src/job-spec.ts'
import { signJobRequest } from '../src/statements.ts'
import { exited, JobWorld, NETWORK_ID, until, untilStopped, type WorldOptions } from './support/job-world.ts'

const ASKER = 0

describe('a requester that does not ask as requesters of ours do', () => {
  let world: JobWorld
  const open = async (options: WorldOptions): Promise<JobWorld> => {
    world = await JobWorld.open(options)
    return world
  }
  afterEach(() => world.close())

  /** A request of the asker to node 1. */
  const signedRequest = (timeMs = Date.now()): Uint8Array => {
    const { signer, id: from } = world.node(ASKER)
    const job = JobId.fromBytes(new Uint8Array(16))
    const spec = checkJobSpec(world.spec())
    return signJobRequest(signer, { network: NETWORK_ID, job, from, to: world.node(1).id, timeMs, spec })
  }

  /** What node 1 says first to a request that comes unasked. */
  const firstAnswer = async (): Promise<string> => {
    const stream = await world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
    await stream.send({ header: { type: 'run' }, payload: signedRequest() })
    return JSON.stringify((await stream.receive())?.header)
  }

  const asker = () => world.node(ASKER).service

  it('refuses what it does not lend also to who did not ask', async () => {
    await open({ nodes: 2, node1: { maxLimits: { ...defaultJobLimits, memoryBytes: 256 * MIB } } })
    assert.match(await firstAnswer(), /refused.*512 MiB of memory; 256 MiB is the most this node lends/)
  })

  it('lets no job wait for a slot on a node that has none', async () => {
    await open({ nodes: 2, node1: { slots: 0 } })
    assert.match(await firstAnswer(), /refused.*lends no slots/)
    await assert.rejects(asker().run(world.spec()), /lends no slots/)
  })

  it('answers how busy it is to who does not say what for, and to no other question', async () => {
    await open({ nodes: 2 })
    const { peer } = world.node(ASKER)
    const offer = await peer.request(world.node(1).id, COMPUTE_OFFER, {})
    assert.deepEqual(offer, { slots: 1, running: 0, queued: 0, queueSlots: limits.compute.maxQueuedJobs })
    for (const question of [{ limits: {} }, { spec: 1 }, null]) {
      await assert.rejects(peer.request(world.node(1).id, COMPUTE_OFFER, question))
    }
  })

  it('takes two cancellations for one', async () => {
    await open({ nodes: 2 })
    world.node(1).sandbox.behave = untilStopped
    const stream = await world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
    await stream.send({ header: { type: 'run' }, payload: signedRequest() })
    for (let twice = 0; twice < 2; twice += 1)
      await stream.send({ header: { type: 'cancel' }, payload: new Uint8Array(0) })
    let last = await stream.receive()
    for (let next = last; next !== undefined; next = await stream.receive()) last = next
    assert.match(Buffer.from(last?.payload ?? new Uint8Array(0)).toString(), /"state":"cancelled"/)
  })

  it('leaves a requester that shows life but reads nothing', { timeout: 30_000 }, async () => {
    const time = new ManualTime()
    await open({ nodes: 2, time })
    world.node(1).sandbox.behave = async (task) => {
      const chunk = new Uint8Array(limits.compute.maxLogChunkBytes)
      // More than the streams between the two hold.
      for (let sent = 0; sent < 8 * limits.peertree.streamWindowBytes; sent += chunk.length) {
        void task.onLog('stdout', chunk).catch(() => {})
      }
      return exited(0)
    }
    const stream = await world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
    await stream.send({ header: { type: 'run' }, payload: signedRequest(time.nowMs()) })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    await until(() => world.node(1).service.status().runningJobs === 0)
    for (let waitedMs = 0; waitedMs < limits.compute.leaseMs; waitedMs += limits.compute.leaseRenewMs) {
      await stream.send({ header: { type: 'alive' }, payload: new Uint8Array(0) }).catch(() => {})
      for (let turn = 0; turn < 20; turn += 1) await setImmediate()
      time.advance(limits.compute.leaseRenewMs)
    }
    // It resolves once nothing of any job is left.
    await world.node(1).service.stop()
  })

  it('runs one of two requests with one id that come at the same time', async () => {
    await open({ nodes: 2, slots: 2 })
    world.node(1).sandbox.behave = untilStopped
    const request = signedRequest()
    const streams = await Promise.all(
      [1, 2].map(() => world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)),
    )
    await Promise.all(streams.map((stream) => stream.send({ header: { type: 'run' }, payload: request })))
    const first = await Promise.all(streams.map((stream) => stream.receive()))
    const refused = first.filter((message) => /"refused"/.test(JSON.stringify(message?.header)))
    assert.equal(refused.length, 1)
    assert.equal(world.node(1).service.status().runningJobs, 1)
  })

  it('breaks a stream that brings no proper request, and goes on serving', async () => {
    await open({ nodes: 2 })
    for (const payload of [new Uint8Array(0), Buffer.from('{}'), new Uint8Array(limits.compute.maxRequestBytes + 1)]) {
      const stream = await world.node(0).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
      await stream.send({ header: { type: 'run' }, payload })
      await assert.rejects(stream.receive())
    }
    assert.equal((await asker().run(world.spec())).state, 'done')
  })

  it('breaks a stream that begins with anything but a request', async () => {
    await open({ nodes: 2 })
    for (const type of ['alive', 'cancel', 'pay']) {
      const stream = await world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
      await stream.send({ header: { type }, payload: signedRequest() })
      await assert.rejects(stream.receive())
    }
    assert.equal(world.node(1).sandbox.tasks.length, 0)
  })

  it('is hung up on when it asks for nothing', { timeout: 30_000 }, async () => {
    const time = new ManualTime()
    await open({ nodes: 2, time })
    const stream = await world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    time.advance(limits.compute.requestWaitMs)
    await assert.rejects(stream.receive())
  })

  it('is told when the node is being stopped', async () => {
    await open({ nodes: 2 })
    await world.node(1).service.stop()
    assert.match(await firstAnswer(), /refused.*being stopped/)
    await assert.rejects(asker().run(world.spec()), /being stopped/)
  })

  it('gives its place in the queue back when it leaves', async () => {
    await open({ nodes: 2, slots: 1 })
    world.node(1).sandbox.behave = untilStopped
    const stop = new AbortController()
    const first = asker().run(world.spec(), { signal: stop.signal })
    await until(() => world.node(1).sandbox.tasks.length === 1)
    const stream = await world.node(ASKER).peer.openStream(world.node(1).id, COMPUTE_PROTOCOL)
    await stream.send({ header: { type: 'run' }, payload: signedRequest() })
    await until(() => world.node(1).service.status().queuedJobs === 1)
    stream.abort(new Error('it leaves'))
    await until(() => world.node(1).service.status().queuedJobs === 0)
    assert.equal(world.node(1).service.status().runningJobs, 1)
    stop.abort()
    await first
  })
})
