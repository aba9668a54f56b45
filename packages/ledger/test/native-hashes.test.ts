import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodePayload,
  encodeTransaction,
  payloadHash,
  receiptsRoot,
  transactionId,
  transactionSigningBytes,
} from '@borgios/protocol'
import fc from 'fast-check'
import { payloadHashOf, receiptsRootOf, signingBytesOf, transactionIdOf } from '../src/execution/native-hashes.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const counter = fc.nat()
const amount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const transaction = fc.record({
  account: bytes(32),
  nonce: counter,
  lastHeight: counter,
  maxFeePerUnit: amount,
  tipPerUnit: amount,
  operations: fc.array(
    fc.record({ module: fc.integer({ min: 1, max: 255 }), kind: fc.nat(255), body: fc.uint8Array({ maxLength: 200 }) }),
    { minLength: 1, maxLength: 4 },
  ),
  signatures: fc
    .array(bytes(64), { minLength: 1, maxLength: 5 })
    .map((signatures) => signatures.map((signature, key) => ({ key, signature }))),
})

const receipt = fc.record({ transaction: bytes(32), status: fc.nat(65_535), usedUnits: counter, feePaid: amount })

test('what the node hashes natively is what the protocol says', () => {
  fc.assert(
    fc.property(bytes(32), transaction, (network, one) => {
      const encoded = encodeTransaction(one)
      assert.deepEqual(signingBytesOf(network, encoded, one).slice(), transactionSigningBytes(network, one))
      assert.deepEqual(transactionIdOf(network, encoded, one), transactionId(network, one))
    }),
  )
  fc.assert(
    fc.property(fc.array(receipt, { maxLength: 40 }), (receipts) => {
      assert.deepEqual(receiptsRootOf(receipts), receiptsRoot(receipts))
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (transactions) => {
      const payload = encodePayload(transactions)
      assert.deepEqual(payloadHashOf(payload), payloadHash(payload))
    }),
  )
})
