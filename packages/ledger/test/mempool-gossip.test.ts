import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJsonBytes, limits } from '@borgios/core'
import { batchOf, readBatch, TransactionIntake, TransactionOutbox } from '@borgios/ledger'
import fc from 'fast-check'
import { propertyRuns } from './full-slice.ts'
import { MempoolWorld, make } from './mempool-world.ts'

const bounds = limits.ledgerMempool
const MEMBERS = 4

test('a batch comes out as it went in, and the largest fits an envelope', () => {
  const transactions = [make({ from: 1 }), make({ from: 2, size: 500 })]
  assert.deepEqual(readBatch(batchOf(transactions)).map(plain), transactions)
  const outbox = new TransactionOutbox()
  for (let from = 0; from < 40; from += 1) outbox.push(make({ from, size: 15_000 }))
  const batch = outbox.take(0, MEMBERS)
  assert.ok(canonicalJsonBytes(batchOf(batch)).length < limits.envelope.maxBytes - 1_024)
  assert.equal(readBatch(batchOf(batch)).length, batch.length)
})

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

test('a body that is no batch is refused with blame', () => {
  const good = batchOf([make({ from: 1 })])
  const bad = [null, {}, { payload: '' }, { payload: 7 }, { payload: 'ü' }, { ...good, more: 1 }]
  const cut = [good.payload.slice(0, -4), `${good.payload}AAAA`, 'AAAA', '_____w', 'A'.repeat(250_000)]
  for (const body of [...bad, ...cut.map((payload) => ({ payload }))]) {
    assert.throws(() => readBatch(body), { code: 'LEDGER_FALSE_TRANSACTIONS', blame: 'peer' })
  }
})

test('the first transaction leaves at once, those that follow are gathered', () => {
  const outbox = new TransactionOutbox()
  assert.equal(outbox.dueMs(MEMBERS), undefined)
  assert.deepEqual(outbox.take(1_000, MEMBERS), [])
  outbox.push(make({ from: 1 }))
  assert.equal(outbox.take(1_000, MEMBERS).length, 1)
  for (const from of [2, 3, 4]) outbox.push(make({ from }))
  const dueMs = 1_000 + bounds.minBatchIntervalMs
  assert.equal(outbox.dueMs(MEMBERS), dueMs)
  assert.deepEqual(outbox.take(dueMs - 1, MEMBERS), [])
  assert.equal(outbox.take(dueMs, MEMBERS).length, 3)
  assert.equal(outbox.dueMs(MEMBERS), undefined)
  outbox.push(make({ from: 5 }))
  assert.equal(outbox.dueMs(200), dueMs + 400, 'the more members, the more seldom')
  assert.equal(outbox.dueMs(1e6), dueMs + bounds.maxBatchIntervalMs)
})

test('an outbox is bounded, keeps the order and loses nothing it took', () => {
  const outbox = new TransactionOutbox()
  const taken: Uint8Array[] = []
  let pushed = 0
  for (; outbox.push(make({ from: pushed, size: 60_000 / 4 })); pushed += 1);
  assert.ok(pushed * 15_000 < bounds.outboxBytes && (pushed + 1) * 15_300 > bounds.outboxBytes)
  for (let nowMs = 0; taken.length < pushed; nowMs += bounds.minBatchIntervalMs) {
    const batch = outbox.take(nowMs, MEMBERS)
    assert.ok(batch.reduce((sum, { length }) => sum + length + 4, 4) <= bounds.batchBytes)
    assert.ok(batch.length > 0)
    taken.push(...batch)
  }
  assert.ok(taken.every((bytes, from) => Buffer.compare(bytes, make({ from, size: 15_000 })) === 0))
  assert.ok(outbox.push(make({ from: 1 })))
})

