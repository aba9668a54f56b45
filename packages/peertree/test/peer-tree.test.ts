import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { limits, NodeId } from '@borgios/core'
import type { Envelope } from '@borgios/crypto'
import type { PeerTree } from '../src/peer-tree.ts'
import { membersUp, realNode, startNetwork, stopAll } from './network-support.ts'
import { genesisNamed } from './session-support.ts'
import { code, signerOf, until } from './support.ts'

const COUNT = 12
const DEGREE = 3

describe('a network of real nodes', () => {
  let nodes: PeerTree[]
  const got = new Map<NodeId, Envelope[]>()
  before(async () => {
    nodes = await startNetwork(1_000, COUNT, { degree: DEGREE })
    for (const node of nodes) {
      got.set(node.self, [])
      node.onBroadcast('test.news', (envelope) => got.get(node.self)?.push(envelope))
    }
  })
  after(() => stopAll(nodes))
  const at = (index: number): PeerTree => {
    const node = nodes[index]
    assert.ok(node)
    return node
  }
  const total = (counter: 'payloadFramesReceived' | 'payloadFramesRepeated' | 'payloadFramesSent'): number =>
    nodes.reduce((sum, node) => sum + node.counters()[counter], 0)

  test('they form one tree of the given degree, filled level by level, and all know all', () => {
    const positions = nodes.map((node) => node.position())
    assert.equal(new Set(positions.map(({ root }) => root)).size, 1)
    assert.equal(positions.filter(({ parent }) => parent === undefined).length, 1)
    assert.ok(positions.every(({ children }) => children.length <= DEGREE))
    assert.ok(Math.max(...positions.map(({ depth }) => depth)) <= 3)
    for (const node of nodes) {
      const self = node.members().find((member) => member.node === node.self)
      assert.equal(self?.release, '0.1.0-test')
      assert.ok(node.members().every((member) => member.addresses.length > 0))
      assert.ok(node.members().every((member) => Math.abs(Date.now() - member.sinceMs) < 120_000))
    }
  })

  test('a broadcast from any node reaches every node once, with one payload frame per other node', async () => {
    const rounds = 3 * COUNT
    const received = total('payloadFramesReceived')
    for (let round = 0; round < rounds; round += 1) {
      at(round % COUNT).broadcast('test.news', { round })
      await until(() => [...got.values()].every((envelopes) => envelopes.length === round + 1), `round ${round}`)
    }
    for (const [, envelopes] of got) {
      assert.deepEqual(
        envelopes.map(({ body }) => body),
        Array.from({ length: rounds }, (_, round) => ({ round })),
      )
      assert.deepEqual(
        envelopes.map(({ from }) => from),
        Array.from({ length: rounds }, (_, round) => at(round % COUNT).self),
      )
    }
    assert.equal(total('payloadFramesReceived') - received, rounds * (COUNT - 1))
    assert.equal(total('payloadFramesRepeated'), 0)
    for (const envelopes of got.values()) envelopes.length = 0
  })

  test('bursts from everyone at once reach everyone once, each publisher in its order', async () => {
    const each = 20
    for (let index = 0; index < each; index += 1) for (const node of nodes) node.broadcast('test.news', { index })
    await until(() => [...got.values()].every((envelopes) => envelopes.length >= each * COUNT))
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const envelopes of got.values()) {
      assert.equal(envelopes.length, each * COUNT)
      for (const node of nodes) {
        const order = envelopes
          .filter(({ from }) => from === node.self)
          .map(({ body }) => (body as { index: number }).index)
        assert.deepEqual(
          order,
          Array.from({ length: each }, (_, index) => index),
        )
      }
      envelopes.length = 0
    }
  })

  test('any node asks any other; sessions are dialed on demand', async () => {
    for (const node of nodes) node.handle('test.who', (body, caller) => ({ me: node.self, you: caller.node, body }))
    // One after the other for each node: all at once would be 132 handshakes in one process, and time out where it is slow.
    await Promise.all(
      nodes.map(async (from) => {
        for (const to of nodes) {
          if (to === from) continue
          const answer = await from.request(to.self, 'test.who', 7)
          assert.deepEqual(answer, { me: to.self, you: from.self, body: 7 })
        }
      }),
    )
  })

  test('errors say what is wrong: unknown node, ourselves, no such method, no answer in time', async () => {
    const nobody = NodeId.fromBytes(signerOf(99_999).publicKey)
    await assert.rejects(at(0).request(nobody, 'test.who', null), code('PEERTREE_UNKNOWN_NODE'))
    await assert.rejects(at(0).request(at(0).self, 'test.who', null), code('PEERTREE_UNKNOWN_NODE'))
    await assert.rejects(at(0).request(at(1).self, 'test.nothing', null), code('PEERTREE_REFUSED'))
    at(1).handle('test.never', () => new Promise(() => {}))
    await assert.rejects(at(0).request(at(1).self, 'test.never', null, { timeoutMs: 50 }), code('PEERTREE_TIMEOUT'))
    await assert.rejects(
      at(0).request(at(1).self, 'test.never', null, { signal: AbortSignal.abort(new Error('mine')) }),
      /mine/,
    )
    assert.throws(() => at(0).broadcast('test.news', 'x'.repeat(limits.envelope.maxBytes)), code('CRYPTO_MALFORMED'))
  })

  test('bulk streams open between any two, and refuse what nobody handles', async () => {
    at(COUNT - 1).handleStream('test.sum', async (stream) => {
      let sum = 0
      for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
        sum += message.payload.length
      }
      await stream.send({ header: { sum }, payload: new Uint8Array(0) })
    })
    const stream = await at(1).openStream(at(COUNT - 1).self, 'test.sum')
    assert.equal(stream.remote.node, at(COUNT - 1).self)
    const payload = new Uint8Array(limits.peertree.maxStreamPayloadBytes)
    for (let n = 0; n < 8; n += 1) await stream.send({ header: n, payload })
    await stream.end()
    assert.deepEqual((await stream.receive())?.header, { sum: 8 * payload.length })
    assert.equal(await stream.receive(), undefined)
    await assert.rejects(at(1).openStream(at(2).self, 'test.nothing'), code('PEERTREE_REFUSED'))
    await assert.rejects(at(1).openStream(at(2).self, 'test.sum', AbortSignal.abort(new Error('mine'))), /mine/)
  })

  test('a port that is taken is said, with the address', async () => {
    const taken =
      at(0)
        .addresses()[0]
        ?.replace(/\/p2p\/.*/, '') ?? ''
    const late = realNode(1_102, [], { listen: [taken] })
    await assert.rejects(late.start(), (error: Error) => {
      assert.ok(code('PEERTREE_LISTEN_FAILED')(error))
      assert.ok(error.message.includes(taken))
      return true
    })
    await late.stop()
  })

  test('no more bulk streams to one node than the limit; closing one makes room', async () => {
    at(2).handleStream('test.hold', async (stream) => {
      await stream.receive()
    })
    const open = () => at(0).openStream(at(2).self, 'test.hold')
    const streams = []
    for (let n = 0; n < limits.peertree.maxStreamsPerSession; n += 1) streams.push(await open())
    await assert.rejects(open())
    for (const stream of streams) await stream.end()
    const deadlineMs = Date.now() + 10_000
    let reopened = false
    while (!reopened && Date.now() < deadlineMs) {
      reopened = await open().then(
        async (stream) => {
          await stream.end()
          return true
        },
        () => false,
      )
    }
    assert.ok(reopened)
  })

  test('a handler that throws aborts its stream', async () => {
    at(3).handleStream('test.broken', () => Promise.reject(new Error('bug')))
    const stream = await at(0).openStream(at(3).self, 'test.broken')
    await assert.rejects(stream.receive(), code('PEERTREE_UNREACHABLE'))
  })

  test('a guest is a leaf: it hears public broadcasts, uses open methods and streams, and nothing else', async () => {
    const before = nodes.map((node) => membersUp(node))
    const guest = realNode(1_100, at(0).addresses(), { guest: true })
    const heard: unknown[] = []
    guest.onBroadcast('test.public', ({ body }) => heard.push(body))
    guest.onBroadcast('test.news', ({ body }) => heard.push(body))
    await guest.start()
    try {
      await until(() => guest.position().state === 'attached', 'the guest being attached')
      at(4).broadcast('test.news', 'members only')
      at(4).broadcast('test.public', 'for all', 'everyone')
      await until(() => heard.length === 1)
      assert.deepEqual(heard, ['for all'])
      const host = guest.position().parent
      assert.ok(host)
      assert.deepEqual(
        guest.members().filter(({ node }) => node !== guest.self && node !== host),
        [],
      )
      const hosting = nodes.find(({ self }) => self === host)
      assert.ok(hosting)
      hosting.handle('test.public', () => 'welcome', { openToGuests: true })
      hosting.handleStream('test.public', async (stream) => stream.send({ header: 'hi', payload: new Uint8Array(3) }), {
        openToGuests: true,
      })
      assert.equal(await guest.request(host, 'test.public', null), 'welcome')
      await assert.rejects(guest.request(host, 'test.who', null), code('PEERTREE_REFUSED'))
      await assert.rejects(guest.request(at(5) === hosting ? at(6).self : at(5).self, 'test.who', null))
      assert.equal((await (await guest.openStream(host, 'test.public')).receive())?.header, 'hi')
      await assert.rejects(guest.openStream(host, 'test.sum'), code('PEERTREE_REFUSED'))
      assert.throws(() => guest.broadcast('test.news', null), code('PEERTREE_REFUSED'))
      assert.deepEqual(
        nodes.map((node) => membersUp(node)),
        before,
        'a guest is no member',
      )
    } finally {
      await guest.stop()
      for (const envelopes of got.values()) envelopes.length = 0
    }
  })

  test('a node of another network never gets in, and neither network notices members of the other', async () => {
    const stranger = realNode(1_101, at(0).addresses(), { genesis: genesisNamed('other') })
    await stranger.start()
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      assert.equal(stranger.members().filter(({ node }) => node !== stranger.self).length, 0)
      assert.equal(stranger.position().children.length, 0)
      for (const node of nodes) assert.equal(membersUp(node).length, COUNT)
    } finally {
      await stranger.stop()
    }
  })

  test('the root says farewell: another takes its place and broadcasts still reach all', async () => {
    const rootId = at(0).position().root
    const root = nodes.find(({ self }) => self === rootId)
    assert.ok(root)
    nodes = nodes.filter((node) => node !== root)
    await root.stop()
    await until(
      () =>
        new Set(nodes.map((node) => node.position().root)).size === 1 &&
        nodes.every((node) => node.position().state === 'attached' && membersUp(node).length === COUNT - 1),
      'a tree without its former root',
    )
    assert.notEqual(at(0).position().root, rootId)
    at(3).broadcast('test.news', 'after')
    await until(() => nodes.every((node) => got.get(node.self)?.length === 1))
    await assert.rejects(at(0).request(root.self, 'test.who', null), code('PEERTREE_UNREACHABLE'))
    assert.throws(() => root.broadcast('test.news', null), code('PEERTREE_CLOSED'))
  })
})
