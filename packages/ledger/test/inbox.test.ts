import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { testNodeId } from '@borgios/peertree/testing'
import type { Block, Certificate, Vote } from '@borgios/protocol'
import { FetchAnswers } from '../src/engine/fetch-answers.ts'
import { blockFrame, frameOf } from '../src/engine/message-codec.ts'
import { keysOf, LedgerCluster } from './support/ledger-cluster.ts'

const bounds = limits.ledgerLinks
const peer = testNodeId(9)
const falseFrame = { code: 'LEDGER_FALSE_FRAME', blame: 'peer' }

/** A validator alone, and a block of the chain it made. */
async function alone() {
  const cluster = await LedgerCluster.open({ nodes: 1 })
  const node = cluster.node(0)
  await node.until(() => node.height >= 1)
  const { block } = node.disk.archive.groups[0]?.blocks[0] ?? assert.fail()
  return { cluster, node, block }
}

test('a vote, a certificate and a block that nobody signed are held against who sent them', async () => {
  const { cluster, node, block } = await alone()
  await using _ = cluster
  const slot = node.engine.state.current + 3
  const subject = { kind: 'notar', epoch: 0, slot, block: new Uint8Array(32).fill(1) } as const
  const signature = new Uint8Array(64)
  const vote: Vote = { ...subject, voter: 0, signature }
  const certificate: Certificate = { ...subject, votes: [{ voter: 0, signature }] }
  await assert.rejects(node.engine.onFrames(peer, [frameOf({ kind: 'vote', vote })]), falseFrame)
  await assert.rejects(node.engine.onFrames(peer, [frameOf({ kind: 'certificate', certificate })]), falseFrame)

  const later: Block = { ...block, header: { ...block.header, slot: node.engine.state.current + 2 } }
  await assert.rejects(node.engine.onFrames(peer, [blockFrame(later)]), falseFrame)
  const signed = node.engine.rules.signBlock(keysOf('node 0'), later.header, later.transactions)
  const swapped = { ...signed, transactions: [new Uint8Array(200)] }
  await assert.rejects(node.engine.onFrames(peer, [blockFrame(swapped)]), falseFrame)
  assert.deepEqual(node.halted, [])
})

test('a block is looked up once for many who ask, and each is answered once within a time', async () => {
  const { cluster, block } = await alone()
  await using _ = cluster
  const time = new ManualTime()
  const answers = new FetchAnswers(time)
  let found = 0
  const find = () => {
    found += 1
    return block
  }
  const ref = (number: number) => ({ slot: number, hash: new Uint8Array(32).fill(number) })
  assert.deepEqual(answers.answer(testNodeId(1), ref(1), find), blockFrame(block))
  assert.equal(answers.answer(testNodeId(1), ref(1), find), undefined)
  assert.deepEqual(answers.answer(testNodeId(2), ref(1), find), blockFrame(block))
  assert.equal(found, 1)
  time.advance(bounds.answerWindowMs)
  assert.deepEqual(answers.answer(testNodeId(1), ref(1), find), blockFrame(block))
  assert(bounds.answerWindowMs < limits.ledgerConsensus.fetchRetryMs)
})

test('who asks for many blocks is given so many at a time', async () => {
  const { cluster, block } = await alone()
  await using _ = cluster
  const time = new ManualTime()
  const answers = new FetchAnswers(time)
  const ask = () =>
    Array.from({ length: 100 }, (_, number) => ({ slot: number, hash: new Uint8Array(32).fill(number) }))
      .map((ref) => answers.answer(peer, ref, () => block))
      .filter((frame) => frame !== undefined).length
  assert.equal(ask(), bounds.answersPerWindow)
  assert.equal(ask(), 0)
  time.advance(bounds.answerWindowMs)
  assert.equal(ask(), bounds.answersPerWindow)
})
