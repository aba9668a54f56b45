import { assert } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { type Committee, readCommittee, writeCommittee } from './committee.ts'
import { HASH_BYTES } from './hashes.ts'

/** A place of the chain that somebody trusts, taken from a source of their own choice: where checking, or following, begins. */
export interface Checkpoint {
  /** 32 bytes. */
  readonly network: Uint8Array
  /** Who decides on the next block: its epoch is the block's own or, after the last of one, the next. */
  readonly committee: Committee
  /** Height of the last block of that epoch. */
  readonly lastHeight: number
  /** The trusted block. Genesis has height 0. */
  readonly height: number
  /** {@link headerHash} of that block. */
  readonly blockHash: Uint8Array
  /** The state after it. */
  readonly stateRoot: Uint8Array
  /** When it was made: a checkpoint serves only while those who signed then can still lose their deposits. */
  readonly timeMs: number
}

/** Network 32, height u64, block hash 32, state root 32, time u64, last height u64, committee. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { network, committee, lastHeight, height, blockHash, stateRoot, timeMs } = checkpoint
  assert(
    [network, blockHash, stateRoot].every((bytes) => bytes.length === HASH_BYTES),
    'a hash has 32 bytes',
  )
  assert(height < lastHeight, 'blocks follow in the epoch')
  const writer = new ByteWriter().fixed(network).u64(height).fixed(blockHash).fixed(stateRoot)
  writeCommittee(writer.u64(timeMs).u64(lastHeight), committee)
  return writer.finish()
}

/** Its bytes are views. Throws PROTOCOL_MALFORMED. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const reader = new ByteReader(bytes)
  const network = reader.fixed(HASH_BYTES)
  const height = reader.u64()
  const blockHash = reader.fixed(HASH_BYTES)
  const stateRoot = reader.fixed(HASH_BYTES)
  const timeMs = reader.u64()
  const lastHeight = reader.u64()
  if (height >= lastHeight) throw malformed('a checkpoint in an epoch that is over')
  const committee = readCommittee(reader)
  reader.end()
  return { network, committee, lastHeight, height, blockHash, stateRoot, timeMs }
}
