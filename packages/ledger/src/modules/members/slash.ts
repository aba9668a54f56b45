import { memberState, notMember } from '../../errors.ts'
import { parameter } from '../parameters/parameter-table.ts'
import { WHOLE_PPM } from '../parameters/parameters.ts'
import type { OperationType } from '../state-module.ts'
import { type Accusation, checkAccusation, decodeAccusation, encodeAccusation } from './evidence.ts'
import type { MembersOptions } from './join.ts'
import { memberOf, memberTable } from './member.ts'

export const SLASH = 5

/** Two signatures are checked. */
const SLASH_UNITS = 2_000

/** Puts out a member that signed two truths. A share of its deposit goes to the sender, the rest is burned. */
export const slashOperation = (options: MembersOptions): OperationType<Accusation> => ({
  kind: SLASH,
  name: 'slash',
  encode: encodeAccusation,
  decode: decodeAccusation,
  units: () => SLASH_UNITS,
  apply(context, accusation) {
    const { state, money, sender } = context
    const member = memberOf(state, accusation.node)
    if (member === undefined) throw notMember()
    if (member.state === 'slashed') throw memberState(member.state)
    checkAccusation(options, accusation)
    const reward = (member.deposit * BigInt(parameter(context, 'reporterPpm'))) / BigInt(WHOLE_PPM)
    state.set(memberTable, accusation.node, { ...member, state: 'slashed', deposit: 0n, freeEpoch: 0 })
    money.burn(member.deposit - reward)
    money.give(sender, reward, { reason: 'reporting', subject: accusation.node })
  },
})
