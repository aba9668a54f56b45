import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId, OperatorId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { createMemoryNetwork } from '@borgios/peertree/testing'
import { Announcements } from '../src/service/announcements.ts'
import { Silence } from '../src/service/silence.ts'
import { keysOf } from './support/ledger-cluster.ts'

const bounds = limits.ledgerSync

function pair() {
  const time = new ManualTime()
  const { peers } = createMemoryNetwork(time, time, 2, (index) => ({
    node: NodeId.fromBytes(keysOf(`node ${index}`).publicKey),
    operator: OperatorId.fromBytes(keysOf(`operator of node ${index}`).publicKey),
  }))
  const heard: number[] = []
  const [speaker, listener] = peers.map(
    (network) =>
      new Announcements({ network, clock: time, timers: time, onHeard: (_, height) => void heard.push(height) }),
  )
  assert(speaker !== undefined && listener !== undefined)
  return { time, speaker, heard }
}

test('a leader says what is final at once, then seldom, and never leaves its last block unsaid', () => {
  const { time, speaker, heard } = pair()
  speaker.say(5)
  time.advance(1)
  assert.deepEqual(heard, [5])
  for (const height of [6, 9, 10]) speaker.say(height)
  time.advance(bounds.announcePauseMs / 2)
  assert.deepEqual(heard, [5])
  time.advance(bounds.announcePauseMs)
  assert.deepEqual(heard, [5, 10])
  time.advance(bounds.announcePauseMs * 10)
  assert.deepEqual(heard, [5, 10])
})

test('what waits to be said is not said after a stop', () => {
  const { time, speaker, heard } = pair()
  speaker.say(5)
  speaker.say(6)
  speaker.stop()
  time.advance(bounds.announcePauseMs * 2)
  assert.deepEqual(heard, [5])
})

test('who hears of no block asks, ever more seldom, and as soon as at first after the next block', () => {
  const time = new ManualTime()
  const silence = new Silence(time)
  const askedAt: number[] = []
  for (let second = 1; second <= 240; second += 1) {
    time.advance(1_000)
    if (silence.takeTurn()) askedAt.push(second)
  }
  assert.deepEqual(askedAt, [8, 24, 56, 116, 176, 236])
  silence.onFinal()
  assert.equal(silence.lastedMs, 0)
  time.advance(bounds.askAfterMs - 1)
  assert.equal(silence.takeTurn(), false)
  time.advance(1)
  assert.equal(silence.takeTurn(), true)
})
