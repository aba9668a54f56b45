import { ByteReader, ByteWriter, compareBytes, HASH_BYTES, malformed } from '@borgios/protocol'
import { memberState, notMember, notMembersOperator } from '../../errors.ts'
import type { StateReader } from '../../state/state.ts'
import { parameter } from '../parameters/parameter-table.ts'
import type { EpochEndContext, OperationContext, OperationType } from '../state-module.ts'
import { type Member, memberOf, memberTable, type Offer, readOffer, writeOffer } from './member.ts'

export const UPDATE = 2
export const DRAIN = 3
export const LEAVE = 4

const OPERATION_UNITS = 100

/** New offer of a node. */
export interface Update extends Offer {
  /** 32 bytes. */
  readonly node: Uint8Array
}

/** Whether a node gets nothing new. */
export interface Drain {
  /** 32 bytes. */
  readonly node: Uint8Array
  readonly isDraining: boolean
}

/** Changes what a node says of itself, and who gets what it earns. */
export const update: OperationType<Update> = {
  kind: UPDATE,
  name: 'update',
  encode: (body) => writeOffer(new ByteWriter().fixed(body.node), body).finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const body = { node: reader.fixed(HASH_BYTES), ...readOffer(reader) }
    reader.end()
    return body
  },
  units: () => OPERATION_UNITS,
  apply(context, { node, account, capacityBytes, cores, release }) {
    const { state, money, sender } = context
    const member = servingMember(context, node)
    money.open(account, sender)
    state.set(memberTable, node, { ...member, account, capacityBytes, cores, release })
  },
}

/** Begins or ends draining. */
export const drain: OperationType<Drain> = {
  kind: DRAIN,
  name: 'drain',
  encode: ({ node, isDraining }) =>
    new ByteWriter(HASH_BYTES + 1)
      .fixed(node)
      .u8(isDraining ? 1 : 0)
      .finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const node = reader.fixed(HASH_BYTES)
    const draining = reader.u8()
    if (draining > 1) throw malformed('draining or not')
    reader.end()
    return { node, isDraining: draining === 1 }
  },
  units: () => OPERATION_UNITS,
  apply(context, { node, isDraining }) {
    const member = servingMember(context, node)
    context.state.set(memberTable, node, { ...member, state: isDraining ? 'draining' : 'active' })
  },
}

/** Ends a membership, for its operator or whoever paid its deposit, who gets it back after the unbonding time. */
export const leave: OperationType<Uint8Array> = {
  kind: LEAVE,
  name: 'leave',
  encode: (node) => new ByteWriter(HASH_BYTES).fixed(node).finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const node = reader.fixed(HASH_BYTES)
    reader.end()
    return node
  },
  units: () => OPERATION_UNITS,
  apply(context, node) {
    const { state, epoch, sender } = context
    const member = serving(state, node)
    if (!isSame(sender, member.operator) && !isSame(sender, member.payer)) throw notMembersOperator()
    const freeEpoch = epoch + parameter(context, 'unbondingEpochs')
    state.set(memberTable, node, { ...member, state: 'leaving', freeEpoch })
  },
}

/** Deposits whose time is over go back; their members' records are removed. */
export function releaseDeposits({ state, money, epoch }: EpochEndContext): void {
  const free = [...state.list(memberTable)].filter(([, member]) => isFree(member, epoch))
  for (const [node, member] of free) {
    state.set(memberTable, node, undefined)
    money.give(member.payer, member.deposit, { reason: 'depositBack', subject: node })
    if (member.sponsor !== undefined) uncountSponsored(state, member.sponsor)
  }
}

const isFree = ({ state, freeEpoch }: Member, epoch: number): boolean => state === 'leaving' && epoch >= freeEpoch

function uncountSponsored(state: EpochEndContext['state'], sponsor: Uint8Array): void {
  const member = memberOf(state, sponsor)
  if (member === undefined || member.sponsored === 0) return
  state.set(memberTable, sponsor, { ...member, sponsored: member.sponsored - 1 })
}

function servingMember({ state, sender }: OperationContext, node: Uint8Array): Member {
  const member = serving(state, node)
  if (!isSame(sender, member.operator)) throw notMembersOperator()
  return member
}

function serving(state: StateReader, node: Uint8Array): Member {
  const member = memberOf(state, node)
  if (member === undefined) throw notMember()
  if (member.state !== 'active' && member.state !== 'draining') throw memberState(member.state)
  return member
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => compareBytes(one, other) === 0
