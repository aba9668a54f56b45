import { assert, limits } from '@borgios/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { ByteReader, ByteWriter } from './bytes.ts'
import { HASH_BYTES } from './hashes.ts'
import { bucketHash, STATE_TREE_DEPTH } from './state-bucket.ts'

/** What the state holds in one bucket: proves that a record is there, and that one is not. */
export interface StateProof {
  /** As {@link encodeBucket} gives it. */
  readonly bucket: Uint8Array
  /** 16 of 32 bytes, from the leaf's neighbour up. */
  readonly siblings: readonly Uint8Array[]
}

const SIBLINGS_BYTES = STATE_TREE_DEPTH * HASH_BYTES

/** The state root that a proof leads to from the bucket of this number. */
export function stateRootOf(bucket: number, proof: StateProof): Uint8Array {
  assert(proof.siblings.length === STATE_TREE_DEPTH, 'a path has a sibling on each level')
  return proof.siblings.reduce((hash, sibling, level) => {
    const isRight = ((bucket >>> level) & 1) === 1
    const [left, right] = isRight ? [sibling, hash] : [hash, sibling]
    return sha256.create().update(left).update(right).digest()
  }, bucketHash(proof.bucket))
}

/** Siblings 16 x 32, length of the bucket u32, bucket. */
export function encodeStateProof({ bucket, siblings }: StateProof): Uint8Array {
  assert(siblings.length === STATE_TREE_DEPTH, 'a path has a sibling on each level')
  const writer = new ByteWriter(SIBLINGS_BYTES + 4 + bucket.length)
  for (const sibling of siblings) {
    assert(sibling.length === HASH_BYTES, 'a hash has 32 bytes')
    writer.fixed(sibling)
  }
  return writer.bytes(bucket).finish()
}

/** Views of the bytes; the bucket is not looked into. Throws PROTOCOL_MALFORMED. */
export function decodeStateProof(bytes: Uint8Array): StateProof {
  const reader = new ByteReader(bytes)
  const siblings = Array.from({ length: STATE_TREE_DEPTH }, () => reader.fixed(HASH_BYTES))
  const bucket = reader.bytes(limits.ledgerCodec.maxBucketBytes)
  reader.end()
  return { bucket, siblings }
}
