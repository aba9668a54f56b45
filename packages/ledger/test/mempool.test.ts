import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { Mempool } from '@borgios/ledger'
import { decodeTransaction } from '@borgios/protocol'
import { accountOf, BASE_FEE, MempoolWorld, make, placeOf, UNITS } from './mempool-world.ts'

const bounds = limits.ledgerMempool

test('what gives the leader most goes first, but the nonces of an account stay in order', () => {
  const world = new MempoolWorld()
  world.put({ from: 1, nonce: 0, tip: 5 })
  world.put({ from: 1, nonce: 1, tip: 90 })
  world.put({ from: 2, tip: 20 })
  world.put({ from: 3, tip: 50, fee: Number(BASE_FEE) + 3 })
  assert.deepEqual(world.order(), ['2:0', '1:0', '1:1', '3:0'])
})

test('of equal offers, accounts with less in the block go first, then who came first', () => {
  const world = new MempoolWorld()
  for (const nonce of [0, 1, 2]) world.put({ from: 1, nonce })
  world.put({ from: 2 })
  world.put({ from: 3 })
  assert.deepEqual(world.order(), ['1:0', '2:0', '3:0', '1:1', '1:2'])
})

test('what has no room in a block lets smaller ones pass, and its successors wait', () => {
  const world = new MempoolWorld()
  world.put({ from: 1, nonce: 0, tip: 90, size: 2_000 })
  world.put({ from: 1, nonce: 1, tip: 90 })
  const small = world.put({ from: 2 })
  assert.deepEqual(world.order({ maxBytes: 1_000 }), ['2:0'])
  assert.deepEqual(world.order({ maxUnits: UNITS }), ['1:0'])
  assert.deepEqual(world.order({ maxTransactions: 2 }), ['1:0', '1:1'])
  assert.deepEqual(world.order({ maxBytes: small.bytes.length + 8 }), ['2:0'])
  assert.deepEqual(world.order({ maxBytes: small.bytes.length + 7 }), [])
})

test('a block never holds what is below its base fee, expired, or behind a gap', () => {
  const world = new MempoolWorld()
  world.put({ from: 1, fee: 99 })
  world.put({ from: 2, nonce: 1 })
  world.put({ from: 3, lastHeight: 12 })
  world.put({ from: 4, fee: 100 })
  assert.deepEqual(world.order({ height: 12 }), ['3:0', '4:0'])
  assert.deepEqual(world.order({ height: 13 }), ['4:0'])
  assert.deepEqual(world.order({ height: 12, baseFee: 99n }), ['3:0', '4:0', '1:0'])
})

test('only what may enter the next block is ready: not behind a gap, below the base fee, too large or set aside', () => {
  const world = new MempoolWorld()
  const isReady = (maxUnits = UNITS): boolean => world.mempool.isReady(maxUnits)
  world.put({ from: 1, nonce: 1 })
  world.put({ from: 2, fee: 90 })
  assert.equal(isReady(), false)
  world.finalise([], 80n)
  assert.equal(isReady(), true, 'the fee fell')
  assert.equal(isReady(UNITS - 1), false)
  world.finalise([], 100n)
  assert.equal(isReady(), false, 'the fee rose')
  const first = world.put({ from: 1, nonce: 0 })
  assert.equal(isReady(), true, 'the gap is closed')
  world.mempool.setAside(first)
  assert.equal(isReady(), false)
  world.finalise([])
  assert.equal(isReady(), false, 'its account is what it was')
  world.set(1, { balance: 10n ** 13n })
  world.finalise([1])
  assert.equal(isReady(), true, 'its account is another')
  world.mempool.drop(first)
  assert.equal(isReady(), false)
  world.put({ from: 3, lastHeight: world.height + 1 })
  assert.equal(isReady(), true)
  world.finalise([])
  assert.equal(isReady(), false, 'it expired')
})

test('transactions too large for any block keep nothing else out, however much they offer', () => {
  const world = new MempoolWorld()
  let units = UNITS * 10
  const mempool = new Mempool(
    { height: world.height, baseFee: world.baseFee },
    { accounts: world, verifier: world.verifier, unitsOf: () => units },
  )
  for (let from = 1; from <= limits.ledgerMempool.misfits + 1; from += 1) {
    assert.equal(mempool.add(make({ from, tip: 500 })).outcome, 'added')
  }
  units = UNITS
  assert.equal(mempool.add(make({ from: 1_000 })).outcome, 'added')
  const request = { height: world.height + 1, baseFee: world.baseFee, maxBytes: 1e6, maxTransactions: 100 }
  assert.equal(mempool.select({ ...request, maxUnits: UNITS }).length, 1)
})

