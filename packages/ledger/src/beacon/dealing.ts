import { ephemeralAgreement, SEAL_BYTES, sealOnce } from '@borgios/crypto/native'
import { ByteWriter, compareBytes, HASH_BYTES, malformed, taggedHash } from '@borgios/protocol'
import { bytesOfElement, ELEMENT_BYTES, elementFrom, evaluate } from './field.ts'
import type { Instance, Round } from './round.ts'

const SEALED_BYTES = ELEMENT_BYTES + SEAL_BYTES
const HEAD_BYTES = 2 * HASH_BYTES
/** What each member adds to a dealing. */
export const SHARE_BYTES = HASH_BYTES + SEALED_BYTES

/** What a dealing among so many members takes. */
export const dealingBytes = (members: number): number => HEAD_BYTES + members * SHARE_BYTES

/** What a member's part of a dealing says. */
export interface SealedShare {
  /** 32 bytes: hash of the share. */
  readonly commitment: Uint8Array
  readonly sealed: Uint8Array
}

/** The dealing's parts, as views. Throws PROTOCOL_MALFORMED if it has not the length it must have. */
export class Dealing {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array, members: number) {
    if (bytes.length !== dealingBytes(members)) throw malformed(`a dealing to ${members} members has another length`)
    this.bytes = bytes
  }

  /** Hash of the seed. */
  get commitment(): Uint8Array {
    return this.bytes.subarray(0, HASH_BYTES)
  }

  /** The dealer's X25519 key for this dealing. */
  get agreementKey(): Uint8Array {
    return this.bytes.subarray(HASH_BYTES, HEAD_BYTES)
  }

  shareOf(member: number): SealedShare {
    const from = HEAD_BYTES + member * SHARE_BYTES
    const split = from + HASH_BYTES
    return { commitment: this.bytes.subarray(from, split), sealed: this.bytes.subarray(split, from + SHARE_BYTES) }
  }

  equals(other: Dealing): boolean {
    return compareBytes(this.bytes, other.bytes) === 0
  }
}

/**
 * Shares a seed, an element of the field, among the members of a round. All that is in the dealing follows from the seed, so that
 * who recovers the seed can make the same dealing again and see whether the dealer was honest (docs/adr/0056). Layout: hash of the seed,
 * X25519 key; for each member the hash of its share and the sealed share.
 */
export function makeDealing(round: Round<Instance>, dealer: number, seed: Uint8Array): Dealing {
  const id = round.dealerId(dealer)
  const { agreementKey, agree } = ephemeralAgreement(taggedHash('ledger-dealing-ephemeral/1', id, seed))
  const polynomial = polynomialOf(id, seed, round.threshold)
  const size = round.members.length
  const writer = new ByteWriter(dealingBytes(size))
  writer.fixed(taggedHash('ledger-dealing-seed/1', id, seed)).fixed(agreementKey)
  for (let member = 0; member < size; member += 1) {
    const share = bytesOfElement(evaluate(polynomial, placeOf(member)))
    const memberKey = round.agreementKey(member)
    const shared = memberKey === undefined ? undefined : agree(memberKey)
    writer.fixed(shareCommitment(id, member, share))
    if (shared === undefined) writer.fixed(NOTHING_SEALED)
    else writer.fixed(sealOnce(shareKey(id, member, agreementKey, shared), share, id))
  }
  return new Dealing(writer.finish(), size)
}

/** Where the polynomial has a member's share; at 0 it has the seed. */
export const placeOf = (member: number): bigint => BigInt(member + 1)

/** A share has so much entropy that its hash does not tell it. */
export const shareCommitment = (dealerId: Uint8Array, member: number, share: Uint8Array): Uint8Array =>
  taggedHash('ledger-share/1', dealerId, number16(member), share)

/** The key that seals one member's share, and nothing else. */
export const shareKey = (
  dealerId: Uint8Array,
  member: number,
  agreementKey: Uint8Array,
  shared: Uint8Array,
): Uint8Array => taggedHash('ledger-share-key/1', dealerId, number16(member), agreementKey, shared)

/** For a member that cannot open anything. */
const NOTHING_SEALED = new Uint8Array(SEALED_BYTES)

const number16 = (value: number): Uint8Array => new ByteWriter(2).u16(value).finish()

function polynomialOf(dealerId: Uint8Array, seed: Uint8Array, threshold: number): bigint[] {
  const coefficients = [elementFrom(seed)]
  for (let degree = 1; degree < threshold; degree += 1) {
    const half = (which: number) =>
      taggedHash('ledger-coefficient/1', dealerId, seed, number16(degree), Uint8Array.of(which))
    coefficients.push(elementFrom(new Uint8Array([...half(0), ...half(1)])))
  }
  return coefficients
}
