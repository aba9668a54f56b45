import { limits } from '@borgios/core'
import { ByteReader, ByteWriter, compareBytes } from '@borgios/protocol'
import { dealingBytes, SHARE_BYTES } from '../../beacon/dealing.ts'
import { beaconClosed, beaconRefused, beaconSaid, notBeaconMember } from '../../errors.ts'
import type { StateReader } from '../../state/state.ts'
import { memberOf } from '../members/member.ts'
import type { OperationContext, OperationType } from '../state-module.ts'
import type { BeaconRounds, RunningRound } from './beacon-rounds.ts'
import { dealingTable } from './beacon-tables.ts'

export const DEAL = 1

/** Fee units for a dealing to each member: keeping it, and making it again once its seed is recovered, 0.1 ms. */
const UNITS_PER_SHARE = 50

const MAX_DEALING_BYTES = dealingBytes(limits.ledgerCodec.maxValidators)

/** A member shares a seed with the others. */
export interface DealBody {
  /** The dealer's place in the committee. */
  readonly dealer: number
  readonly dealing: Uint8Array
}

/** Dealer u16, dealing with its length u32. */
export const dealOperation = (rounds: BeaconRounds): OperationType<DealBody> => ({
  kind: DEAL,
  name: 'deal for the beacon',
  encode: ({ dealer, dealing }) => new ByteWriter(2 + 4 + dealing.length).u16(dealer).bytes(dealing).finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const body = { dealer: reader.u16(), dealing: reader.bytes(MAX_DEALING_BYTES) }
    reader.end()
    return body
  },
  units: ({ dealing }) => Math.ceil(dealing.length / SHARE_BYTES) * UNITS_PER_SHARE,
  apply(context, { dealer, dealing }) {
    const { round } = roundFor(rounds, context, dealer, 'deal')
    if (context.state.get(dealingTable, dealer) !== undefined) throw beaconSaid('dealt')
    if (dealing.length !== dealingBytes(round.members.length)) {
      throw beaconRefused(`a dealing to ${round.members.length} members has another length`)
    }
    context.state.set(dealingTable, dealer, dealing)
  },
})

/** The round in which this sender may act for this member now. Throws LEDGER_BEACON_CLOSED and LEDGER_BEACON_NOT_MEMBER. */
export function roundFor(
  rounds: BeaconRounds,
  { state, sender, height }: OperationContext,
  member: number,
  phase: 'deal' | 'open',
): RunningRound {
  const running = rounds.running(state)
  if (running?.phaseAt(height) !== phase) throw beaconClosed(phase)
  const key = running.round.members[member]
  if (key === undefined || !mayActFor(state, sender, key)) throw notBeaconMember()
  return running
}

/** The account of the validator's own key, the one that gets what it earns, and its operator's. */
function mayActFor(state: StateReader, account: Uint8Array, validator: Uint8Array): boolean {
  const member = memberOf(state, validator)
  const accounts = member === undefined ? [validator] : [validator, member.account, member.operator]
  return accounts.some((each) => compareBytes(each, account) === 0)
}