test('what blocks under way hold is left out, and what comes after it is not', () => {
  const world = new MempoolWorld()
  for (const nonce of [0, 1, 2]) world.put({ from: 1, nonce })
  const nonces = new Map(world.select({ maxTransactions: 2 }).map(({ account, nonce }) => [account, nonce + 1]))
  assert.deepEqual(world.order({ nonces }), ['1:2'])
  assert.deepEqual(world.order(), ['1:0', '1:1', '1:2'], 'had the proposal failed, nothing would be lost')
})

test('what a final block used leaves, whoever sent it', () => {
  const world = new MempoolWorld()
  for (const nonce of [0, 1, 2]) world.put({ from: 1, nonce })
  world.put({ from: 2 })
  world.set(1, { nonce: 2 })
  world.finalise([1])
  assert.deepEqual(world.order(), ['1:2', '2:0'])
  assert.equal(world.mempool.size, 2)
  assert.equal(world.mempool.bytes, make({ from: 1 }).length * 2)
})

test('nonces: used ones are refused, gaps are allowed up to the bound', () => {
  const world = new MempoolWorld()
  world.set(1, { nonce: 5 })
  assert.deepEqual(world.refuse({ from: 1, nonce: 4 }), { reason: 'nonceUsed', next: 5 })
  const most = 5 + bounds.accountNonces - 1
  world.put({ from: 1, nonce: most })
  assert.deepEqual(world.refuse({ from: 1, nonce: most + 1 }), { reason: 'nonceTooFar', next: 5, most })
  assert.equal(world.refuse({ from: 1, nonce: Number.MAX_SAFE_INTEGER }).reason, 'nonceTooFar')
})

test('the life of a transaction has two ends', () => {
  const world = new MempoolWorld()
  assert.deepEqual(world.refuse({ from: 1, lastHeight: 10 }), { reason: 'expired', height: 10 })
  const most = 11 + limits.ledgerMoney.maxLifeBlocks
  assert.deepEqual(world.refuse({ from: 1, lastHeight: most + 1 }), { reason: 'lifeTooLong', most })
  world.put({ from: 1, lastHeight: most })
  world.put({ from: 2, lastHeight: 12 })
  world.put({ from: 3, lastHeight: 14 })
  world.finalise([])
  assert.equal(world.mempool.size, 3)
  world.finalise([])
  assert.equal(world.mempool.size, 2)
  world.finalise([], BASE_FEE, 2)
  assert.deepEqual(world.order(), ['1:0'])
})

test('a transaction is replaced only by one that offers an eighth more, fee and tip', () => {
  const world = new MempoolWorld()
  world.put({ from: 1, fee: 800, tip: 80 })
  const needed = { reason: 'raiseTooSmall', leastFee: 901, leastTip: 91 }
  assert.deepEqual(world.refuse({ from: 1, fee: 900, tip: 91 }), needed)
  assert.deepEqual(world.refuse({ from: 1, fee: 901, tip: 90 }), needed)
  const admission = world.add({ from: 1, fee: 901, tip: 91 })
  assert.ok(admission.outcome === 'added' && admission.replaced?.tipPerUnit === 80)
  assert.equal(world.mempool.size, 1)
  assert.deepEqual(
    world.select().map(({ tipPerUnit }) => tipPerUnit),
    [91],
  )
})

test('a storm of replacements ends when the balance does, after few checks', () => {
  const world = new MempoolWorld()
  world.set(1, { balance: 10n ** 9n })
  let fee = 200
  for (; world.add({ from: 1, fee, tip: fee }).outcome === 'added'; fee += Math.floor(fee / 8) + 1);
  assert.ok(world.ed25519.checks < 100, `${world.ed25519.checks} checks`)
  for (let step = 0; step < 1_000; step += 1) world.refuse({ from: 1, fee: 150 + step, tip: 0 })
  assert.ok(world.ed25519.checks < 100, 'what is refused for its offer costs no check')
})

test('the same transaction with other signatures is known, and costs no check', () => {
  const world = new MempoolWorld()
  world.put({ from: 1 })
  for (let salt = 1; salt < 50; salt += 1) assert.equal(world.add({ from: 1, salt }).outcome, 'known')
  assert.equal(world.add({ from: 1 }).outcome, 'known')
  assert.equal(world.mempool.size, 1)
  assert.equal(world.ed25519.checks, 1)
})

test('signatures: a false one is its bringer’s fault, and is checked again each time; a true one is checked once', () => {
  const world = new MempoolWorld()
  const forged = { from: 1, signers: [{ position: 0, key: accountOf(2) }] }
  assert.deepEqual(world.refuse(forged), { reason: 'badSignature' })
  assert.deepEqual(world.refuse(forged), { reason: 'badSignature' })
  assert.equal(world.ed25519.checks, 2)
  assert.equal(world.refuse({ from: 1, signers: [{ position: 1, key: accountOf(1) }] }).reason, 'badSignature')
  world.put({ from: 1 })
  world.put({ from: 2 })
  const { checks } = world.ed25519
  for (const { bytes } of world.select()) {
    const transaction = decodeTransaction(bytes)
    assert.ok(world.verifier.verify({ bytes, transaction }, [transaction.account]))
  }
  assert.equal(world.ed25519.checks, checks)
})

