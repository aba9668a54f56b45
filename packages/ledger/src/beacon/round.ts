import { assert } from '@borgios/core'
import { agreementKeyOf } from '@borgios/crypto/native'
import { ByteWriter, type Committee, committeeHash, quorumOf, taggedHash } from '@borgios/protocol'

/**
 * What an agreement is for. `beacon`: its shares are published once its dealings are closed. `secret`: nothing of it is ever published. Every
 * share and seed says which it is of, in its type and in every hash and key, so that neither can be taken for the other.
 */
export type Instance = 'beacon' | 'secret'

/** The agreement of one committee on one random value: who deals to whom, and how many must open. */
export class Round<I extends Instance> {
  readonly instance: I
  /** 32-byte keys, in the committee's order. A member's place in it is how it is named here. */
  readonly members: readonly Uint8Array[]
  /** So many shares open a dealing, fewer say nothing. */
  readonly threshold: number
  /** 32 bytes: this round and no other. */
  readonly id: Uint8Array
  #agreementKeys: readonly (Uint8Array | undefined)[] | undefined

  /** For {@link beaconRound} and {@link secretRound}. */
  constructor(instance: I, network: Uint8Array, committee: Committee, threshold: number) {
    this.instance = instance
    this.members = committee.validators.map(({ key }) => key)
    this.threshold = threshold
    const label = new ByteWriter().u16(threshold).bytes(new TextEncoder().encode(instance)).finish()
    this.id = taggedHash('ledger-round/1', network, committeeHash(committee), label)
  }

  /** 32 bytes that bind whatever belongs to one dealer's dealing: nobody can pass it off as another's, or another round's. */
  dealerId(dealer: number): Uint8Array {
    const key = this.members[dealer]
    assert(key !== undefined, 'the dealer is a member')
    return taggedHash('ledger-dealer/1', this.id, key)
  }

  /** Undefined for a member whose key nobody can agree on keys with: it gets no share. */
  agreementKey(member: number): Uint8Array | undefined {
    this.#agreementKeys ??= this.members.map(agreementKeyOf)
    return this.#agreementKeys[member]
  }
}

/**
 * Public randomness. One share more than the most that may be Byzantine opens a dealing: the honest alone can open it though up to as many of
 * them are missing, and the Byzantine alone cannot.
 */
export const beaconRound = (network: Uint8Array, committee: Committee): Round<'beacon'> =>
  new Round('beacon', network, committee, membersAbove(committee, faultyWeight(committee)))

/** A secret of the committee: what opens it is what decides in consensus. */
export const secretRound = (network: Uint8Array, committee: Committee): Round<'secret'> =>
  new Round('secret', network, committee, membersAbove(committee, quorumOf(totalWeight(committee)) - 1))

const totalWeight = ({ validators }: Committee): number => validators.reduce((sum, { weight }) => sum + weight, 0)

/** The weight of which consensus withstands that it is Byzantine. */
export function faultyWeight(committee: Committee): number {
  const total = totalWeight(committee)
  return total - quorumOf(total)
}

/** The least number of members any so many of which weigh more than this. */
function membersAbove({ validators }: Committee, weight: number): number {
  const rising = validators.map((each) => each.weight).sort((one, other) => one - other)
  let sum = 0
  const enough = rising.findIndex((each) => {
    sum += each
    return sum > weight
  })
  assert(enough !== -1, 'all members weigh more than a part of them')
  return enough + 1
}
