import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { BorgError, type JsonValue, limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { FrameKind } from '@borgios/protocol'
import type { Caller } from '../src/peer-network.ts'
import { NotLookedAt } from '../src/session/requests.ts'
import { MemoryNet } from '../src/testing/memory-engine.ts'
import { helloOf, network, RawPeer, startNode, type TestNode } from './session-support.ts'
import { code, until } from './support.ts'

const net = new MemoryNet()
const started: TestNode[] = []
let identity = 0
const signal = (): AbortSignal => AbortSignal.timeout(10_000)
after(() => Promise.all(started.map(({ sessions }) => sessions.stop())))

async function node(role: 'member' | 'guest' = 'member', time?: ManualTime) {
  identity += 1
  const made = await startNode({ net, n: identity, role, ...(time === undefined ? {} : { time }) })
  started.push(made)
  return made
}

async function pair(role: 'member' | 'guest' = 'member') {
  const [asks, answers] = [await node(role), await node()]
  const session = await asks.sessions.connect(answers.self, answers.engine.addresses())
  return { asks, answers, session }
}

async function rawMember(to: TestNode, n: number): Promise<RawPeer> {
  const raw = await RawPeer.dial(net, n, to)
  raw.send(FrameKind.hello, helloOf(n))
  await until(() => raw.received.length > 0)
  return raw
}

describe('requests', () => {
  test('an answer comes back; the handler knows who asks', async () => {
    const { asks, answers, session } = await pair()
    const callers: Caller[] = []
    answers.services.methods.add('test.double', (body, caller) => {
      callers.push(caller)
      return { doubled: (body as { n: number }).n * 2 }
    })
    assert.deepEqual(await session.requests.ask('test.double', { n: 21 }, signal()), { doubled: 42 })
    assert.deepEqual(callers, [{ node: asks.self, role: 'member' }])
  })

  test('both ends may ask at the same time, many at once, and each gets its own answer', async () => {
    const { asks, answers, session } = await pair()
    await until(() => answers.opened.length === 1)
    for (const { services } of [asks, answers]) {
      services.methods.add('test.slow-echo', async (body) => {
        await new Promise((resolve) => setTimeout(resolve, Number(body) % 7))
        return body
      })
    }
    const numbers = Array.from({ length: 100 }, (_, index) => index)
    const back = answers.opened[0]
    assert.ok(back)
    const ask = (from: typeof session) => numbers.map((n) => from.requests.ask('test.slow-echo', n, signal()))
    const [there, here] = await Promise.all([Promise.all(ask(session)), Promise.all(ask(back))])
    assert.deepEqual(there, numbers)
    assert.deepEqual(here, numbers)
  })

  test('an error keeps its code, kind, message and retryability; blame is judged on this side', async () => {
    const { answers, session } = await pair()
    const thrown: Record<string, unknown> = {
      'test.denied': new BorgError('not yours', { code: 'STORE_NOT_YOURS', kind: 'denied', blame: 'caller' }),
      'test.corrupt': new BorgError('bit rot\u001b[2J', {
        code: 'STORE_ROT',
        kind: 'corrupt',
        blame: 'none',
        retryable: true,
      }),
      'test.fault': new Error('secret detail'),
    }
    for (const [method, error] of Object.entries(thrown)) {
      answers.services.methods.add(method, () => {
        throw error
      })
    }
    const failure = async (method: string): Promise<BorgError> => {
      const error: unknown = await session.requests.ask(method, null, signal()).catch((caught: unknown) => caught)
      assert.ok(error instanceof BorgError)
      return error
    }
    const denied = await failure('test.denied')
    assert.deepEqual(
      [denied.code, denied.kind, denied.blame, denied.message, denied.retryable],
      ['STORE_NOT_YOURS', 'denied', 'none', 'not yours', false],
    )
    assert.deepEqual(denied.meta, { from: answers.self })
    const corrupt = await failure('test.corrupt')
    assert.deepEqual([corrupt.blame, corrupt.message, corrupt.retryable], ['peer', 'bit rot [2J', true])
    const fault = await failure('test.fault')
    assert.equal(fault.code, 'PEERTREE_REMOTE_FAULT')
    assert.doesNotMatch(fault.message, /secret/)
  })

  test('an unknown method, a closed one for a guest, and an open one for a guest', async () => {
    const { answers, session } = await pair('guest')
    const ran: string[] = []
    answers.services.methods.add('test.closed', () => ran.push('closed'))
    answers.services.methods.add('test.open', () => ran.push('open'), { openToGuests: true })
    const failures = await Promise.all(
      ['test.closed', 'test.unknown'].map((method) =>
        session.requests.ask(method, null, signal()).catch((error: BorgError) => error),
      ),
    )
    for (const [index, failure] of failures.entries()) {
      assert.ok(failure instanceof BorgError)
      assert.equal(failure.code, 'PEERTREE_REFUSED')
      const name = index === 0 ? 'test.closed' : 'test.unknown'
      assert.equal(failure.message.replace(name, '*'), 'the node does not answer "*" to a guest')
    }
    assert.equal(await session.requests.ask('test.open', null, signal()), 1)
    assert.deepEqual(ran, ['open'])
  })

  test('an answer that has no JSON form, or is too large, becomes an error of the answering side', async () => {
    const { answers, session } = await pair()
    answers.services.methods.add('test.large', () => 'x'.repeat(limits.peertree.maxFrameBytes))
    await assert.rejects(session.requests.ask('test.large', null, signal()), code('PEERTREE_UNSENDABLE'))
    const large = 'x'.repeat(limits.peertree.maxFrameBytes)
    assert.throws(() => session.requests.ask('test.large', large, signal()), code('PEERTREE_UNSENDABLE'))
    assert.throws(
      () => session.requests.ask('test.large', 1n as unknown as JsonValue, signal()),
      code('PEERTREE_UNSENDABLE'),
    )
    assert.ok(session.isOpen)
  })

  test('the asking side bounds what waits, the answering side what is in work', async () => {
    const { answers, session } = await pair()
    const gate = Promise.withResolvers<null>()
    answers.services.methods.add('test.wait', () => gate.promise)
    const asked = Array.from({ length: limits.peertree.maxOutboundRequests }, () =>
      session.requests.ask('test.wait', null, signal()),
    )
    assert.throws(() => session.requests.ask('test.wait', null, signal()), code('PEERTREE_EXHAUSTED'))
    gate.resolve(null)
    await Promise.all(asked)
    await session.requests.ask('test.wait', null, signal())

    const held = Promise.withResolvers<null>()
    const other = await node()
    let working = 0
    other.services.methods.add('test.wait', () => {
      working += 1
      return held.promise
    })
    const raw = await rawMember(other, 7_001)
    const most = limits.peertree.maxInboundRequests
    for (let id = 1; id <= most + 3; id += 1) raw.send(FrameKind.request, { id, method: 'test.wait', body: null })
    await until(() => raw.frames().length === 1 + 3)
    const errors = raw.frames().slice(1) as { body: { id: number; error: { code: string; kind: string } } }[]
    assert.deepEqual(
      errors.map(({ body }) => [body.id, body.error.code, body.error.kind]),
      [1, 2, 3].map((more) => [most + more, 'PEERTREE_EXHAUSTED', 'exhausted']),
    )
    assert.equal(working, most)
    held.resolve(null)
    await until(() => raw.frames().length === 1 + 3 + most)
  })

  test('a guest may have only a few in work', async () => {
    const b = await node()
    b.services.methods.add('test.wait', () => new Promise(() => {}), { openToGuests: true })
    const raw = await RawPeer.dial(net, 7_002, b)
    raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    const most = limits.peertree.maxGuestRequests
    await until(() => raw.received.length > 0)
    for (let id = 1; id <= most + 1; id += 1) raw.send(FrameKind.request, { id, method: 'test.wait', body: null })
    await until(() => raw.frames().length === 2)
  })

  test('a cancelled request rejects at once, its answer is not sent, and its place is kept until it is done', async () => {
    const b = await node()
    const gate = Promise.withResolvers<null>()
    b.services.methods.add('test.wait', () => gate.promise)
    b.services.methods.add('test.now', () => 'now')
    const raw = await rawMember(b, 7_003)
    raw.send(FrameKind.request, { id: 1, method: 'test.wait', body: null })
    raw.send(FrameKind.cancel, { id: 1 })
    raw.send(FrameKind.request, { id: 2, method: 'test.now', body: null })
    await until(() => raw.frames().length === 2)
    assert.equal(b.opened[0]?.isBusy, true)
    gate.resolve(null)
    await until(() => b.opened[0]?.isBusy === false)
    assert.deepEqual(raw.frames().slice(1), [{ kind: FrameKind.reply, body: { id: 2, body: 'now' } }])

    const { answers, session } = await pair()
    answers.services.methods.add('test.wait', () => new Promise(() => {}))
    const controller = new AbortController()
    const asked = session.requests.ask('test.wait', null, controller.signal)
    controller.abort(new Error('no longer'))
    await assert.rejects(asked, /no longer/)
    assert.ok(session.requests.isIdle)
  })

  test('when the session breaks off, what waits fails with PEERTREE_UNREACHABLE', async () => {
    const { answers, session } = await pair()
    answers.services.methods.add('test.wait', () => new Promise(() => {}))
    const asked = session.requests.ask('test.wait', null, signal())
    await until(() => answers.opened[0]?.isBusy === true)
    answers.opened[0]?.abort(new Error('cable cut'))
    await assert.rejects(asked, code('PEERTREE_UNREACHABLE'))
  })

  test('after a goodbye, what was not answered may be asked again', async () => {
    const { answers, session } = await pair()
    await until(() => answers.opened.length === 1)
    void answers.opened[0]?.close('idle')
    const asked = session.requests.ask('test.any', null, signal())
    await assert.rejects(asked, NotLookedAt)
  })

  test('broken rules end the session: an id used twice, an answer nobody asked for, unknown kinds, malformed frames', async () => {
    const b = await node()
    b.services.methods.add('test.now', () => 'now')
    const breaches: ((raw: RawPeer) => void)[] = [
      (raw) => {
        raw.send(FrameKind.request, { id: 5, method: 'test.now', body: null })
        raw.send(FrameKind.request, { id: 5, method: 'test.now', body: null })
      },
      (raw) => raw.send(FrameKind.reply, { id: 1, body: null }),
      (raw) => raw.send(99, {}),
      (raw) => raw.send(FrameKind.hello, helloOf(7_100)),
      (raw) => raw.send(FrameKind.request, { id: 1, method: '../etc', body: null }),
      (raw) => raw.send(FrameKind.request, { id: -1, method: 'test.now', body: null }),
      (raw) => raw.send(FrameKind.tree, { kind: 'conquer' }),
      (raw) =>
        raw.send(
          FrameKind.request,
          new TextEncoder().encode(`{"body":${'['.repeat(100)}${']'.repeat(100)},"id":1,"method":"a"}`),
        ),
    ]
    for (const [index, breach] of breaches.entries()) {
      const raw = await rawMember(b, 7_100 + index)
      breach(raw)
      await until(() => raw.closed, `breach ${index} being hung up`)
    }
    assert.equal(b.sessions.all().length, 0)
  })

  test('a peer that takes nothing is hung up once its outbox is full', async () => {
    const b = await node()
    b.services.methods.add('test.large', () => 'x'.repeat(400_000))
    const raw = await rawMember(b, 7_200)
    raw.stream.pause()
    const answers = Math.ceil((limits.peertree.maxOutboxBytes + 2 * limits.peertree.streamWindowBytes) / 400_000) + 2
    for (let id = 1; id <= answers; id += 1) raw.send(FrameKind.request, { id, method: 'test.large', body: null })
    await until(() => b.closed.length === 1)
    await raw.untilClosed()
  })

  test('a flood of frames does not keep others from their turn', async () => {
    const b = await node()
    b.services.methods.add('test.now', () => 'now')
    const raw = await rawMember(b, 7_300)
    const count = 20 * limits.peertree.framesPerTurn
    for (let id = 1; id <= count; id += 1) raw.send(FrameKind.cancel, { id })
    raw.send(FrameKind.request, { id: 1, method: 'test.now', body: null })
    let turns = 0
    while (raw.frames().length < 2) {
      turns += 1
      await new Promise(setImmediate)
    }
    assert.ok(turns >= 15, `handled within ${turns} turns`)
  })

  test('a guest that sends faster than it may is held back, and loses nothing', async () => {
    const { guestControlBurstBytes, minControlBytes } = limits.peertree
    const time = new ManualTime()
    const b = await node('member', time)
    let [large, small] = [0, 0]
    b.services.methods.add('test.large', () => ++large, { openToGuests: true })
    b.services.methods.add('test.small', () => ++small, { openToGuests: true })
    const raw = await RawPeer.dial(net, 7_310, b)
    raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    await until(() => raw.received.length > 0)
    // The handler of each is done before the next frame is sent: none is one too many in work.
    let id = 0
    const ask = async (method: string, body: string): Promise<void> => {
      id += 1
      raw.send(FrameKind.request, { id, method, body })
      for (let turn = 0; turn < 8; turn += 1) await new Promise(setImmediate)
    }
    const body = 'x'.repeat(32_000)
    const burst = Math.floor(guestControlBurstBytes / (body.length + 50))
    for (let count = 0; count < burst + 8; count += 1) await ask('test.large', body)
    assert.equal(large, burst + 1, 'the one beyond the burst is the last')
    time.advance(250)
    await ask('test.large', body)
    assert.equal(large, burst + 1, 'too early')
    time.advance(1_000)
    await ask('test.large', body)
    assert.ok(large > burst + 1 && large < burst + 5, `${large} of ${burst + 10} within the second`)
    for (let second = 0; second < 10; second += 1) {
      time.advance(1_000)
      await ask('test.small', '')
    }
    assert.equal(large, burst + 10)
    time.advance(5_000)
    const many = guestControlBurstBytes / minControlBytes
    for (let count = 0; count < many + 20; count += 1) await ask('test.small', '')
    assert.equal(small, 10 + many + 1, 'a small one counts for more than its bytes')
    assert.equal(b.opened[0]?.isOpen, true)
  })

  test('a guest may send no large frame', async () => {
    const b = await node()
    const raw = await RawPeer.dial(net, 7_311, b)
    raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    await until(() => raw.received.length > 0)
    raw.send(FrameKind.request, { id: 1, method: 'test.any', body: 'x'.repeat(limits.peertree.maxGuestFrameBytes) })
    await raw.untilClosed()
  })

  test('as many of the largest requests as may wait pass at once, from a member', async () => {
    const time = new ManualTime()
    const [asks, answers] = [await node(), await node('member', time)]
    const session = await asks.sessions.connect(answers.self, answers.engine.addresses())
    answers.services.methods.add('test.length', (body) => String(body).length)
    const body = 'x'.repeat(limits.peertree.maxFrameBytes - 100)
    const count = Math.floor((limits.peertree.maxOutboxBytes - 1) / limits.peertree.maxFrameBytes)
    for (let asked = 0; asked + count <= limits.peertree.maxOutboundRequests; asked += count) {
      const some = Array.from({ length: count }, () => session.requests.ask('test.length', body, signal()))
      assert.deepEqual(new Set(await Promise.all(some)), new Set([body.length]))
    }
  })

  test('large frames get one turn each', async () => {
    const b = await node()
    b.services.methods.add('test.now', () => 'now')
    const raw = await rawMember(b, 7_312)
    const body = 'x'.repeat(limits.peertree.frameBytesPerTurn)
    for (let id = 1; id <= 10; id += 1) raw.send(FrameKind.request, { id, method: 'test.now', body })
    let turns = 0
    while (raw.frames().length < 11) {
      turns += 1
      await new Promise(setImmediate)
    }
    assert.ok(turns >= 10, `handled within ${turns} turns`)
  })

  test('a session nobody uses is closed, one in use stays', async () => {
    const time = new ManualTime()
    const [a, b] = [await node('member', time), await node('member', time)]
    const session = await a.sessions.connect(b.self, b.engine.addresses())
    b.services.methods.add('test.wait', () => new Promise(() => {}))
    const asked = session.requests.ask('test.wait', null, signal())
    asked.catch(() => {})
    await until(() => b.opened[0]?.isBusy === true)
    time.advance(2 * limits.peertree.sessionIdleMs)
    assert.ok(session.isOpen)
    const other = await node('member', time)
    const idle = await a.sessions.connect(other.self, other.engine.addresses())
    time.advance(limits.peertree.sessionIdleMs - 1)
    assert.ok(idle.isOpen)
    time.advance(2 * limits.peertree.sessionSweepMs)
    assert.ok(!idle.isOpen)
    await until(() => other.closed.length === 1)
    assert.ok(session.isOpen)
  })
})