test('who brings transactions is served in turn', () => {
  const world = new MempoolWorld()
  const intake = new TransactionIntake(world.mempool)
  const many = Array.from({ length: 50 }, (_, from) => make({ from }))
  assert.ok(intake.offer('flood', many, 0))
  assert.ok(intake.offer('flood', [make({ from: 60 })], 0))
  assert.ok(intake.offer('quiet', [make({ from: 100 }), make({ from: 101 })], 0))
  assert.deepEqual(intake.advance(4, 0), [])
  assert.deepEqual(world.order(), ['0:0', '100:0', '1:0', '101:0'])
  intake.advance(1_000, 0)
  assert.equal(world.mempool.size, 53)
  assert.equal(world.order().at(-1), '60:0')
  assert.equal(intake.waitingBytes, 0)
})

test('who brings one that does not verify is named, and not listened to for a while', () => {
  const world = new MempoolWorld()
  const intake = new TransactionIntake(world.mempool)
  const forged = make({ from: 2, signers: [{ position: 0, key: new Uint8Array(32) }] })
  intake.offer('liar', [make({ from: 1 }), forged, make({ from: 3 })], 0)
  intake.offer('honest', [make({ from: 4 })], 0)
  assert.deepEqual(intake.advance(100, 0), [{ origin: 'liar', refusal: { reason: 'badSignature' } }])
  assert.deepEqual(world.order(), ['1:0', '4:0'])
  assert.equal(intake.waitingBytes, 0)
  assert.equal(intake.offer('liar', [make({ from: 3 })], bounds.muteMs - 1), false)
  assert.ok(intake.offer('liar', [make({ from: 3 })], bounds.muteMs))
  intake.offer('other', [new Uint8Array(3)], 0)
  assert.deepEqual(intake.advance(100, 0), [{ origin: 'other', refusal: { reason: 'malformed' } }])
})

test('what may be honest is nobody’s fault', () => {
  const world = new MempoolWorld()
  const intake = new TransactionIntake(world.mempool)
  world.set(1, { nonce: 9, balance: 0n })
  world.set(2, { policy: { needed: 1, keys: [new Uint8Array(32)] } })
  intake.offer(
    'behind',
    [make({ from: 1 }), make({ from: 1, nonce: 9 }), make({ from: 2 }), make({ from: 3, fee: 1 })],
    0,
  )
  assert.deepEqual(intake.advance(100, 0), [])
})

test('a node brings so much a second and no more: a batch as a whole or not at all', () => {
  const world = new MempoolWorld()
  const intake = new TransactionIntake(world.mempool)
  const batch = Array.from({ length: 10 }, (_, from) => make({ from, size: 15_000 }))
  const bytes = batch.reduce((sum, { length }) => sum + length, 0)
  let taken = 0
  for (; intake.offer('flood', batch, 0); taken += 1);
  assert.equal(taken, Math.floor(bounds.originBurstBytes / bytes))
  assert.equal(intake.waitingBytes, taken * bytes)
  assert.ok(intake.offer('other', batch, 0))
  assert.ok(intake.offer('flood', batch, 1_000))
  const origins = Array.from({ length: 40 }, (_, index) => `n${index}`)
  for (const origin of origins) while (intake.offer(origin, batch, 0));
  assert.ok(intake.waitingBytes <= bounds.intakeBytes)
})

test('whatever is offered, all that was taken is looked at once', () => {
  const offer = fc.tuple(fc.nat(3), fc.array(fc.nat(40), { maxLength: 6 }), fc.nat(8))
  fc.assert(
    fc.property(fc.array(offer, { maxLength: 30 }), (offers) => {
      const world = new MempoolWorld()
      const intake = new TransactionIntake(world.mempool)
      const expected = new Set<number>()
      for (const [origin, numbers, count] of offers) {
        if (
          intake.offer(
            String(origin),
            numbers.map((from) => make({ from })),
            0,
          )
        ) {
          for (const number of numbers) expected.add(number)
        }
        intake.advance(count, 0)
      }
      intake.advance(10_000, 0)
      assert.equal(world.mempool.size, expected.size)
      assert.equal(intake.waitingBytes, 0)
    }),
    { numRuns: propertyRuns(30) },
  )
})
