import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError } from '@borgios/core'
import * as protocol from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import * as values from './ledger-values.ts'

interface Codec<Value> {
  readonly name: string
  readonly value: fc.Arbitrary<Value>
  readonly encode: (value: Value) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Value
}

const codecOf = <Value>(
  name: string,
  value: fc.Arbitrary<Value>,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Value,
): Codec<Value> => ({ name, value, encode, decode })

const CODECS = [
  codecOf('transaction', values.transaction, protocol.encodeTransaction, protocol.decodeTransaction),
  codecOf('header', values.header, protocol.encodeHeader, protocol.decodeHeader),
  codecOf('payload', values.payload, protocol.encodePayload, protocol.decodePayload),
  codecOf('block', values.block, protocol.encodeBlock, protocol.decodeBlock),
  codecOf('vote', values.vote, protocol.encodeVote, protocol.decodeVote),
  codecOf('certificate', values.certificate, protocol.encodeCertificate, protocol.decodeCertificate),
  codecOf('committee', values.committee, protocol.encodeCommittee, protocol.decodeCommittee),
  codecOf('receipt', values.receipt, protocol.encodeReceipt, protocol.decodeReceipt),
  codecOf('receipt proof', values.receiptProof, protocol.encodeReceiptProof, protocol.decodeReceiptProof),
  codecOf('bucket', values.bucket, protocol.encodeBucket, protocol.decodeBucket),
  codecOf('state proof', values.stateProof, protocol.encodeStateProof, protocol.decodeStateProof),
  codecOf('transfer', values.transfer, protocol.encodeTransfer, protocol.decodeTransfer),
  codecOf('account', values.account, protocol.encodeAccount, protocol.decodeAccount),
  codecOf('finality proof', values.finalityProof, protocol.encodeFinalityProof, protocol.decodeFinalityProof),
  codecOf('epoch proof', values.epochProof, protocol.encodeEpochProof, protocol.decodeEpochProof),
  codecOf('checkpoint', values.checkpoint, protocol.encodeCheckpoint, protocol.decodeCheckpoint),
] as const

/** Decodes and encodes again; undefined when the bytes are refused as they should be. */
function again<Value>({ encode, decode }: Codec<Value>, bytes: Uint8Array): Uint8Array | undefined {
  let value: Value
  try {
    value = decode(bytes)
  } catch (error) {
    if (isBorgError(error) && error.code === 'PROTOCOL_MALFORMED' && error.blame === 'peer') return undefined
    throw error
  }
  return encode(value)
}

/** The bytes are refused, or they are the one encoding of what they say. */
function assertOneEncoding<Value>(codec: Codec<Value>, bytes: Uint8Array): void {
  const encoded = again(codec, bytes)
  if (encoded !== undefined) assert.deepEqual(encoded, bytes)
}

/** One change to some bytes: a byte, a few of them, the end cut off, something added, a part doubled. */
const change: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([place, xor]) => (bytes: Uint8Array) => {
    const changed = Uint8Array.from(bytes)
    const at = place % Math.max(1, bytes.length)
    changed[at] = (changed[at] ?? 0) ^ xor
    return changed
  }),
  fc.nat().map((place) => (bytes: Uint8Array) => bytes.slice(0, place % (bytes.length + 1))),
  fc.uint8Array({ minLength: 1, maxLength: 70 }).map((tail) => (bytes: Uint8Array) => Uint8Array.of(...bytes, ...tail)),
  fc.tuple(fc.nat(), fc.nat(100)).map(([place, length]) => (bytes: Uint8Array) => {
    const at = place % (bytes.length + 1)
    return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - length)))
  }),
)

function check<Value>(codec: Codec<Value>): void {
  test(`${codec.name}: what was encoded decodes to the same`, () => {
    fc.assert(
      fc.property(codec.value, (value) => assert.deepEqual(codec.decode(codec.encode(value)), value)),
      { numRuns: RUNS },
    )
  })

  test(`${codec.name}: altered bytes are refused, or are the one encoding of something else`, () => {
    fc.assert(
      fc.property(codec.value, fc.array(change, { minLength: 1, maxLength: 2 }), (value, changes) =>
        assertOneEncoding(
          codec,
          changes.reduce((bytes, each) => each(bytes), codec.encode(value)),
        ),
      ),
      { numRuns: RUNS * 3 },
    )
  })

  test(`${codec.name}: arbitrary bytes are refused, or are the one encoding of something`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => assertOneEncoding(codec, bytes)),
      { numRuns: RUNS },
    )
  })
}

for (const codec of CODECS) check(codec as Codec<unknown>)
