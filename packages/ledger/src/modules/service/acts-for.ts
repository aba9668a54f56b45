import { noActiveMember, notParty } from '../../errors.ts'
import type { OperationContext } from '../state-module.ts'
import { isSameBytes } from './records.ts'
import type { MemberBook, ServingMember } from './service-ports.ts'

/** The member, if its node or its operator sent this. Throws LEDGER_NO_ACTIVE_MEMBER, LEDGER_NOT_PARTY. */
export function memberThatSent(context: OperationContext, members: MemberBook, node: Uint8Array): ServingMember {
  const member = members.get(context.state, node)
  if (member === undefined) throw noActiveMember()
  const { sender } = context
  if (!isSameBytes(sender, node) && !isSameBytes(sender, member.operator)) throw notParty('the node or its operator')
  return member
}
