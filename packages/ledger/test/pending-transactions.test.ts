import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { PendingTransactions } from '../src/engine/pending-transactions.ts'
import { Mempool } from '../src/mempool/mempool.ts'
import { RememberingVerifier } from '../src/mempool/transaction-verifier.ts'
import { unitsBy } from '../src/mempool/units.ts'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { chainFromGenesis, NETWORK, transferBy } from './support/ledger-cluster.ts'

function openPending(): { readonly mempool: Mempool; readonly pending: PendingTransactions; readonly top: Uint8Array } {
  const chain = chainFromGenesis({ nodes: 4 })
  const mempool = new Mempool(
    { height: 0, baseFee: chain.record.baseFee },
    {
      accounts: { account: (key) => accountOf(chain.state, key) },
      verifier: new RememberingVerifier(sodiumEd25519, NETWORK),
      unitsOf: unitsBy(chain.modules.registry),
    },
  )
  return { mempool, pending: new PendingTransactions(mempool, chain), top: chain.point.block }
}

test('a transaction whose nonce lies behind a gap is no work', () => {
  const { mempool, pending } = openPending()
  assert.equal(mempool.add(transferBy('alice', 'bob', 1)).outcome, 'added')
  assert.equal(pending.isWaiting, false)
  assert.equal(mempool.add(transferBy('alice', 'bob', 0)).outcome, 'added')
  assert.equal(pending.isWaiting, true)
})

test('a transaction that a block could not take is no work, but offered again to the next block', () => {
  const { mempool, pending, top } = openPending()
  assert.equal(mempool.add(transferBy('alice', 'bob', 0)).outcome, 'added')
  const [transaction] = pending.select(1, top)
  assert(transaction !== undefined && pending.isWaiting)
  pending.leftOut([{ transaction, why: 'fundsShort' }])
  assert.equal(pending.isWaiting, false)
  assert.deepEqual([...pending.select(2, top)], [transaction])
  pending.leftOut([{ transaction, why: 'badSignature' }])
  assert.deepEqual([...pending.select(2, top)], [])
})

test('a transaction for which a block had no room is still work', () => {
  const { mempool, pending, top } = openPending()
  assert.equal(mempool.add(transferBy('alice', 'bob', 0)).outcome, 'added')
  const [transaction] = pending.select(1, top)
  assert(transaction !== undefined)
  pending.leftOut([{ transaction, why: 'blockFull' }])
  assert.equal(pending.isWaiting, true)
})
