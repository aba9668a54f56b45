import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, silentLogger } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { type FinalTransaction, mapKey, stateText, type TransactionState, TransactionTracker } from '@borgios/ledger'
import { decodeTransaction, transactionId } from '@borgios/protocol'
import { readTracked } from '../src/service/settling.ts'
import { propertyRuns } from './full-slice.ts'
import { accountOf, MempoolWorld, make, NETWORK, type Wish } from './mempool-world.ts'

const bounds = limits.ledgerMempool

/** A node with a user: its tracker, its mempool, and what it keeps on disk. */
class TrackingWorld extends MempoolWorld {
  tracker = new TransactionTracker(NETWORK, this.mempool)
  readonly disk = new Map<string, Uint8Array>()

  save(): void {
    const changes = this.tracker.changes()
    for (const { id, record } of changes) {
      if (record === undefined) this.disk.delete(mapKey(id))
      else this.disk.set(mapKey(id), record)
    }
    this.tracker.onWritten(changes)
  }

  /** As on a disk that works. */
  submit(bytes: Uint8Array, nowMs = 0): Uint8Array {
    const id = this.tracker.submit(bytes, nowMs)
    this.tracker.enter(id)
    return id
  }

  /** The process ends without having said goodbye; another begins. */
  restart(nowMs = 0): void {
    this.tracker = new TransactionTracker(NETWORK, this.mempool)
    this.tracker.restore(readTracked(this.disk.values(), silentLogger), nowMs)
  }

  kind(id: Uint8Array): TransactionState['kind'] | undefined {
    return this.tracker.state(id)?.kind
  }

  /** A final block with these, of accounts that are as they should be after it. */
  block(wishes: readonly Wish[], status = 0): void {
    for (const { from, nonce = 0 } of wishes) this.set(from, { nonce: nonce + 1 })
    this.finalise(wishes.map(({ from }) => from))
    this.tracker.onFinal(
      this.height,
      wishes.map((wish) => finalOf(wish, status)),
    )
  }
}

const idOf = (wish: Wish): Uint8Array => transactionId(NETWORK, decodeTransaction(make(wish)))

const finalOf = (wish: Wish, status = 0): FinalTransaction => ({
  account: accountOf(wish.from),
  nonce: wish.nonce ?? 0,
  id: idOf(wish),
  receipt: { transaction: idOf(wish), status, usedUnits: 100, feePaid: 10_000n },
})

test('from sent to final', () => {
  const world = new TrackingWorld()
  const id = world.submit(make({ from: 1 }))
  assert.deepEqual(id, idOf({ from: 1 }))
  assert.deepEqual(world.tracker.state(id), { kind: 'pending', why: { reason: 'ready' } })
  world.tracker.onBlock(11, [idOf({ from: 9 }), id])
  assert.deepEqual(world.tracker.state(id), { kind: 'inBlock', height: 11 })
  world.block([{ from: 9 }])
  assert.equal(world.kind(id), 'pending', 'that block lost')
  world.block([{ from: 1 }])
  assert.deepEqual(world.tracker.state(id), { kind: 'final', height: 12, receipt: finalOf({ from: 1 }).receipt })
  assert.equal(world.tracker.openCount, 0)
})

test('a transaction in a block whose operations had no effect has failed', () => {
  const world = new TrackingWorld()
  const id = world.submit(make({ from: 1 }))
  world.block([{ from: 1 }], 258)
  const state = world.tracker.state(id)
  assert.ok(state?.kind === 'failed' && state.receipt.status === 258)
  assert.match(stateText(state), /failed at height 11 for reason 258: only its fee of 10000 micro-units was taken/)
})

test('why one is pending is said', () => {
  const world = new TrackingWorld()
  const ahead = world.submit(make({ from: 1, nonce: 2 }))
  assert.deepEqual(world.tracker.state(ahead), { kind: 'pending', why: { reason: 'nonceMissing', nonce: 0 } })
  world.submit(make({ from: 1, nonce: 0 }))
  assert.deepEqual(world.tracker.state(ahead), { kind: 'pending', why: { reason: 'nonceMissing', nonce: 1 } })
  world.submit(make({ from: 1, nonce: 1 }))
  assert.deepEqual(world.tracker.state(ahead), { kind: 'pending', why: { reason: 'ready' } })
  const cheap = world.submit(make({ from: 2, fee: 90 }))
  const why = { reason: 'feeBelowBase', offered: 90, baseFee: 100n }
  assert.deepEqual(world.tracker.state(cheap), { kind: 'pending', why })
})

