import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualTime } from '@borgios/core/testing'
import { mapKey, type TrackerChange, TransactionTracker } from '@borgios/ledger'
import { decodeTracked } from '../src/mempool/tracked-transaction.ts'
import { Submissions } from '../src/service/submissions.ts'
import { accountOf, MempoolWorld, make, NETWORK } from './mempool-world.ts'

/** A disk of which the test decides when it answers, and how. */
class SlowRecords {
  readonly kept = new Map<string, Uint8Array>()
  readonly #waiting: { readonly changes: readonly TrackerChange[]; readonly done: (error?: Error) => void }[] = []

  read(): Iterable<Uint8Array> {
    return this.kept.values()
  }

  write(changes: readonly TrackerChange[]): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#waiting.push({ changes, done: (error) => (error === undefined ? resolve() : reject(error)) }),
    )
  }

  /** Answers the oldest write. */
  async answer(error?: Error): Promise<void> {
    const { changes, done } = this.#waiting.shift() ?? assert.fail('nothing is written')
    for (const { id, record } of error === undefined ? changes : []) {
      if (record === undefined) this.kept.delete(mapKey(id))
      else this.kept.set(mapKey(id), record)
    }
    done(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

class SubmittingWorld extends MempoolWorld {
  readonly records = new SlowRecords()
  readonly tracker = new TransactionTracker(NETWORK, this.mempool)
  readonly submissions = new Submissions({ tracker: this.tracker, records: this.records, clock: new ManualTime() })
}

const FULL = new Error('the disk is full')

test('a transaction enters the mempool once its record is durable, and is not sent again before', async () => {
  const world = new SubmittingWorld()
  const submitted = world.submissions.submit(make({ from: 1 }))
  assert.equal(world.mempool.size, 0)
  assert.deepEqual(world.tracker.resend(1e15), [])
  assert.equal(world.mempool.size, 0)
  await world.records.answer()
  const id = await submitted
  assert.equal(world.mempool.size, 1)
  assert.equal(world.tracker.state(id)?.kind, 'pending')
  assert.equal(world.records.kept.size, 1)
})

test('of a transaction that could not be made durable nothing is left: it can be sent again', async () => {
  const world = new SubmittingWorld()
  const first = assert.rejects(world.submissions.submit(make({ from: 1 })), FULL)
  const twice = assert.rejects(world.submissions.submit(make({ from: 1 })), FULL)
  await world.records.answer(FULL)
  await Promise.all([first, twice])
  assert.equal(world.mempool.size, 0)
  assert.equal(world.tracker.openCount, 0)
  assert.deepEqual(world.tracker.resend(1e15), [])
  const again = world.submissions.submit(make({ from: 1 }))
  await world.records.answer()
  assert.equal(world.tracker.state(await again)?.kind, 'pending')
})

test('what could not be written is written the next time, and those who wait share one write', async () => {
  const world = new SubmittingWorld()
  const first = world.submissions.submit(make({ from: 1 }))
  await world.records.answer()
  const id = await first
  world.set(1, { nonce: 1 })
  world.finalise([1])
  world.tracker.onFinal(world.height, [
    { account: accountOf(1), nonce: 0, id, receipt: { transaction: id, status: 0, usedUnits: 1, feePaid: 1n } },
  ])
  const failed = assert.rejects(world.submissions.keep(), FULL)
  const others = [2, 3, 4].map((from) => world.submissions.submit(make({ from })))
  await world.records.answer(FULL)
  await failed
  await world.records.answer()
  await Promise.all(others)
  assert.deepEqual(world.tracker.changes(), [])
  const restored = new TransactionTracker(NETWORK, world.mempool)
  restored.restore([...world.records.read()].map(decodeTracked), 0)
  assert.equal(restored.state(id)?.kind, 'final')
  assert.equal(restored.openCount, 3)
})

test('what changed while the record was written is checked again, its signature is not', async () => {
  const key = new Uint8Array(32).fill(7)
  const world = new SubmittingWorld()
  const submitted = [1, 2, 3, 4].map((from) => world.submissions.submit(make({ from })))
  const { checks } = world.ed25519
  world.set(1, { nonce: 1 })
  world.set(2, { balance: 0n })
  world.set(3, { policy: { needed: 1, keys: [key] } })
  world.finalise([1, 2, 3])
  await world.records.answer()
  await world.records.answer()
  const ids = await Promise.all(submitted)
  const refusals = ids.map((id) => {
    const state = world.tracker.state(id)
    return state?.kind === 'sent' ? state.refusal?.reason : state?.kind
  })
  assert.deepEqual(refusals, ['nonceUsed', 'fundsShort', 'policyUnmet', 'pending'])
  assert.equal(world.mempool.size, 1)
  assert.equal(world.ed25519.checks, checks + 1, 'only under the new keys')
})

test('what others brought while the record was written is there once, and watched', async () => {
  const world = new SubmittingWorld({ maxTransactions: 1 })
  const submitted = world.submissions.submit(make({ from: 1 }))
  assert.equal(world.add({ from: 1 }).outcome, 'added')
  await world.records.answer()
  assert.equal(world.tracker.state(await submitted)?.kind, 'pending')
  assert.equal(world.add({ from: 2, fee: 9_000, tip: 9_000 }).outcome, 'refused', 'it is not put out')
})

test('bytes that somebody writes into after they were submitted change nothing', async () => {
  const world = new SubmittingWorld()
  const given = make({ from: 1 })
  const submitted = world.submissions.submit(given)
  given.fill(0)
  await world.records.answer()
  const id = await submitted
  assert.deepEqual(world.tracker.followed(id)?.bytes, make({ from: 1 }))
  assert.deepEqual(world.mempool.find(accountOf(1), 0)?.bytes, make({ from: 1 }))
  assert.deepEqual(
    [...world.records.read()].map((record) => decodeTracked(record).bytes),
    [make({ from: 1 })],
  )
})

test('one that is followed and was put out enters again when it is submitted again', async () => {
  const world = new SubmittingWorld()
  const first = world.submissions.submit(make({ from: 1 }))
  await world.records.answer()
  const id = await first
  world.mempool.drop(world.mempool.find(accountOf(1), 0) ?? assert.fail('it is there'))
  assert.equal(world.tracker.state(id)?.kind, 'sent')
  await world.submissions.submit(make({ from: 1 }))
  assert.equal(world.tracker.state(id)?.kind, 'pending')
})
