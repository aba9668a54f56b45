import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MempoolWorld, make } from './mempool-world.ts'

test('a full mempool puts out the cheapest for a dearer one, and refuses the others unchecked', () => {
  const world = new MempoolWorld({ maxTransactions: 4 })
  for (const [from, tip] of [40, 20, 30, 50].entries()) world.put({ from, tip })
  const { checks } = world.ed25519
  assert.deepEqual(world.refuse({ from: 9, tip: 20 }), { reason: 'mempoolFull' })
  assert.equal(world.ed25519.checks, checks)
  world.put({ from: 9, tip: 21 })
  assert.deepEqual(world.order(), ['3:0', '0:0', '2:0', '9:0'])
})

test('of an account the last leaves first: what it must wait for makes it as cheap', () => {
  const world = new MempoolWorld({ maxTransactions: 4 })
  world.put({ from: 1, nonce: 0, tip: 1 })
  world.put({ from: 1, nonce: 1, tip: 900 })
  world.put({ from: 1, nonce: 2, tip: 900 })
  world.put({ from: 2, tip: 10 })
  world.put({ from: 3, tip: 5 })
  assert.deepEqual(world.order(), ['2:0', '3:0', '1:0', '1:1'])
  world.put({ from: 4, tip: 5 })
  world.put({ from: 5, tip: 5 })
  assert.deepEqual(world.order(), ['2:0', '3:0', '4:0', '5:0'])
})

test('behind a gap or below the base fee is cheaper than anything that can be included', () => {
  const world = new MempoolWorld({ maxTransactions: 3 })
  world.put({ from: 1, nonce: 1, tip: 900 })
  world.put({ from: 2, fee: 99, tip: 99 })
  world.put({ from: 3, tip: 0 })
  assert.equal(world.refuse({ from: 4, nonce: 7, tip: 999 }).reason, 'mempoolFull')
  world.put({ from: 5, tip: 0 })
  world.put({ from: 6, tip: 0 })
  assert.deepEqual(world.order(), ['3:0', '5:0', '6:0'])
})

test('bytes are bounded too: a large one must be worth more than each that leaves for it', () => {
  const small = make({ from: 1, size: 100 }).length
  const world = new MempoolWorld({ maxBytes: 10 * small })
  for (let from = 0; from < 10; from += 1) world.put({ from, size: 100, tip: 10 + from })
  const size = 100 + 4 * small
  assert.equal(world.refuse({ from: 20, size, tip: 14 }).reason, 'mempoolFull')
  assert.equal(world.mempool.size, 10, 'nothing left in vain')
  world.put({ from: 20, size, tip: 15 })
  assert.deepEqual(world.order(), ['9:0', '8:0', '7:0', '6:0', '5:0', '20:0'])
  assert.ok(world.mempool.bytes <= 10 * small)
})

test('a forged one puts nobody out', () => {
  const world = new MempoolWorld({ maxTransactions: 2 })
  world.put({ from: 1, tip: 1 })
  world.put({ from: 2, tip: 2 })
  for (let round = 0; round < 50; round += 1) {
    const signers = [{ position: 0, key: new Uint8Array(32) }]
    assert.equal(world.refuse({ from: 3, tip: 900 + round, signers }).reason, 'badSignature')
  }
  assert.deepEqual(world.order(), ['2:0', '1:0'])
  world.put({ from: 4, tip: 3 })
  assert.deepEqual(world.order(), ['4:0', '2:0'])
})

test('what own users watch is never put out, comes in at any price, and only so much of it', () => {
  const world = new MempoolWorld({ maxTransactions: 4, ownTransactions: 2 })
  world.put({ from: 1, tip: 0 }, true)
  for (const from of [2, 3, 4]) world.put({ from, tip: 10 })
  world.put({ from: 5, tip: 0 }, true)
  assert.equal(world.refuse({ from: 6, tip: 0 }, true).reason, 'mempoolFull', 'a third has no privilege')
  for (const from of [7, 8]) world.put({ from, tip: 20 })
  assert.equal(world.refuse({ from: 9, tip: 20 }).reason, 'mempoolFull')
  assert.deepEqual(world.order(), ['7:0', '8:0', '1:0', '5:0'])
})

test('one that came from elsewhere is kept too once an own user watches it; one that cannot pay is not', () => {
  const world = new MempoolWorld({ maxTransactions: 2 })
  world.put({ from: 1, tip: 1 })
  assert.equal(world.add({ from: 1, tip: 1 }, true).outcome, 'known')
  world.put({ from: 2, tip: 2 })
  world.put({ from: 3, tip: 3 })
  assert.deepEqual(world.order(), ['3:0', '1:0'])
  world.set(1, { balance: 5n })
  world.finalise([1])
  assert.deepEqual(world.order(), ['3:0'])
})

test('an own user may begin to watch one that is about to leave', () => {
  const world = new MempoolWorld({ maxTransactions: 3 })
  for (const from of [1, 2, 3]) world.put({ from, tip: from })
  world.put({ from: 4, tip: 4 })
  assert.equal(world.add({ from: 2, tip: 2 }, true).outcome, 'known')
  world.put({ from: 5, tip: 5 })
  assert.deepEqual(world.order(), ['5:0', '4:0', '2:0'])
})

test('a new base fee makes a new order of who leaves', () => {
  const world = new MempoolWorld({ maxTransactions: 2 })
  world.put({ from: 1, tip: 50, fee: 150 })
  world.put({ from: 2, tip: 10, fee: 1_000 })
  assert.equal(world.refuse({ from: 3, tip: 10 }).reason, 'mempoolFull')
  world.finalise([], 145n)
  world.put({ from: 3, tip: 10 })
  assert.deepEqual(world.order(), ['2:0', '3:0'])
})

test('spam of many accounts with one transaction each: the bound holds, and who offers more gets in', () => {
  const world = new MempoolWorld({ maxTransactions: 300 })
  for (let from = 0; from < 2_000; from += 1) world.add({ from, tip: 1 })
  assert.equal(world.mempool.size, 300)
  assert.equal(world.ed25519.checks, 300, 'who offers no more than the others costs no check')
  for (let from = 5_000; from < 5_300; from += 1) world.put({ from, tip: 2 })
  assert.ok(world.order().every((place) => Number.parseInt(place, 10) >= 5_000))
})
