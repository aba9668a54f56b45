import { assert } from '@borgios/core'
import { committeeHash, type EpochSeal } from '@borgios/protocol'
import { chainOf } from '../modules/chain/chain-table.ts'
import { committeeOf } from '../modules/members/committee-table.ts'
import type { StateReader } from '../state/state.ts'

/** What the header of an epoch's last block must say, from the state after it. */
export function epochSeal(state: StateReader): EpochSeal {
  const chain = chainOf(state)
  assert(chain !== undefined, 'there is a genesis')
  const committee = committeeOf(state, chain.epoch)
  assert(committee !== undefined, 'every epoch has its committee before it begins')
  return { lastHeight: chain.lastHeight, beacon: chain.beacon, nextCommittee: committeeHash(committee) }
}
