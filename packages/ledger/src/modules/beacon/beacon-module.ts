import { limits } from '@borgios/core'
import { compareBytes } from '@borgios/protocol'
import { blockInvalid } from '../../errors.ts'
import type { StateWriter, Table } from '../../state/state.ts'
import type { StateModule } from '../state-module.ts'
import type { BeaconRounds } from './beacon-rounds.ts'
import { beaconTable, dealingTable, openingTable, verdictTable } from './beacon-tables.ts'
import { dealOperation } from './deal.ts'
import { openSharesOperation } from './open-shares.ts'
import { nextBeacon, settleSome } from './settlement.ts'

const { keptBeacons } = limits.ledgerBeacon

export const BEACON_MODULE = 10

/** Public randomness for each epoch, which nobody can steer or foresee as long as consensus holds (docs/adr/0056). */
export const beaconModule = (rounds: BeaconRounds): StateModule => ({
  id: BEACON_MODULE,
  name: 'beacon',
  tables: [dealingTable, openingTable, verdictTable, beaconTable],
  operations: [dealOperation(rounds), openSharesOperation(rounds)],
  refusals: {
    LEDGER_BEACON_CLOSED: 1,
    LEDGER_BEACON_NOT_MEMBER: 2,
    LEDGER_BEACON_SAID: 3,
    LEDGER_BEACON_REFUSED: 4,
  },
  onBlock(context) {
    const running = rounds.running(context.state)
    if (running?.phaseAt(context.height) === 'settle') settleSome(running, context)
  },
  onEpochEnd({ state, epoch, nextBeacon: sealed }) {
    const record = nextBeacon(rounds, state)
    if (compareBytes(record.beacon, sealed) !== 0)
      throw blockInvalid('its seal has another beacon than the epoch came to')
    state.set(beaconTable, epoch + 1, record)
    const outdated = epoch + 1 - keptBeacons
    if (outdated >= 0) state.set(beaconTable, outdated, undefined)
    clear(state, dealingTable)
    clear(state, openingTable)
    clear(state, verdictTable)
  },
})

function clear<Value>(state: StateWriter, table: Table<number, Value>): void {
  for (const member of Array.from(state.list(table), ([key]) => key)) state.set(table, member, undefined)
}
