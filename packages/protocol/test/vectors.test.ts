import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError } from '@borgios/core'
import * as protocol from '@borgios/protocol'
import { committed, made, toJson } from './vector-files.ts'

type Name = keyof typeof made

/** Decodes and encodes again, and gives what was decoded as JSON. */
const through =
  <Value>(decode: (bytes: Uint8Array) => Value, encode: (value: Value) => Uint8Array) =>
  (bytes: Uint8Array) => {
    const value = decode(bytes)
    return { value: toJson(value), bytes: Buffer.from(encode(value)).toString('hex') }
  }

const READERS: Readonly<Record<Name, ReturnType<typeof through>>> = {
  transaction: through(protocol.decodeTransaction, protocol.encodeTransaction),
  transfer: through(protocol.decodeTransfer, protocol.encodeTransfer),
  account: through(protocol.decodeAccount, protocol.encodeAccount),
  header: through(protocol.decodeHeader, protocol.encodeHeader),
  payload: through(protocol.decodePayload, protocol.encodePayload),
  block: through(protocol.decodeBlock, protocol.encodeBlock),
  vote: through(protocol.decodeVote, protocol.encodeVote),
  certificate: through(protocol.decodeCertificate, protocol.encodeCertificate),
  committee: through(protocol.decodeCommittee, protocol.encodeCommittee),
  receipt: through(protocol.decodeReceipt, protocol.encodeReceipt),
  'receipt-proof': through(protocol.decodeReceiptProof, protocol.encodeReceiptProof),
  bucket: through(protocol.decodeBucket, protocol.encodeBucket),
  'state-proof': through(protocol.decodeStateProof, protocol.encodeStateProof),
  'finality-proof': through(protocol.decodeFinalityProof, protocol.encodeFinalityProof),
  'epoch-proof': through(protocol.decodeEpochProof, protocol.encodeEpochProof),
  checkpoint: through(protocol.decodeCheckpoint, protocol.encodeCheckpoint),
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

for (const [name, read] of Object.entries(READERS) as [Name, ReturnType<typeof through>][]) {
  test(`${name}: the committed vectors are what the script makes`, () =>
    assert.deepEqual(committed(name), JSON.parse(JSON.stringify(made[name]))))

  test(`${name}: every vector decodes to its value, or is refused`, () => {
    const { valid, refused } = committed(name)
    assert.ok(valid.length > 0)
    for (const { name: what, value, bytes } of valid) {
      assert.deepEqual(read(bytesOf(bytes)), { value, bytes }, what)
    }
    for (const { name: what, bytes } of refused) {
      // Refused for its rule: nothing is missing, and nothing is left over.
      const isMalformed = (error: unknown) =>
        isBorgError(error) && error.code === 'PROTOCOL_MALFORMED' && !/too early|bytes too many/.test(error.message)
      assert.throws(() => read(bytesOf(bytes)), isMalformed, what)
    }
  })
}
