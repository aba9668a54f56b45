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
