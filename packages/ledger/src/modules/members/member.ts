import { assert, limits } from '@borgios/core'
import { ByteReader, ByteWriter, HASH_BYTES, malformed } from '@borgios/protocol'
import type { StateReader, Table } from '../../state/state.ts'
import { hashKey } from '../hash-key.ts'

/**
 * `active`: serves, and may be drawn into the committee. `draining`: serves what it has and gets nothing new. `leaving`: serves nobody, its
 * deposit stays within reach of evidence. `slashed`: it lied; the record stays, so that its key cannot come back.
 */
export const MEMBER_STATES = ['active', 'draining', 'leaving', 'slashed'] as const
export type MemberState = (typeof MEMBER_STATES)[number]

/** What a node says it brings. */
export interface Offer {
  /** 32 bytes: the account that gets what it earns. */
  readonly account: Uint8Array
  readonly capacityBytes: number
  readonly cores: number
  /** Version of its software, such as `1.4.0`. */
  readonly release: string
}

/** A node that the ledger admits. Keyed by the node's 32 bytes. */
export interface Member extends Offer {
  readonly state: MemberState
  /** 32 bytes: who answers for the node; the account of this key changes its record. */
  readonly operator: Uint8Array
  /** 32 bytes: the account that paid the deposit, and gets it back. */
  readonly payer: Uint8Array
  /** 32 bytes: the member that vouched for it, if another paid. */
  readonly sponsor: Uint8Array | undefined
  /** Micro-units. */
  readonly deposit: bigint
  /** Members it vouches for, and such as were slashed. */
  readonly sponsored: number
  readonly joinedEpoch: number
  /** While leaving: at the end of this epoch the deposit goes back and the record is removed. Else 0. */
  readonly freeEpoch: number
}

const OFFER_BYTES = HASH_BYTES + 8 + 2 + 1 + limits.ledgerMoney.maxReleaseChars
const MAX_RECORD_BYTES = 1 + 2 * HASH_BYTES + 1 + HASH_BYTES + 8 + 4 + 2 * 8 + OFFER_BYTES
const RELEASE = /^[0-9a-z][0-9a-z.+-]*$/
const encoder = new TextEncoder()
const decoder = new TextDecoder('ascii')

/** Whether a text may name a release. */
export const isRelease = (text: string): boolean =>
  text.length <= limits.ledgerMoney.maxReleaseChars && RELEASE.test(text)

/** Account 32, capacity u64, cores u16, length of the release u8, release. */
export function writeOffer(writer: ByteWriter, { account, capacityBytes, cores, release }: Offer): ByteWriter {
  assert(account.length === HASH_BYTES, 'an account has 32 bytes')
  assert(isRelease(release), `"${release}" is no release`)
  const text = encoder.encode(release)
  return writer.fixed(account).u64(capacityBytes).u16(cores).u8(text.length).fixed(text)
}

/** Throws PROTOCOL_MALFORMED. */
export function readOffer(reader: ByteReader): Offer {
  const account = reader.fixed(HASH_BYTES)
  const capacityBytes = reader.u64()
  const cores = reader.u16()
  const release = decoder.decode(reader.fixed(reader.u8()))
  if (!isRelease(release)) throw malformed('a release that is none')
  return { account, capacityBytes, cores, release }
}

/** Whether it is there u8, then its 32 bytes. */
export function writeOptionalKey(writer: ByteWriter, key: Uint8Array | undefined): ByteWriter {
  assert(key === undefined || key.length === HASH_BYTES, 'a key has 32 bytes')
  return key === undefined ? writer.u8(0) : writer.u8(1).fixed(key)
}

/** Throws PROTOCOL_MALFORMED. */
export function readOptionalKey(reader: ByteReader): Uint8Array | undefined {
  const isThere = reader.u8()
  if (isThere > 1) throw malformed('a key is there or not')
  return isThere === 1 ? reader.fixed(HASH_BYTES) : undefined
}

function encodeMember(member: Member): Uint8Array {
  const { state, operator, payer, sponsor, deposit, sponsored, joinedEpoch, freeEpoch } = member
  assert(operator.length === HASH_BYTES && payer.length === HASH_BYTES, 'keys have 32 bytes')
  const writer = new ByteWriter(MAX_RECORD_BYTES).u8(MEMBER_STATES.indexOf(state)).fixed(operator).fixed(payer)
  writeOptionalKey(writer, sponsor).amount(deposit).u32(sponsored).u64(joinedEpoch).u64(freeEpoch)
  return writeOffer(writer, member).finish()
}

function decodeMember(bytes: Uint8Array): Member {
  const reader = new ByteReader(bytes)
  const state = MEMBER_STATES[reader.u8()]
  if (state === undefined) throw malformed('a member in no known state')
  const member = {
    state,
    operator: reader.fixed(HASH_BYTES),
    payer: reader.fixed(HASH_BYTES),
    sponsor: readOptionalKey(reader),
    deposit: reader.amount(),
    sponsored: reader.u32(),
    joinedEpoch: reader.u64(),
    freeEpoch: reader.u64(),
    ...readOffer(reader),
  }
  reader.end()
  return member
}

export const memberTable: Table<Uint8Array, Member> = {
  id: 6,
  name: 'members',
  isListed: true,
  ...hashKey,
  encode: encodeMember,
  decode: decodeMember,
  held: ({ deposit }) => deposit,
}

/** Undefined for a node that never joined, or left. */
export const memberOf = (state: StateReader, node: Uint8Array): Member | undefined => state.get(memberTable, node)
