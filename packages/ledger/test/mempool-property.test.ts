import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { propertyRuns } from './full-slice.ts'
import { MempoolModel, type ModelEntry } from './mempool-model.ts'
import { accountOf, MempoolWorld } from './mempool-world.ts'

const ACCOUNTS = 5
const from = fc.nat(ACCOUNTS - 1)

/** Few values, so that ties, raises and gaps happen often. */
const add = fc
  .record({
    kind: fc.constant('add' as const),
    from,
    nonce: fc.oneof({ weight: 9, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(80) }),
    fee: fc.constantFrom(40, 90, 120, 200, 201, 300, 5_000),
    tip: fc.constantFrom(0, 1, 10, 12, 40, 4_000),
    lastHeight: fc.constantFrom(10, 12, 14, 200),
    isOwn: fc.boolean(),
  })
  .map((wish) => ({ ...wish, tip: Math.min(wish.tip, wish.fee) }))
const finalise = fc.record({
  kind: fc.constant('finalise' as const),
  from,
  nonces: fc.nat(2),
  balance: fc.constantFrom(0, 50_000, 600_000, 1e12),
  baseFee: fc.constantFrom(80, 100, 150),
})
const select = fc.record({ kind: fc.constant('select' as const), most: fc.constantFrom(1, 3, 100) })
const steps = fc.array(
  fc.oneof({ weight: 8, arbitrary: add }, { weight: 1, arbitrary: finalise }, { weight: 1, arbitrary: select }),
  { maxLength: 120, size: 'max' },
)

test('the mempool does what the plain model does', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 2, max: 10 }), (plan, most) => {
      const world = new MempoolWorld({ maxTransactions: most })
      const model = new MempoolModel(most)
      for (const step of plan) {
        if (step.kind === 'add') {
          const { kind, ...wish } = step
          const admission = world.add(wish, wish.isOwn)
          const outcome = admission.outcome === 'refused' ? admission.refusal.reason : admission.outcome
          assert.equal(outcome, model.add(wish, world.height, Number(world.baseFee)))
          const isThere = ({ from: name, nonce, fee, tip }: ModelEntry) => {
            const entry = world.mempool.find(accountOf(name), nonce)
            return entry?.feePerUnit === fee && entry.tipPerUnit === tip
          }
          assert.ok(model.follow(isThere), 'the right one left')
        } else if (step.kind === 'finalise') {
          const nonce = (model.accounts.get(step.from)?.nonce ?? 0) + step.nonces
          model.accounts.set(step.from, { nonce, balance: step.balance })
          world.set(step.from, { nonce, balance: BigInt(step.balance) })
          world.finalise([step.from], BigInt(step.baseFee))
          model.finalise(step.from, world.height)
        } else {
          const order = world.order({ maxTransactions: step.most })
          assert.deepEqual(order, model.order(world.height + 1, Number(world.baseFee), step.most))
        }
        assert.equal(world.mempool.size, model.size)
      }
    }),
    { numRuns: propertyRuns(300) },
  )
})
