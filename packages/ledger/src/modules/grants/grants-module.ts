import { allowanceSpent, grantedBefore, noActiveMember } from '../../errors.ts'
import type { StateReader } from '../../state/state.ts'
import { memberThatSent } from '../service/acts-for.ts'
import { least, shareOf } from '../service/money-math.ts'
import { hashLayout, type Layout, operationOf, tableOf } from '../service/records.ts'
import type { ServiceModules } from '../service/service-ports.ts'
import type { OperationContext, StateModule } from '../state-module.ts'

export const GRANTS_MODULE = 9

/** What a node's operator has granted in the last epoch in which it did. */
interface Granted {
  readonly epoch: number
  readonly amount: bigint
}

/** By node: its deposit answers for what is granted. */
export const allowanceTable = tableOf<Uint8Array, Granted>({
  id: 72,
  name: 'grant allowances',
  isListed: false,
  key: hashLayout,
  value: {
    write: (writer, { epoch, amount }) => void writer.u64(epoch).amount(amount),
    read: (reader) => ({ epoch: reader.u64(), amount: reader.amount() }),
  },
})

/** Accounts that were given a grant, and in which epoch: one each. */
export const grantTable = tableOf<Uint8Array, number>({
  id: 73,
  name: 'grants',
  isListed: false,
  key: hashLayout,
  value: { write: (writer, epoch) => void writer.u64(epoch), read: (reader) => reader.u64() },
})

/** Money of the treasury for a newcomer, in the name of a member's node. */
export interface GrantBody {
  readonly node: Uint8Array
  readonly to: Uint8Array
  readonly amount: bigint
}

const grantLayout: Layout<GrantBody> = {
  write(writer, { node, to, amount }) {
    hashLayout.write(writer, node)
    hashLayout.write(writer, to)
    writer.amount(amount)
  },
  read: (reader) => ({ node: hashLayout.read(reader), to: hashLayout.read(reader), amount: reader.amount() }),
}

const GRANT_UNITS = 400

/** What may still be granted in this epoch in the name of a node: nothing unless it is an active member. */
export function allowanceLeft(
  modules: ServiceModules,
  context: { readonly state: StateReader; readonly epoch: number },
  node: Uint8Array,
): bigint {
  const { state, epoch } = context
  const member = modules.members.get(state, node)
  if (member?.isActive !== true) return 0n
  const { grantAllowance, grantPpm } = modules.parameters(context)
  const granted = state.get(allowanceTable, node)
  const allowance = least(grantAllowance, shareOf(member.deposit, grantPpm))
  const spent = granted?.epoch === epoch ? granted.amount : 0n
  return spent < allowance ? allowance - spent : 0n
}

/** Throws LEDGER_NO_ACTIVE_MEMBER, LEDGER_NOT_PARTY, LEDGER_GRANTED_BEFORE, LEDGER_ALLOWANCE_SPENT, LEDGER_FUNDS_SHORT. */
function grant(modules: ServiceModules, context: OperationContext, { node, to, amount }: GrantBody): void {
  const { state, money, epoch } = context
  if (!memberThatSent(context, modules.members, node).isActive) throw noActiveMember()
  if (state.get(grantTable, to) !== undefined) throw grantedBefore()
  const left = allowanceLeft(modules, context, node)
  if (amount > left) throw allowanceSpent(left)
  const before = state.get(allowanceTable, node)
  const spent = before?.epoch === epoch ? before.amount : 0n
  state.set(allowanceTable, node, { epoch, amount: spent + amount })
  state.set(grantTable, to, epoch)
  money.takeTreasury(amount)
  money.give(to, amount, { reason: 'grant', subject: node })
}

export const grantOperationOf = (modules: ServiceModules) =>
  operationOf({
    kind: 1,
    name: 'grant',
    body: grantLayout,
    units: () => GRANT_UNITS,
    apply: (context, body) => grant(modules, context, body),
  })

export const grantsModule = (modules: ServiceModules): StateModule => ({
  id: GRANTS_MODULE,
  name: 'grants',
  tables: [allowanceTable, grantTable],
  operations: [grantOperationOf(modules)],
  refusals: { LEDGER_ALLOWANCE_SPENT: 1, LEDGER_GRANTED_BEFORE: 2 },
})
