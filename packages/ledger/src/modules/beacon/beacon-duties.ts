import type { KeyAgreement } from '@borgios/crypto/native'
import { compareBytes, type Operation } from '@borgios/protocol'
import { Dealing, makeDealing } from '../../beacon/dealing.ts'
import { openShare, ownSeed } from '../../beacon/shares.ts'
import type { StateReader } from '../../state/state.ts'
import { chainOf } from '../chain/chain-table.ts'
import { BEACON_MODULE } from './beacon-module.ts'
import type { BeaconRounds, RunningRound } from './beacon-rounds.ts'
import { dealingTable, type OpenedShare, openingTable } from './beacon-tables.ts'
import { dealOperation } from './deal.ts'
import { openSharesOperation } from './open-shares.ts'

/**
 * What this validator has to send now; the same again until it stands in the state. `state` must be final: who opened shares on a block
 * that is undone would show its share to those who can still deal.
 */
export function beaconDuties(rounds: BeaconRounds, state: StateReader, key: KeyAgreement): Operation[] {
  const running = rounds.running(state)
  const height = chainOf(state)?.height
  if (running === undefined || height === undefined) return []
  const member = running.round.members.findIndex((each) => compareBytes(each, key.publicKey) === 0)
  if (member === -1) return []
  const phase = running.phaseAt(height + 1)
  if (phase === 'deal' && state.get(dealingTable, member) === undefined) return [deal(rounds, running, member, key)]
  if (phase === 'open' && state.get(openingTable, member) === undefined) {
    return open(rounds, running, state, member, key)
  }
  return []
}

function deal(rounds: BeaconRounds, { round }: RunningRound, dealer: number, key: KeyAgreement): Operation {
  const dealing = makeDealing(round, dealer, ownSeed(round, dealer, key).value).bytes
  const { kind, encode } = dealOperation(rounds)
  return { module: BEACON_MODULE, kind, body: encode({ dealer, dealing }) }
}

function open(
  rounds: BeaconRounds,
  { round }: RunningRound,
  state: StateReader,
  member: number,
  key: KeyAgreement,
): Operation[] {
  const shares: OpenedShare[] = []
  for (const [dealer, bytes] of state.list(dealingTable)) {
    const share = openShare(round, dealer, new Dealing(bytes, round.members.length), member, key)
    if (share !== undefined) shares.push({ dealer, value: share.value })
  }
  if (shares.length === 0) return []
  const { kind, encode } = openSharesOperation(rounds)
  return [{ module: BEACON_MODULE, kind, body: encode({ member, shares }) }]
}