test('a majority account: enough keys sign, and all again when its policy changes', () => {
  const world = new MempoolWorld()
  const keys = [accountOf(21), accountOf(22), accountOf(23)]
  const signer = (position: number) => ({ position, key: keys[position] ?? accountOf(0) })
  world.set(1, { policy: { needed: 2, keys } })
  assert.deepEqual(world.refuse({ from: 1, signers: [signer(2)] }), { reason: 'policyUnmet' })
  assert.deepEqual(world.refuse({ from: 1 }), { reason: 'policyUnmet' })
  world.put({ from: 1, nonce: 0, signers: [signer(0), signer(2)] })
  world.put({ from: 1, nonce: 1, signers: [signer(0), signer(1)] })
  world.finalise([1])
  assert.equal(world.mempool.size, 2)
  world.set(1, { policy: { needed: 2, keys: [accountOf(21), accountOf(24), accountOf(23)] } })
  world.finalise([1])
  assert.deepEqual(world.order(), ['1:0'])
  world.set(1, { policy: { needed: 3, keys: [accountOf(21), accountOf(24), accountOf(23)] } })
  world.finalise([1])
  assert.equal(world.mempool.size, 0)
})

test('an account must be able to pay the fees of all that waits', () => {
  const world = new MempoolWorld()
  world.set(1, { balance: BigInt(3 * 1_000 * UNITS) })
  for (const nonce of [0, 1]) world.put({ from: 1, nonce })
  world.put({ from: 1, nonce: 2, fee: 500 })
  assert.deepEqual(world.refuse({ from: 1, nonce: 3, fee: 501 }), {
    reason: 'fundsShort',
    balance: 300_000n,
    needed: 300_100,
  })
  world.set(1, { balance: 200_000n })
  world.finalise([1])
  assert.deepEqual(world.order(), ['1:0', '1:1'])
  world.set(1, { balance: 99_999n })
  world.finalise([1])
  assert.equal(world.mempool.size, 0)
})

test('offers: too low to ever be mined soon, and beyond reason', () => {
  const world = new MempoolWorld()
  assert.deepEqual(world.refuse({ from: 1, fee: 49 }), { reason: 'feeTooLow', least: 50 })
  world.put({ from: 1, fee: 50 })
  assert.equal(world.refuse({ from: 2, fee: 2 ** 50 }).reason, 'feeTooHigh')
  assert.equal(world.ed25519.checks, 1)
})

test('one account cannot fill the mempool: neither with many nor with large ones', () => {
  const world = new MempoolWorld()
  let nonce = 0
  for (; world.add({ from: 1, nonce, size: 16_000 }).outcome === 'added'; nonce += 1);
  assert.deepEqual(world.refuse({ from: 1, nonce, size: 16_000 }), { reason: 'accountFull' })
  assert.ok(world.mempool.bytes <= bounds.accountBytes)
  for (nonce = 0; nonce < 200; nonce += 1) world.add({ from: 2, nonce })
  assert.equal(world.mempool.size, Math.floor(bounds.accountBytes / 16_200) + bounds.accountNonces)
})

test('bytes from a batch are copied: what is kept does not change with them, nor keep the batch', () => {
  const world = new MempoolWorld()
  const batch = Buffer.concat([Buffer.alloc(100_000), make({ from: 1 })])
  assert.equal(world.mempool.add(batch.subarray(100_000)).outcome, 'added')
  batch.fill(0)
  const [entry] = world.select()
  assert.deepEqual(entry?.bytes, make({ from: 1 }))
  assert.ok((entry?.bytes.buffer.byteLength ?? 0) < 1_000)
})

test('what no block can hold may be taken out', () => {
  const world = new MempoolWorld()
  const entry = world.put({ from: 1 })
  world.put({ from: 1, nonce: 1 })
  world.mempool.drop(entry)
  world.mempool.drop(entry)
  assert.equal(world.mempool.size, 1)
  assert.deepEqual(world.order(), [])
  assert.equal(placeOf(entry), '1:0')
})

test('bytes that are no transaction are refused as their bringer’s fault', () => {
  const world = new MempoolWorld()
  for (const bytes of [new Uint8Array(0), new Uint8Array(70_000), make({ from: 1 }).subarray(1)]) {
    assert.deepEqual(world.mempool.add(bytes), { outcome: 'refused', refusal: { reason: 'malformed' } })
  }
})
