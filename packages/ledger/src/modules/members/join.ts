import { assert, limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import { ByteReader, ByteWriter, compareBytes, HASH_BYTES, hashTag, SIGNATURE_BYTES } from '@borgios/protocol'
import { badConsent, memberExists, sponsorRefused } from '../../errors.ts'
import { parameter } from '../parameters/parameter-table.ts'
import type { OperationContext, OperationType } from '../state-module.ts'
import {
  type Member,
  memberOf,
  memberTable,
  type Offer,
  readOffer,
  readOptionalKey,
  writeOffer,
  writeOptionalKey,
} from './member.ts'

/** What a node agrees to, and its operator. */
export interface JoinTerms extends Offer {
  /** 32 bytes each. */
  readonly node: Uint8Array
  readonly operator: Uint8Array
  /** 32 bytes: the member whose operator pays the deposit; undefined if the node's own operator does. */
  readonly sponsor: Uint8Array | undefined
  /** The consent is good up to and in this epoch. */
  readonly untilEpoch: number
}

export interface Join extends JoinTerms {
  /** 64 bytes over {@link consentBytes}, by the node's key. */
  readonly nodeSignature: Uint8Array
  /** The same by the operator's key; there if a sponsor sends it, since else the operator has signed the transaction. */
  readonly operatorSignature: Uint8Array | undefined
}

/** What members need of the network. */
export interface MembersOptions {
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly ed25519: Ed25519
}

export const JOIN = 1

const TERMS_BYTES = 2 * HASH_BYTES + 1 + HASH_BYTES + 8 + HASH_BYTES + 8 + 2 + 1 + limits.ledgerMoney.maxReleaseChars
const CONSENT_TAG = hashTag('member-consent/1')
/** Two signatures are checked. */
const JOIN_UNITS = 2_000

function writeTerms(writer: ByteWriter, terms: JoinTerms): ByteWriter {
  const { node, operator, sponsor, untilEpoch } = terms
  assert(node.length === HASH_BYTES && operator.length === HASH_BYTES, 'keys have 32 bytes')
  writeOptionalKey(writer.fixed(node).fixed(operator), sponsor).u64(untilEpoch)
  return writeOffer(writer, terms)
}

/** What the node and the operator sign: a tag, the network's 32 bytes and the terms as in the operation's body. */
export function consentBytes(network: Uint8Array, terms: JoinTerms): Uint8Array {
  assert(network.length === HASH_BYTES, 'a network has 32 bytes')
  const writer = new ByteWriter(CONSENT_TAG.length + HASH_BYTES + TERMS_BYTES)
  return writeTerms(writer.fixed(CONSENT_TAG).fixed(network), terms).finish()
}

/** Node 32, operator 32, sponsor, until epoch u64, offer, signature of the node 64, and of the operator 64 if there is a sponsor. */
export function encodeJoin(join: Join): Uint8Array {
  const { nodeSignature, operatorSignature, sponsor } = join
  assert((sponsor === undefined) === (operatorSignature === undefined), 'the operator signs for a sponsor')
  assert(nodeSignature.length === SIGNATURE_BYTES, 'a signature has 64 bytes')
  const writer = writeTerms(new ByteWriter(TERMS_BYTES + 2 * SIGNATURE_BYTES), join).fixed(nodeSignature)
  if (operatorSignature !== undefined) {
    assert(operatorSignature.length === SIGNATURE_BYTES, 'a signature has 64 bytes')
    writer.fixed(operatorSignature)
  }
  return writer.finish()
}

/** Throws PROTOCOL_MALFORMED. */
export function decodeJoin(bytes: Uint8Array): Join {
  const reader = new ByteReader(bytes)
  const node = reader.fixed(HASH_BYTES)
  const operator = reader.fixed(HASH_BYTES)
  const sponsor = readOptionalKey(reader)
  const untilEpoch = reader.u64()
  const offer = readOffer(reader)
  const nodeSignature = reader.fixed(SIGNATURE_BYTES)
  const operatorSignature = sponsor === undefined ? undefined : reader.fixed(SIGNATURE_BYTES)
  reader.end()
  return { node, operator, sponsor, untilEpoch, ...offer, nodeSignature, operatorSignature }
}

/** Makes a node a member. Its own operator pays the deposit, or the operator of a member that vouches for it. */
export const joinOperation = (options: MembersOptions): OperationType<Join> => ({
  kind: JOIN,
  name: 'join',
  encode: encodeJoin,
  decode: decodeJoin,
  units: () => JOIN_UNITS,
  apply(context, join) {
    const { state, money, epoch, sender } = context
    if (memberOf(state, join.node) !== undefined) throw memberExists()
    if (join.sponsor === undefined) checkIsOperator(context, join)
    else countSponsored(context, join.sponsor)
    checkConsent(options, epoch, join)
    const deposit = parameter(context, 'deposit')
    money.take(sender, deposit, { reason: 'deposit', subject: join.node })
    money.open(join.account, sender)
    state.set(memberTable, join.node, newMember(join, { payer: sender, deposit, epoch }))
  },
})

/** What a member begins as. */
export function newMember(
  { operator, sponsor, account, capacityBytes, cores, release }: Omit<JoinTerms, 'node' | 'untilEpoch'>,
  { payer, deposit, epoch }: { readonly payer: Uint8Array; readonly deposit: bigint; readonly epoch: number },
): Member {
  const offer = { account, capacityBytes, cores, release }
  const standing = { state: 'active', sponsored: 0, joinedEpoch: epoch, freeEpoch: 0 } as const
  return { ...standing, operator, payer, sponsor, deposit, ...offer }
}

function checkIsOperator({ sender }: OperationContext, { operator }: Join): void {
  if (compareBytes(sender, operator) !== 0) throw badConsent("who joins without a sponsor is the node's operator")
}

/** The sender's own member answers for one more. */
function countSponsored(context: OperationContext, sponsor: Uint8Array): void {
  const { state, sender } = context
  const member = memberOf(state, sponsor)
  if (member?.state !== 'active') throw sponsorRefused('the sponsor is no active member')
  if (compareBytes(member.operator, sender) !== 0) throw sponsorRefused('the sponsor belongs to another operator')
  if (member.sponsored >= parameter(context, 'sponsoredMembers')) throw sponsorRefused('it vouches for enough others')
  state.set(memberTable, sponsor, { ...member, sponsored: member.sponsored + 1 })
}

function checkConsent({ network, ed25519 }: MembersOptions, epoch: number, join: Join): void {
  const { untilEpoch, node, nodeSignature, operator, operatorSignature } = join
  if (untilEpoch < epoch) throw badConsent('it has run out')
  if (untilEpoch > epoch + limits.ledgerMoney.maxConsentEpochs) throw badConsent('it would be good for too long')
  const bytes = consentBytes(network, join)
  if (!ed25519.verify(bytes, nodeSignature, node)) throw badConsent('the node has not signed it')
  if (operatorSignature === undefined) return
  if (!ed25519.verify(bytes, operatorSignature, operator)) throw badConsent('the operator has not signed it')
}
