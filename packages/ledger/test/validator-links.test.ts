import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits, type NodeId, silentLogger, type Timers } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { ManualTime } from '@borgios/core/testing'
import { createMemoryNetwork, testNodeId } from '@borgios/peertree/testing'
import { decodeFrames, encodeFrames, type Frame, turnsOf } from '../src/links/frames.ts'
import { CONSENSUS_PROTOCOL } from '../src/links/outgoing-link.ts'
import { ValidatorLinks } from '../src/links/validator-links.ts'

const [a, b, stranger] = [testNodeId(1), testNodeId(2), testNodeId(3)] as const

const vote = (number: number, bytes = 1): Frame => ({ kind: 'vote', body: new Uint8Array(bytes).fill(number) })

function world(timers: Timers = systemTimers) {
  const { network, peers } = createMemoryNetwork(systemClock, systemTimers, 3, (index) => ({
    node: testNodeId(index + 1),
    operator: `o${index}` as never,
  }))
  const heard: { from: NodeId; frame: Frame }[] = []
  const links = peers.map(
    (peer) =>
      new ValidatorLinks({
        network: peer,
        timers,
        logger: silentLogger,
        onFrames: async (from, frames) => {
          if (peer.self === b) heard.push(...frames.map((frame) => ({ from, frame })))
        },
      }),
  )
  links[0]?.setPeers([b])
  links[1]?.setPeers([a])
  links[2]?.setPeers([a, b])
  return { network, peers, links, heard }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

test('frames of one message read back as they were, and anything else is refused', () => {
  const frames: Frame[] = [vote(1), { kind: 'candidate', body: new Uint8Array(1000) }, vote(2, 0)]
  const bytes = encodeFrames(frames)
  assert.deepEqual(decodeFrames(bytes), frames)
  const malformed = { code: 'PROTOCOL_MALFORMED' }
  assert.throws(() => decodeFrames(bytes.subarray(0, -1)), malformed)
  assert.throws(() => decodeFrames(Uint8Array.of(99, 0, 0, 0, 0)), malformed)
  assert.throws(() => decodeFrames(Uint8Array.of(0, 255, 255, 255, 255)), malformed)
  assert.throws(() => decodeFrames(encodeFrames(Array.from({ length: 1_025 }, () => vote(1)))), malformed)
})

test('what validators say arrives in order, with what was said while the other was away', async () => {
  const { network, links, heard } = world()
  for (let number = 0; number < 5; number += 1) links[0]?.send(b, vote(number))
  await until(() => heard.length === 5)
  network.kill(b)
  for (let number = 5; number < 10; number += 1) links[0]?.send(b, vote(number))
  await sleep(20)
  network.revive(b)
  await until(() => heard.at(-1)?.frame.body[0] === 9)
  assert(heard.every(({ from }) => from === a))
  const numbers = heard.map(({ frame }) => frame.body[0] ?? -1)
  assert.deepEqual(numbers.slice(0, 5), [0, 1, 2, 3, 4])
  assert.deepEqual(
    numbers,
    [...numbers].sort((x, y) => x - y),
  )
  for (const each of links) each.stop()
})

test('who is no validator is not heard, nor is one that was removed', async () => {
  const { links, heard } = world()
  links[2]?.send(b, vote(7))
  links[0]?.send(stranger, vote(8))
  links[0]?.send(b, vote(1))
  await until(() => heard.length > 0)
  links[1]?.setPeers([])
  links[0]?.send(b, vote(2))
  await sleep(20)
  assert.deepEqual(
    heard.map(({ frame }) => frame.body[0]),
    [1],
  )
  for (const each of links) each.stop()
})

test('frames for a validator that is away are bounded: the newest are kept', async () => {
  const { network, links, heard } = world()
  network.kill(b)
  for (let number = 0; number < 20; number += 1) links[0]?.send(b, vote(number, 900_000))
  await sleep(10)
  network.revive(b)
  await until(() => heard.at(-1)?.frame.body[0] === 19)
  assert(heard.length < 15 && heard.length > 5, `${heard.length} of 20 arrived`)
  for (const each of links) each.stop()
})

test('who sends nonsense is not heard for a while, then again', async () => {
  const time = new ManualTime()
  const { peers, links, heard } = world(time)
  const stream = await peers[0]?.openStream(b, CONSENSUS_PROTOCOL)
  assert(stream)
  await stream.send({ header: null, payload: Uint8Array.of(200, 1, 1, 1, 1) })
  await assert.rejects(async () => {
    for (;;) assert((await stream.receive()) !== undefined, 'ended')
  })
  links[0]?.send(b, vote(3))
  await sleep(20)
  assert.equal(heard.length, 0)
  time.advance(limits.ledgerLinks.muteMs)
  links[0]?.send(b, vote(4))
  await until(() => heard.at(-1)?.frame.body[0] === 4)
  for (const each of links) each.stop()
})

test('a validator that ends every stream gets a new one only after a pause', async () => {
  const time = new ManualTime()
  const { peers, links } = world(time)
  let streams = 0
  peers[1]?.handleStream(CONSENSUS_PROTOCOL, async (stream) => {
    streams += 1
    await stream.receive()
    stream.abort(new Error('no'))
  })
  for (let number = 0; number < 50; number += 1) {
    links[0]?.send(b, vote(number))
    await sleep(1)
  }
  assert.equal(streams, 1)
  time.advance(limits.ledgerLinks.reopenMs)
  await until(() => streams === 2)
  for (const each of links) each.stop()
})

test('frames that are dear to check are dealt with a few at a time, and others get their turn between', async () => {
  const certificate: Frame = { kind: 'certificate', body: new Uint8Array(1) }
  assert.deepEqual([...turnsOf([certificate, certificate, vote(1)])], [[certificate], [certificate, vote(1)]])
  assert.deepEqual([...turnsOf([])], [])
  const { peers, links, heard } = world()
  const stream = await peers[0]?.openStream(b, CONSENSUS_PROTOCOL)
  assert(stream)
  await stream.send({ header: null, payload: encodeFrames(Array.from({ length: 100 }, () => certificate)) })
  let turns = 0
  while (heard.length < 100) {
    await new Promise((resolve) => setImmediate(resolve))
    turns += 1
  }
  assert(turns >= 50, `${turns} turns`)
  for (const each of links) each.stop()
})