test('another transaction of its nonce, also one from another device, ends it', () => {
  const world = new TrackingWorld()
  const first = world.submit(make({ from: 1 }))
  const second = world.submit(make({ from: 1, fee: 2_000, tip: 20 }))
  assert.equal(world.kind(first), 'sent')
  world.block([{ from: 1, fee: 9_000, tip: 90 }])
  const replaced = { kind: 'replaced', height: 11, by: idOf({ from: 1, fee: 9_000, tip: 90 }) }
  assert.deepEqual([world.tracker.state(first), world.tracker.state(second)], [replaced, replaced])
})

test('signed anew it is the same transaction', () => {
  const world = new TrackingWorld()
  world.put({ from: 1, salt: 1 })
  const id = world.submit(make({ from: 1, salt: 2 }))
  assert.equal(world.kind(id), 'pending')
  world.block([{ from: 1, salt: 3 }])
  assert.equal(world.kind(id), 'final')
})

test('one that was not included in time has expired', () => {
  const world = new TrackingWorld()
  const id = world.submit(make({ from: 1, lastHeight: 12 }))
  world.block([])
  assert.equal(world.kind(id), 'pending')
  world.block([])
  assert.deepEqual(world.tracker.state(id), { kind: 'expired', lastHeight: 12 })
  const last = world.submit(make({ from: 2, lastHeight: 13 }))
  world.block([{ from: 2, lastHeight: 13 }])
  assert.equal(world.kind(last), 'final', 'the last block counts')
})

test('what is not final is sent again, ever more seldom, and put back if it had to leave', () => {
  const world = new TrackingWorld()
  const id = world.submit(make({ from: 1 }))
  const entry = world.mempool.find(accountOf(1), 0)
  const sentMs: number[] = []
  for (let nowMs = 0; nowMs < 300_000; nowMs += 1_000) {
    if (nowMs === 3_000 && entry !== undefined) world.mempool.drop(entry)
    if (world.tracker.resend(nowMs).length > 0) sentMs.push(nowMs / 1_000)
  }
  assert.deepEqual(sentMs, [5, 15, 35, 75, 135, 195, 255])
  assert.equal(world.kind(id), 'pending')
  world.tracker.onBlock(11, [id])
  assert.deepEqual(world.tracker.resend(1e9), [], 'one that is in a block is not')
})

test('one that cannot enter now is not sent, and says why; later it is', () => {
  const world = new TrackingWorld()
  const id = world.submit(make({ from: 1 }))
  world.set(1, { balance: 7n })
  world.finalise([1])
  assert.deepEqual(world.tracker.resend(5_000), [])
  const state = world.tracker.state(id)
  assert.ok(state?.kind === 'sent' && state.refusal?.reason === 'fundsShort')
  assert.match(stateText(state), /the account holds 7 micro-units/)
  world.set(1, { balance: 10n ** 9n })
  assert.deepEqual(world.tracker.resend(100_000), [make({ from: 1 })])
  assert.equal(world.kind(id), 'pending')
})

test('refused ones are not followed; a sentence says why', () => {
  const world = new TrackingWorld()
  world.set(1, { nonce: 3 })
  assert.throws(() => world.submit(make({ from: 1 })), {
    code: 'LEDGER_TRANSACTION_NOT_TAKEN',
    message: "the transaction was not taken: its nonce was used already; the account's next one is 3",
  })
  assert.equal(world.tracker.openCount, 0)
  assert.deepEqual(world.tracker.changes(), [])
})

test('a restarted node goes on where it was, and sends at once', () => {
  const world = new TrackingWorld()
  const open = world.submit(make({ from: 1 }))
  const done = world.submit(make({ from: 2 }))
  const gone = world.submit(make({ from: 3, lastHeight: 11 }))
  world.block([{ from: 2 }])
  world.save()
  const before = [done, gone].map((id) => world.tracker.state(id))
  world.restart(50_000)
  assert.deepEqual(
    [done, gone].map((id) => world.tracker.state(id)),
    before,
  )
  assert.equal(world.tracker.sinceHeight, undefined)
  assert.deepEqual(world.tracker.resend(50_000), [make({ from: 1 })])
  world.block([{ from: 1 }])
  assert.equal(world.kind(open), 'final')
})

