import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferPool } from '@borgios/core'

const options = { bufferBytes: 64, kept: 2, minBytes: 16 }
const giveBack = (lent: Disposable): void => lent[Symbol.dispose]()

test('a buffer given back is used again, and only then', () => {
  const pool = new BufferPool(options)
  const first = pool.lend(64)
  const second = pool.lend(64)
  assert.notEqual(first.bytes.buffer, second.bytes.buffer)
  giveBack(first)
  const third = pool.lend(20)
  assert.equal(third.bytes.buffer, first.bytes.buffer)
  assert.equal(third.bytes.length, 20)
})

test('giving back twice does not hand it to two', () => {
  const pool = new BufferPool(options)
  const lent = pool.lend(64)
  giveBack(lent)
  giveBack(lent)
  assert.notEqual(pool.lend(64).bytes.buffer, pool.lend(64).bytes.buffer)
})

test('no more are kept than were asked for', () => {
  const pool = new BufferPool(options)
  const lent = [1, 2, 3].map(() => pool.lend(64))
  lent.forEach(giveBack)
  const again = new Set([1, 2, 3].map(() => pool.lend(64).bytes.buffer))
  assert.equal(lent.filter(({ bytes }) => again.has(bytes.buffer)).length, options.kept)
})

test('a few bytes have a buffer of their own size', () => {
  const lent = new BufferPool(options).lend(15)
  assert.equal(lent.bytes.buffer.byteLength, 15)
  giveBack(lent)
})

test('more than a buffer holds is not lent', () => {
  const pool = new BufferPool(options)
  assert.throws(() => pool.lend(65), /no more is lent/)
  assert.equal(pool.lend(64).bytes.length, 64)
})
