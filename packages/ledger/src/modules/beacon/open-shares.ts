import { ByteReader, ByteWriter } from '@borgios/protocol'
import { Dealing } from '../../beacon/dealing.ts'
import { isShareOf } from '../../beacon/shares.ts'
import { beaconRefused, beaconSaid } from '../../errors.ts'
import type { OperationType } from '../state-module.ts'
import type { BeaconRounds } from './beacon-rounds.ts'
import { dealingTable, type OpenedShare, openingTable, readShares, writeShares } from './beacon-tables.ts'
import { roundFor } from './deal.ts'

export const OPEN_SHARES = 2

/** Fee units for a share: keeping it and hashing it. */
const UNITS_PER_SHARE = 20

/** A member publishes its shares of the closed dealings, without those it cannot open. */
export interface OpenSharesBody {
  /** The member's place in the committee. */
  readonly member: number
  /** In the order of their dealers. */
  readonly shares: readonly OpenedShare[]
}

/** Member u16, then the shares. */
export const openSharesOperation = (rounds: BeaconRounds): OperationType<OpenSharesBody> => ({
  kind: OPEN_SHARES,
  name: 'open shares of the beacon',
  encode({ member, shares }) {
    const writer = new ByteWriter().u16(member)
    writeShares(writer, shares)
    return writer.finish()
  },
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const body = { member: reader.u16(), shares: readShares(reader) }
    reader.end()
    return body
  },
  units: ({ shares }) => shares.length * UNITS_PER_SHARE,
  apply(context, { member, shares }) {
    const { state } = context
    const { round } = roundFor(rounds, context, member, 'open')
    if (state.get(openingTable, member) !== undefined) throw beaconSaid('opened')
    for (const { dealer, value } of shares) {
      const bytes = state.get(dealingTable, dealer)
      if (bytes === undefined) throw beaconRefused(`member ${dealer} did not deal`)
      const dealing = new Dealing(bytes, round.members.length)
      if (!isShareOf(round, dealing, { instance: 'beacon', dealer, member, value })) {
        throw beaconRefused(`that is not the share member ${dealer} dealt`)
      }
    }
    state.set(openingTable, member, shares)
  },
})
