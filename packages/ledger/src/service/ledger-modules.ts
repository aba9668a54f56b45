import { beaconModule } from '../modules/beacon/beacon-module.ts'
import { BeaconRounds } from '../modules/beacon/beacon-rounds.ts'
import { nextBeacon } from '../modules/beacon/settlement.ts'
import { coreModules } from '../modules/core-modules.ts'
import type { MembersOptions } from '../modules/members/join.ts'
import { serviceModules } from '../modules/service-modules.ts'
import type { StateModule } from '../modules/state-module.ts'
import type { StateReader } from '../state/state.ts'

/** The state modules of every network, and what the chain asks of them. */
export interface LedgerModuleSet {
  readonly modules: readonly StateModule[]
  readonly rounds: BeaconRounds
  /** Public randomness of the next epoch, from the state before an epoch's last block. */
  nextBeacon(state: StateReader): Uint8Array
}

/** In the order in which they act. Rooms above the ledger add theirs behind. */
export function ledgerModules(options: MembersOptions): LedgerModuleSet {
  const rounds = new BeaconRounds(options.network)
  return {
    modules: [...coreModules(options), beaconModule(rounds), ...serviceModules],
    rounds,
    nextBeacon: (state) => nextBeacon(rounds, state).beacon,
  }
}
