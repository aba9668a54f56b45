import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter, compareBytes } from './bytes.ts'
import { HASH_BYTES, taggedHash } from './hashes.ts'

export interface Validator {
  /** 32 bytes: the node's key. */
  readonly key: Uint8Array
  /** At least 1; capped so that nobody alone decides. */
  readonly weight: number
}

/** Who decides in an epoch, in the order of their keys. */
export interface Committee {
  readonly epoch: number
  readonly validators: readonly Validator[]
}

/** Weight that decides: more than two thirds of all. Two quorums share at least one honest validator. */
export const quorumOf = (totalWeight: number): number => Math.floor((2 * totalWeight) / 3) + 1

const { maxValidators } = limits.ledgerCodec

const VALIDATOR_BYTES = HASH_BYTES + 4

/** Puts a committee into a longer encoding. */
export function writeCommittee(writer: ByteWriter, { epoch, validators }: Committee): void {
  assert(validators.length >= 1 && validators.length <= maxValidators, 'a committee has validators, and not too many')
  writer.u64(epoch).u16(validators.length)
  let previous: Uint8Array | undefined
  for (const { key, weight } of validators) {
    assert(key.length === HASH_BYTES && weight >= 1, 'a validator has a key of 32 bytes and weight')
    assert(previous === undefined || compareBytes(previous, key) < 0, 'keys rise')
    writer.fixed(key).u32(weight)
    previous = key
  }
}

/** Takes a committee out of a longer encoding. Throws PROTOCOL_MALFORMED. */
export function readCommittee(reader: ByteReader): Committee {
  const epoch = reader.u64()
  const count = reader.u16()
  if (count === 0 || count > maxValidators) throw malformed('a committee has validators, and not too many')
  const validators: Validator[] = []
  for (let previous: Uint8Array | undefined; validators.length < count; ) {
    const key = reader.fixed(HASH_BYTES)
    const weight = reader.u32()
    if (previous !== undefined && compareBytes(previous, key) >= 0) throw malformed('keys do not rise')
    if (weight === 0) throw malformed('a validator without weight')
    validators.push({ key, weight })
    previous = key
  }
  return { epoch, validators }
}

/** Epoch u64, number of validators u16, each key 32 and weight u32. */
export function encodeCommittee(committee: Committee): Uint8Array {
  const writer = new ByteWriter(8 + 2 + committee.validators.length * VALIDATOR_BYTES)
  writeCommittee(writer, committee)
  return writer.finish()
}

/** Its keys are views. Throws PROTOCOL_MALFORMED. */
export function decodeCommittee(bytes: Uint8Array): Committee {
  const reader = new ByteReader(bytes)
  const committee = readCommittee(reader)
  reader.end()
  return committee
}

/** Names a committee in headers. */
export const committeeHash = (committee: Committee): Uint8Array => taggedHash('committee/1', encodeCommittee(committee))
