import type { EpochEndContext, StateModule } from '../state-module.ts'
import { committeeOf, committeeTable } from './committee-table.ts'
import { joinOperation, type MembersOptions } from './join.ts'
import { memberTable } from './member.ts'
import { membersGenesis } from './members-genesis.ts'
import { drain, leave, releaseDeposits, update } from './membership.ts'
import { nextCommittee } from './next-committee.ts'
import { slashOperation } from './slash.ts'

export const MEMBERS_MODULE = 5

/** Which nodes the network admits, what they are answerable with, and who decides in each epoch. */
export const membersModule = (options: MembersOptions): StateModule => ({
  id: MEMBERS_MODULE,
  name: 'members',
  tables: [memberTable, committeeTable],
  operations: [joinOperation(options), update, drain, leave, slashOperation(options)],
  refusals: {
    LEDGER_MEMBER_EXISTS: 1,
    LEDGER_NOT_MEMBER: 2,
    LEDGER_MEMBER_STATE: 3,
    LEDGER_NOT_MEMBERS_OPERATOR: 4,
    LEDGER_CONSENT_BAD: 5,
    LEDGER_SPONSOR_REFUSED: 6,
    LEDGER_EVIDENCE_WEAK: 7,
  },
  onGenesis: membersGenesis,
  // Behind the modules that pay members for this epoch, or put them out for what they did in it.
  onEpochEnded(context) {
    releaseDeposits(context)
    chooseCommittee(context)
  },
})

/** The committee of the epoch that ends stays known, for whoever restarts or follows late. */
function chooseCommittee({ state, epoch, nextBeacon }: EpochEndContext): void {
  const next = nextCommittee(state, epoch + 1, nextBeacon, committeeOf(state, epoch))
  state.set(committeeTable, epoch + 1, next)
  if (epoch > 0) state.set(committeeTable, epoch - 1, undefined)
}
