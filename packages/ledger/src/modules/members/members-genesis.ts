import { type JsonValue, limits, NodeId, OperatorId } from '@borgios/core'
import {
  AccountIdSchema,
  accountBytesOf,
  CounterSchema,
  NodeIdSchema,
  OperatorIdSchema,
  strictObject,
} from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { genesisInvalid } from '../../errors.ts'
import { genesisCheck, orGenesisInvalid } from '../genesis-part.ts'
import { parameter } from '../parameters/parameter-table.ts'
import type { BlockContext } from '../state-module.ts'
import { committeeTable } from './committee-table.ts'
import { newMember } from './join.ts'
import { isRelease, memberOf, memberTable } from './member.ts'
import { nextCommittee } from './next-committee.ts'

const MemberSchema = strictObject({
  node: NodeIdSchema,
  operator: OperatorIdSchema,
  /** Pays the deposit, gets it back, and gets what the node earns. */
  account: AccountIdSchema,
  capacityBytes: CounterSchema,
  cores: Type.Integer({ minimum: 0, maximum: 0xffff }),
  release: Type.String({ maxLength: limits.ledgerMoney.maxReleaseChars }),
})

const check = genesisCheck(
  'members',
  Type.Array(MemberSchema, { minItems: 1, maxItems: limits.ledgerMoney.maxGenesisMembers }),
)

/** Founding members, whose deposits come from their accounts, and the first committee. */
export function membersGenesis(context: BlockContext, part: JsonValue | undefined): void {
  const { state, epoch, beacon } = context
  if (part === undefined) throw genesisInvalid('without members nobody can make a block')
  for (const member of check(part)) orGenesisInvalid(() => found(context, member))
  state.set(committeeTable, epoch, nextCommittee(state, epoch, beacon))
}

function found(context: BlockContext, { node, operator, account, ...offer }: Static<typeof MemberSchema>): void {
  const { state, money, epoch } = context
  const key = NodeId.toBytes(node)
  if (!isRelease(offer.release)) throw genesisInvalid(`"${offer.release}" is no release`)
  if (memberOf(state, key) !== undefined) throw genesisInvalid(`the node ${node} is there twice`)
  const payer = accountBytesOf(account)
  const deposit = parameter(context, 'deposit')
  money.take(payer, deposit, { reason: 'deposit', subject: key })
  const terms = { ...offer, operator: OperatorId.toBytes(operator), sponsor: undefined, account: payer }
  state.set(memberTable, key, newMember(terms, { payer, deposit, epoch }))
}
