import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, OperatorId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import type { PeerStream } from '@borgios/peertree'
import { createMemoryNetwork, testNodeId } from '@borgios/peertree/testing'
import { StreamDesk } from '../src/sync/stream-desk.ts'

const PROTOCOL = 'ledger.test.1'
const { idleStreams, messageMs } = limits.ledgerSync
const AT_ONCE = 2
const message = (header: string) => ({ header, payload: new Uint8Array() })

const memberOf = (index: number) => ({
  node: testNodeId(index),
  operator: OperatorId.fromBytes(new Uint8Array(32).fill(1)),
})

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A desk that says what it was asked. `slow` is answered when it is told to, `last` ends its stream, and `bad` is no question. */
function world(clients: number) {
  const time = new ManualTime()
  const { peers } = createMemoryNetwork(time, time, clients + 1, memberOf)
  const [server = assert.fail(), ...askers] = peers
  const slow: (() => void)[] = []
  const options = {
    protocol: PROTOCOL,
    answeredAtOnce: AT_ONCE,
    async answer(stream: { send(message: object): Promise<void> }, question: unknown) {
      if (question === 'bad') throw new Error('no question')
      if (question === 'slow') await new Promise<void>((resolve) => slow.push(resolve))
      await stream.send(message(String(question)))
      return question !== 'last'
    },
  }
  new StreamDesk(options, { network: server, clock: time, timers: time })
  const open = (client: number): Promise<PeerStream> =>
    askers[client]?.openStream(server.self, PROTOCOL) ?? assert.fail()
  return { time, slow, open }
}

async function ask(stream: PeerStream, question: string): Promise<unknown> {
  await stream.send(message(question))
  return (await stream.receive())?.header
}

test('a stream asks as often as it likes, until an answer ends it', async () => {
  const { open } = world(1)
  const stream = await open(0)
  assert.equal(await ask(stream, 'one'), 'one')
  assert.equal(await ask(stream, 'two'), 'two')
  assert.equal(await ask(stream, 'last'), 'last')
  assert.equal(await stream.receive(), undefined)
  await assert.rejects(ask(await open(0), 'bad'))
  assert.equal(await ask(await open(0), 'one'), 'one')
})

test('who opens streams and asks nothing holds up nobody', async () => {
  const { open } = world(AT_ONCE * 3 + 1)
  for (let client = 0; client < AT_ONCE * 3; client += 1) await open(client)
  await settled()
  assert.equal(await ask(await open(AT_ONCE * 3), 'one'), 'one')
})

test('only so many are answered at once, and each gives its place back whatever becomes of it', async () => {
  const { open, slow } = world(AT_ONCE + 1)
  const busy = await Promise.all(Array.from({ length: AT_ONCE }, (_, client) => open(client)))
  const answers = busy.map((stream) => ask(stream, 'slow').catch(() => 'broken'))
  await settled()
  await assert.rejects(ask(await open(AT_ONCE), 'one'))
  // Who goes away gives no place back before the work for it is done.
  busy[0]?.abort(new Error('gone'))
  await settled()
  await assert.rejects(ask(await open(AT_ONCE), 'one'))
  for (const finish of slow) finish()
  assert.deepEqual(await Promise.all(answers), ['broken', 'slow'])
  const later = await Promise.all([0, 1].map(open))
  assert.deepEqual(await Promise.all(later.map((stream) => ask(stream, 'two'))), ['two', 'two'])
})

test('one peer has one stream: the later takes the place of the one before', async () => {
  const { open } = world(1)
  const earlier = await open(0)
  const later = await open(0)
  await assert.rejects(ask(earlier, 'one'))
  assert.equal(await ask(later, 'one'), 'one')
})

test('of too many streams without a question the one that has waited longest gives way', async () => {
  const { open } = world(idleStreams + 1)
  const streams: PeerStream[] = []
  for (let client = 0; client < idleStreams; client += 1) streams.push(await open(client))
  const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = streams
  await settled()
  assert.equal(await ask(first, 'one'), 'one')
  await open(idleStreams)
  await settled()
  await assert.rejects(ask(second, 'one'))
  assert.equal(await ask(first, 'two'), 'two')
  assert.equal(await ask(third, 'one'), 'one')
})

test('a stream without a question ends after a while', async () => {
  const { time, open } = world(1)
  const stream = await open(0)
  await settled()
  time.advance(messageMs)
  await settled()
  await assert.rejects(ask(stream, 'one'))
})
