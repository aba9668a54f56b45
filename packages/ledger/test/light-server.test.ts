import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, OperatorId } from '@borgios/core'
import { ManualTime, refusal } from '@borgios/core/testing'
import type { StreamHandler } from '@borgios/peertree'
import { createMemoryNetwork, type MemoryPeer, testNodeId } from '@borgios/peertree/testing'
import { LEDGER_LIGHT_PROTOCOL, type LightRequest } from '@borgios/protocol'
import { proofMissing, proofUnknown } from '../src/errors.ts'
import { askMember, askMembers } from '../src/proofs/light-peer.ts'
import { LightServer } from '../src/proofs/light-server.ts'

const bounds = limits.ledgerLight
const HEAD: LightRequest = { ask: 'head' }
const PARTS = [new Uint8Array([1, 2, 3]), new Uint8Array(), new Uint8Array(bounds.maxPartBytes)]

const memberOf = (index: number) => ({
  node: testNodeId(index),
  operator: OperatorId.fromBytes(new Uint8Array(32).fill(index)),
})

type Answer = (request: LightRequest) => Promise<readonly Uint8Array[]>

/** Members that answer in some way, and one that asks them. */
function world(...answers: readonly (Answer | undefined)[]) {
  const time = new ManualTime()
  const { peers } = createMemoryNetwork(time, time, answers.length + 1, memberOf)
  for (const [index, answer] of answers.entries()) {
    if (answer !== undefined) serve(peers[index] ?? assert.fail(), answer, time)
  }
  const network = peers.at(-1) ?? assert.fail()
  return { time, peers, network, ask: (request = HEAD) => askMembers({ network, timers: time }, request) }
}

const serve = (network: MemoryPeer, answer: Answer, time: ManualTime) =>
  new LightServer({ network, proofs: { answer }, clock: time, timers: time })

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('a question is asked and its parts come as they are', async () => {
  const asked: LightRequest[] = []
  const { ask } = world(async (request) => {
    asked.push(request)
    return PARTS
  })
  const request: LightRequest = { ask: 'epochs', from: 3, limit: 2 }
  assert.deepEqual(await ask(request), PARTS)
  assert.deepEqual(await ask(), PARTS)
  assert.deepEqual(asked, [request, HEAD])
})

test('who cannot answer is passed over, and who knows of no such thing, unless nobody does', async () => {
  const missing: Answer = async () => {
    throw proofMissing('not here')
  }
  const unknown: Answer = async () => {
    throw proofUnknown('no such transaction')
  }
  const honest: Answer = async () => PARTS
  assert.deepEqual(await world(missing, honest).ask(), PARTS)
  assert.deepEqual(await world(undefined, honest).ask(), PARTS)
  assert.deepEqual(await world(unknown, honest).ask(), PARTS)
  assert.equal(await refusal(world(unknown, missing).ask()), 'LEDGER_PROOF_UNKNOWN')
  assert.equal(await refusal(world(missing, missing).ask()), 'LEDGER_PROOF_MISSING')
  assert.equal(await refusal(world().ask()), 'LEDGER_PROOF_MISSING')
})

test('a member that is silent, ends early or talks nonsense is left after a while', async () => {
  const lies: StreamHandler[] = [
    () => new Promise(() => undefined),
    async (stream) => {
      await stream.receive()
      await stream.end()
    },
    async (stream) => {
      await stream.receive()
      await stream.send({ header: { parts: 2 }, payload: new Uint8Array() })
      await stream.end()
    },
    async (stream) => {
      await stream.receive()
      await stream.send({ header: { parts: bounds.maxParts + 1 }, payload: new Uint8Array() })
    },
  ]
  for (const lie of lies) {
    const { time, peers, network, ask } = world(undefined, async () => PARTS)
    const liar = peers[0] ?? assert.fail()
    liar.handleStream(LEDGER_LIGHT_PROTOCOL, lie)
    const answered = ask()
    await settled()
    time.advance(bounds.answerMs)
    assert.deepEqual(await answered, PARTS)
    const alone = refusal(askMember({ network, timers: time }, liar.self, HEAD))
    await settled()
    time.advance(bounds.answerMs)
    assert.match(await alone, /^LEDGER_/)
  }
})

test('nobody is answered more often than is fair, and others are not held up by it', async () => {
  let answers = 0
  const { time, peers, network, ask } = world(async () => {
    answers += 1
    return [new Uint8Array(1)]
  }, undefined)
  const server = peers[0] ?? assert.fail()
  const other = peers[1] ?? assert.fail()
  const once = (from = network) => askMember({ network: from, timers: time }, server.self, HEAD)
  for (let question = 0; question < bounds.questionBurst; question += 1) await once()
  await assert.rejects(once())
  assert.equal(answers, bounds.questionBurst)
  assert.deepEqual(await once(other), [new Uint8Array(1)])
  time.advance(1_000)
  for (let question = 0; question < bounds.questionsPerSecond; question += 1) await ask()
  await assert.rejects(once())
})

test('who opens streams and asks nothing keeps nobody from being answered', async () => {
  const time = new ManualTime()
  const { peers } = createMemoryNetwork(time, time, bounds.servedAtOnce + 2, memberOf)
  const [server = assert.fail(), ...clients] = peers
  serve(server, async () => PARTS, time)
  const last = clients.at(-1) ?? assert.fail()
  for (const client of clients.slice(0, -1)) await client.openStream(server.self, LEDGER_LIGHT_PROTOCOL)
  await settled()
  assert.deepEqual(await askMember({ network: last, timers: time }, server.self, HEAD), PARTS)
})

test('what is no question ends the stream', async () => {
  const { peers, network } = world(async () => PARTS)
  const server = peers[0] ?? assert.fail()
  for (const header of [null, {}, { ask: 'all' }, { ask: 'record', table: 0, key: '' }, { ask: 'head', more: 1 }]) {
    const stream = await network.openStream(server.self, LEDGER_LIGHT_PROTOCOL)
    await stream.send({ header, payload: new Uint8Array() })
    await assert.rejects(stream.receive())
  }
})
