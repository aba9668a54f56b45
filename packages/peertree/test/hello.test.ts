import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { canonicalJsonBytes, type JsonValue, limits, NodeId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { networkIdOf } from '@borgios/crypto'
import { BULK_PROTOCOL, CONTROL_PROTOCOL, FrameKind } from '@borgios/protocol'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { Recorder } from './engine-compliance.ts'
import {
  certificateOf,
  genesisNamed,
  helloOf,
  invitationFor,
  network,
  RawPeer,
  startNode,
  type TestNode,
  type TestNodeOptions,
} from './session-support.ts'
import { code, signerOf, until } from './support.ts'

const net = new MemoryNet()
const started: TestNode[] = []
let identity = 0

async function node(options: Partial<TestNodeOptions> = {}): Promise<TestNode & { n: number }> {
  identity += 1
  const n = options.n ?? identity
  const made = await startNode({ net, n, ...options })
  started.push(made)
  return { ...made, n }
}
after(() => Promise.all(started.map(({ sessions }) => sessions.stop())))

const refusedOnTheWire = [{ kind: FrameKind.refusal, body: { code: 'refused' } }]

describe('hello', () => {
  test('two members open one session and learn each other’s release and addresses', async () => {
    const [a, b] = [await node(), await node()]
    const session = await a.sessions.connect(b.self, b.engine.addresses())
    await until(() => b.opened.length === 1)
    assert.deepEqual(session.peer, { node: b.self, role: 'member' })
    assert.equal(session.release, `release-${b.n}`)
    assert.deepEqual(session.addresses, b.engine.addresses())
    assert.deepEqual(b.opened[0]?.peer, { node: a.self, role: 'member' })
    assert.equal(b.opened[0]?.release, `release-${a.n}`)
    assert.equal(await b.sessions.connect(a.self, []), b.opened[0], 'the standing session is used')
  })

  test('an invited operator’s node is a member; without invitation, or with a stale one, it is refused', async () => {
    const b = await node()
    const certificate = (n: number) => certificateOf(n, 800_000)
    const invited = await node({ n: 101, certificate: certificate(101), invitation: invitationFor(800_000) })
    await invited.sessions.connect(b.self, b.engine.addresses())
    for (const options of [
      { n: 102, certificate: certificate(102) },
      { n: 103, certificate: certificate(103), invitation: invitationFor(800_000, 1) },
      { n: 104, certificate: certificate(104), invitation: invitationFor(800_001) },
      { n: 105, certificate: certificateOf(106) },
      { n: 107, certificate: certificateOf(107, 900_000, networkIdOf(genesisNamed('other'))) },
    ]) {
      const stranger = await node(options)
      await assert.rejects(stranger.sessions.connect(b.self, b.engine.addresses()), code('PEERTREE_REFUSED'))
    }
    await until(() => b.opened.length === 1)
    assert.equal(b.sessions.all().length, 1)
  })

  test('a node of another network is refused, and the refused learns one generic word', async () => {
    const b = await node()
    const other = await node({ genesis: genesisNamed('other') })
    await assert.rejects(other.sessions.connect(b.self, b.engine.addresses()), code('PEERTREE_REFUSED'))

    const raw = await RawPeer.dial(net, 201, b)
    raw.send(FrameKind.hello, helloOf(201, { network: networkIdOf(genesisNamed('other')) }))
    await raw.untilClosed()
    assert.deepEqual(raw.frames(), refusedOnTheWire)
    assert.equal(b.opened.length, 0)
  })

  test('a guest gets a session, is told no addresses, and the other side treats it as a guest', async () => {
    const b = await node()
    const guest = await node({ role: 'guest' })
    const session = await guest.sessions.connect(b.self, b.engine.addresses())
    assert.deepEqual(session.peer, { node: b.self, role: 'member' })
    await until(() => b.opened.length === 1)
    assert.deepEqual(b.opened[0]?.peer, { node: guest.self, role: 'guest' })

    const raw = await RawPeer.dial(net, 202, b)
    raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    await until(() => raw.received.length > 0)
    const [welcome, ...more] = raw.frames() as { kind: number; body: Record<string, unknown> }[]
    assert.equal(welcome?.kind, FrameKind.welcome)
    assert.deepEqual(welcome?.body['addresses'], [])
    assert.equal(welcome?.body['admittedAs'], 'guest')
    assert.deepEqual(more, [])
  })

  test('where guests are not let in, a guest is refused like anyone', async () => {
    const b = await node({ guests: false })
    const raw = await RawPeer.dial(net, 203, b)
    raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    await raw.untilClosed()
    assert.deepEqual(raw.frames(), refusedOnTheWire)
  })

  test('no more guests than the limit', async () => {
    const b = await node()
    for (let guest = 0; guest < limits.peertree.maxGuests; guest += 1) {
      const raw = await RawPeer.dial(net, 10_000 + guest, b)
      raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    }
    await until(() => b.opened.length === limits.peertree.maxGuests)
    const raw = await RawPeer.dial(net, 9_999, b)
    raw.send(FrameKind.hello, { version: 1, network, release: 'raw', role: 'guest', addresses: [] })
    await raw.untilClosed()
    assert.deepEqual(raw.frames(), refusedOnTheWire)
    const member = await node()
    await member.sessions.connect(b.self, b.engine.addresses())
  })

  test('a guest lets nobody in', async () => {
    const guest = await node({ role: 'guest' })
    const member = await node()
    await assert.rejects(member.sessions.connect(guest.self, guest.engine.addresses()), code('PEERTREE_REFUSED'))
    assert.equal(guest.opened.length, 0)
  })

  test('who answers without being a member is not believed', async () => {
    const impostor = new MemoryEngine(net, NodeId.fromBytes(signerOf(301).publicKey))
    await impostor.start({
      onConnection: () => {},
      onStream: (_, __, stream) => {
        const recorder = new Recorder(stream)
        const { role: _role, ...introduction } = helloOf(301, { certificate: certificateOf(302) })
        const welcome = canonicalJsonBytes({ ...introduction, admittedAs: 'member' } as unknown as JsonValue)
        const head = Buffer.alloc(5)
        head.writeUInt32BE(welcome.length + 1)
        head[4] = FrameKind.welcome
        recorder.stream.write(Buffer.concat([head, welcome]))
      },
    })
    const a = await node()
    await assert.rejects(a.sessions.connect(impostor.self, impostor.addresses()), code('PEERTREE_REFUSED'))
    assert.equal(a.opened.length, 0)
  })

  test('anything but a hello as the first frame is hung up without a word', async () => {
    const b = await node({ time: new ManualTime() })
    const cases: [number, unknown][] = [
      [FrameKind.request, { id: 1, method: 'x', body: null }],
      [FrameKind.broadcast, new Uint8Array([1, 2, 3])],
      [FrameKind.hello, new TextEncoder().encode('{ "spaces": 1 }')],
      [FrameKind.hello, {}],
      [FrameKind.hello, helloOf(401, { version: 2 })],
      [FrameKind.hello, helloOf(401, { extra: true })],
      [0, {}],
    ]
    for (const [kind, payload] of cases) {
      const raw = await RawPeer.dial(net, 401, b)
      raw.send(kind, payload)
      await raw.untilClosed()
      assert.equal(raw.received.length, 0)
    }
    assert.equal(b.opened.length, 0)
  })

  test('the largest hello there can be is let in', async () => {
    const b = await node()
    const addresses = Array<string>(limits.tree.maxAddresses).fill('\u0001'.repeat(limits.tree.maxAddressChars))
    const release = '\u0001'.repeat(limits.tree.maxReleaseChars)
    const certificate = certificateOf(407, 800_000)
    const largest = helloOf(407, { addresses, release, certificate, invitation: invitationFor(800_000) })
    const raw = await RawPeer.dial(net, 407, b)
    raw.send(FrameKind.hello, largest)
    await until(() => b.opened.length === 1)
  })

  test('an oversized or empty frame is hung up before it is read', async () => {
    const b = await node({ time: new ManualTime() })
    for (const length of [limits.peertree.maxHelloBytes + 1, 0xffff_ffff, 0]) {
      const raw = await RawPeer.dial(net, 402, b)
      const head = Buffer.alloc(5)
      head.writeUInt32BE(length)
      raw.stream.write(head)
      await raw.untilClosed()
      assert.equal(raw.received.length, 0)
    }
  })

  test('a second control stream, a bulk stream before admission and an unknown protocol are reset', async () => {
    const b = await node()
    const raw = await RawPeer.dial(net, 403, b)
    for (const protocol of [BULK_PROTOCOL, CONTROL_PROTOCOL, '/else/1']) {
      const recorder = new Recorder(await raw.connection.openStream(protocol, AbortSignal.timeout(5_000)))
      await until(() => recorder.closed)
      assert.equal(recorder.bytes, 0)
    }
  })

  test('who connects and stays silent, or never ends its hello, is hung up', async () => {
    const time = new ManualTime()
    const b = await node({ time })
    const stranger = new MemoryEngine(net, NodeId.fromBytes(signerOf(406).publicKey))
    const silent = await stranger.dial(b.engine.addresses(), b.self, AbortSignal.timeout(5_000))
    let hungUp = false
    silent.onClose(() => {
      hungUp = true
    })
    const raw = await RawPeer.dial(net, 404, b)
    raw.stream.write(new Uint8Array([0, 0, 1, 0, 1]))
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(raw.closed || hungUp, false)
    time.advance(limits.peertree.handshakeTimeoutMs + 1)
    await raw.untilClosed()
    await until(() => hungUp, 'the silent connection being hung up')
    assert.equal(raw.received.length, 0)
  })

  test('no more than so many connections may be shaking hands', async () => {
    const b = await node({ time: new ManualTime() })
    const dial = async (n: number) => {
      const engine = new MemoryEngine(net, NodeId.fromBytes(signerOf(n).publicKey))
      const connection = await engine.dial(b.engine.addresses(), b.self, AbortSignal.timeout(5_000))
      const state = { connection, closed: false }
      connection.onClose(() => {
        state.closed = true
      })
      return state
    }
    const silent: Awaited<ReturnType<typeof dial>>[] = []
    for (let n = 0; n < limits.peertree.maxPendingConnections; n += 1) silent.push(await dial(20_000 + n))
    const tooMany = await dial(405)
    await until(() => tooMany.closed, 'the connection beyond the limit being hung up')
    assert.ok(silent.every(({ closed }) => !closed))
    silent[0]?.connection.abort(new Error('gone'))
    await until(() => silent[0]?.closed === true)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const member = await node()
    await member.sessions.connect(b.self, b.engine.addresses())
  })

  test('silent connections of one host leave room for others', async () => {
    const b = await node({ time: new ManualTime() })
    const engine = new MemoryEngine(net, NodeId.fromBytes(signerOf(406).publicKey))
    let [dialed, hungUp] = [0, 0]
    for (; dialed < limits.peertree.maxPendingConnections + 1; dialed += 1) {
      const connection = await engine.dial(b.engine.addresses(), b.self, AbortSignal.timeout(5_000))
      connection.onClose(() => {
        hungUp += 1
      })
    }
    await until(() => hungUp === dialed - limits.peertree.maxPendingPerHost, 'the connections beyond the limit hung up')
    const member = await node()
    await member.sessions.connect(b.self, b.engine.addresses())
  })

  test('a dial that leads back to this node fails', async () => {
    const a = await node()
    await assert.rejects(a.sessions.connect(undefined, a.engine.addresses()), code('PEERTREE_UNREACHABLE'))
  })

  test('dials of one peer at the same time share one', async () => {
    const [a, b] = [await node(), await node()]
    const sessions = await Promise.all([1, 2, 3].map(() => a.sessions.connect(b.self, b.engine.addresses())))
    assert.equal(new Set(sessions).size, 1)
    await until(() => b.opened.length === 1)
  })

  test('an address of a peer that already has a session leads to that session', async () => {
    const [a, b] = [await node(), await node()]
    const session = await a.sessions.connect(b.self, b.engine.addresses())
    assert.equal(await a.sessions.connect(undefined, b.engine.addresses()), session)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(b.opened.length, 1)
    assert.equal(b.closed.length, 0)
  })

  test('two nodes that dial each other at once end with one session, the same at both ends', async () => {
    for (let round = 0; round < 40; round += 1) {
      const [a, b] = [await node(), await node()]
      const later = async (turns: number) => {
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
      }
      const dials = await Promise.all([
        a.sessions.connect(b.self, b.engine.addresses()),
        later(round % 8).then(() => b.sessions.connect(a.self, a.engine.addresses())),
      ])
      assert.ok(dials.every((session) => session !== undefined))
      await later(20)
      const [atA, atB] = [a.sessions.all(), b.sessions.all()]
      assert.equal(atA.length, 1, `round ${round}`)
      assert.equal(atB.length, 1, `round ${round}`)
      assert.notEqual(atA[0]?.direction, atB[0]?.direction, `round ${round}: two halves of one connection`)
      b.services.methods.add('test.echo', (body) => body)
      assert.equal(await atA[0]?.requests.ask('test.echo', round, AbortSignal.timeout(5_000)), round)
    }
  })

  test('broadcasts beyond the rate of a session are dropped unread', async () => {
    const { broadcastBurstBytes, broadcastBytesPerSecond, minBroadcastBytes } = limits.peertree
    const time = new ManualTime()
    const b = await node({ time })
    const raw = await RawPeer.dial(net, 502, b)
    raw.send(FrameKind.hello, helloOf(502))
    const allowed = broadcastBurstBytes / minBroadcastBytes
    for (let count = 0; count < allowed + 100; count += 1) raw.send(FrameKind.broadcast, new Uint8Array(1))
    raw.send(FrameKind.tree, { kind: 'lazy', edge: 1 })
    await until(() => b.treeMessages.length === 1)
    assert.equal(b.broadcasts.length, allowed)
    time.advance(1_000)
    for (let count = 0; count < 2; count += 1) {
      raw.send(FrameKind.broadcast, new Uint8Array(broadcastBytesPerSecond / 32))
    }
    for (let count = 0; count < allowed; count += 1) raw.send(FrameKind.broadcast, new Uint8Array(1))
    raw.send(FrameKind.tree, { kind: 'lazy', edge: 2 })
    await until(() => b.treeMessages.length === 2)
    const left = (broadcastBytesPerSecond * 15) / 16 / minBroadcastBytes
    assert.equal(b.broadcasts.length, allowed + 2 + left, 'a larger one counts for its bytes')
    assert.equal(b.opened[0]?.isOpen, true)
  })

  test('a peer that comes back replaces the session it lost', async () => {
    const time = new ManualTime()
    const b = await node({ time })
    const first = await RawPeer.dial(net, 501, b)
    first.send(FrameKind.hello, helloOf(501))
    await until(() => b.opened.length === 1)
    time.advance(limits.peertree.sessionCrossingMs + 1)
    const second = await RawPeer.dial(net, 501, b)
    second.send(FrameKind.hello, helloOf(501))
    await until(() => b.opened.length === 2)
    assert.equal(b.closed.length, 1)
    assert.equal(b.closed[0], b.opened[0])
    assert.equal(b.sessions.get(b.opened[1]?.peer.node ?? b.self), b.opened[1])
  })
})