test('what became final while the node was away is found in the blocks, or said to be unknown', () => {
  const world = new TrackingWorld()
  const found = world.submit(make({ from: 1 }))
  const lost = world.submit(make({ from: 2 }))
  const open = world.submit(make({ from: 3 }))
  world.save()
  world.restart()
  for (const from of [1, 2]) world.set(from, { nonce: 1 })
  world.finalise([1, 2])
  assert.equal(world.tracker.sinceHeight, 10)
  world.tracker.onFinal(11, [finalOf({ from: 1 })])
  world.tracker.settle()
  assert.deepEqual(
    [found, lost, open].map((id) => world.kind(id)),
    ['final', 'decided', 'pending'],
  )
})

test('damaged records are left out, and the others read', () => {
  const world = new TrackingWorld()
  world.submit(make({ from: 1 }))
  world.save()
  const [record] = world.disk.values()
  assert.ok(record !== undefined)
  for (const bad of [record.subarray(1), record.subarray(0, -1), Buffer.concat([record, Buffer.alloc(1)])]) {
    assert.equal(readTracked([bad, record], silentLogger).length, 1)
  }
  const unknown = new Uint8Array(record)
  unknown[unknown.length - 1] = 99
  assert.deepEqual(readTracked([unknown], silentLogger), [])
})

test('a user may stop watching', () => {
  const world = new TrackingWorld()
  const id = world.submit(make({ from: 1 }))
  world.save()
  world.tracker.forget(id)
  world.save()
  assert.equal(world.tracker.state(id), undefined)
  assert.equal(world.disk.size, 0)
  assert.deepEqual(world.tracker.resend(1e9), [])
})

test('nothing that is watched is ever lost, whatever leaves, restarts or is replaced', () => {
  for (let seed = 1; seed <= propertyRuns(5); seed += 1) {
    const random = new SeededRandom(seed)
    const world = new TrackingWorld({ maxTransactions: 12, ownTransactions: 4 })
    const watched = new Map<string, Uint8Array>()
    for (let step = 0; step < 200; step += 1) {
      const nowMs = step * 2_000
      const from = random.below(6)
      const { nonce } = world.account(accountOf(from))
      const wish = { from, nonce: nonce + random.below(3), fee: 200 + random.below(2_000), tip: random.below(200) }
      const life = { ...wish, lastHeight: world.height + 1 + random.below(30) }
      if (random.chance(0.3)) world.add(life)
      else if (random.chance(0.6)) {
        try {
          const id = world.submit(make(life), nowMs)
          watched.set(mapKey(id), id)
        } catch {}
      }
      world.save()
      if (random.chance(0.1)) world.restart(nowMs)
      world.tracker.resend(nowMs)
      if (random.chance(0.4)) {
        const picked = world.select({ maxTransactions: 2 })
        const transactions = picked.map(({ bytes }) => decodeTransaction(bytes))
        for (const { account, nonce: used } of transactions) {
          const number = Buffer.from(account).readUInt32BE(0) - 1
          world.set(number, { nonce: used + 1 })
        }
        world.height += 1
        const final = { height: world.height, baseFee: world.baseFee }
        world.mempool.onFinal({ ...final, changed: transactions.map(({ account }) => account) })
        const receipts = transactions.map((transaction) => ({
          account: transaction.account,
          nonce: transaction.nonce,
          id: transactionId(NETWORK, transaction),
          receipt: { transaction: transactionId(NETWORK, transaction), status: 0, usedUnits: 1, feePaid: 1n },
        }))
        world.tracker.onFinal(world.height, receipts)
      }
      for (const id of watched.values()) assert.ok(world.tracker.state(id) !== undefined, `seed ${seed}, step ${step}`)
      assert.ok(world.tracker.openCount <= bounds.tracked)
    }
    world.height += 100
    world.tracker.onFinal(world.height, [])
    assert.equal(world.tracker.openCount, 0, `seed ${seed}: each is decided in the end`)
  }
})
