import { type KeyAgreement, openSealed } from '@borgios/crypto/native'
import { compareBytes, taggedHash } from '@borgios/protocol'
import { type Dealing, makeDealing, placeOf, shareCommitment, shareKey } from './dealing.ts'
import { bytesOfElement, elementOf, interpolateAtZero, type Point } from './field.ts'
import type { Instance, Round } from './round.ts'

/** One member's share of one dealing, opened. Of a `beacon` it may be published, of a `secret` never. */
export interface Share<I extends Instance> {
  readonly instance: I
  readonly dealer: number
  readonly member: number
  /** 32 bytes. */
  readonly value: Uint8Array
}

/** What a dealer put in: 32 bytes. */
export interface Seed<I extends Instance> {
  readonly instance: I
  readonly dealer: number
  readonly value: Uint8Array
}

const encoder = new TextEncoder()

/**
 * What a member deals in a round: the same each time it is asked, and nobody else can tell. So a dealing that was lost is made again, and
 * nothing of it need be kept.
 */
export function ownSeed<I extends Instance>(round: Round<I>, dealer: number, key: KeyAgreement): Seed<I> {
  const purpose = taggedHash('ledger-own-seed/1', round.dealerId(dealer))
  for (let attempt = 0; ; attempt += 1) {
    const value = key.derive(new Uint8Array([...purpose, ...encoder.encode(String(attempt))]))
    if (elementOf(value) !== undefined) return { instance: round.instance, dealer, value }
  }
}

/** Undefined when the dealer sealed nothing that holds for this member: then the dealing is bad, but nobody need believe that yet. */
export function openShare<I extends Instance>(
  round: Round<I>,
  dealer: number,
  dealing: Dealing,
  member: number,
  key: KeyAgreement,
): Share<I> | undefined {
  const { agreementKey } = dealing
  const shared = key.agree(agreementKey)
  if (shared === undefined) return undefined
  const id = round.dealerId(dealer)
  const value = openSealed(shareKey(id, member, agreementKey, shared), dealing.shareOf(member).sealed, id)
  if (value === undefined) return undefined
  const share = { instance: round.instance, dealer, member, value }
  return isShareOf(round, dealing, share) ? share : undefined
}

/** Whether the dealer committed itself to this very share. Says nothing of whether its shares fit together. */
export function isShareOf<I extends Instance>(round: Round<I>, dealing: Dealing, share: Share<I>): boolean {
  const { dealer, member, value } = share
  if (share.instance !== round.instance || member >= round.members.length || elementOf(value) === undefined)
    return false
  const commitment = shareCommitment(round.dealerId(dealer), member, value)
  return compareBytes(commitment, dealing.shareOf(member).commitment) === 0
}

/**
 * `recovered`: the dealer was honest, and every so many shares it committed itself to give this seed. `faulty`: it was not, whichever
 * shares show it. `short`: too few shares.
 */
export type Recovery<I extends Instance> =
  | { readonly kind: 'recovered'; readonly seed: Seed<I> }
  | { readonly kind: 'faulty' }
  | { readonly kind: 'short' }

/** Recovers what was dealt from shares that may be anybody's words: those that do not fit the dealing are left out. */
export function recoverSeed<I extends Instance>(
  round: Round<I>,
  dealer: number,
  dealing: Dealing,
  shares: readonly Share<I>[],
): Recovery<I> {
  const points = new Map<number, Point>()
  for (const share of shares) {
    if (points.size === round.threshold) break
    const y = elementOf(share.value)
    if (y === undefined || share.dealer !== dealer || !isShareOf(round, dealing, share)) continue
    points.set(share.member, { x: placeOf(share.member), y })
  }
  if (points.size < round.threshold) return { kind: 'short' }
  const value = bytesOfElement(interpolateAtZero([...points.values()]))
  if (!makeDealing(round, dealer, value).equals(dealing)) return { kind: 'faulty' }
  return { kind: 'recovered', seed: { instance: round.instance, dealer, value } }
}
