import { assert } from '@borgios/core'
import { ByteWriter, taggedHash } from '@borgios/protocol'
import { Dealing } from '../../beacon/dealing.ts'
import { beaconOf } from '../../beacon/outcome.ts'
import { recoverSeed, type Seed, type Share } from '../../beacon/shares.ts'
import type { StateReader } from '../../state/state.ts'
import { type Chain, chainOf } from '../chain/chain-table.ts'
import type { BlockContext } from '../state-module.ts'
import type { BeaconRounds, RunningRound } from './beacon-rounds.ts'
import { type BeaconRecord, dealingTable, openingTable, type Verdict, verdictTable } from './beacon-tables.ts'

/** Settles a part of the dealings in each block of the last phase, so that none has to recover them all. */
export function settleSome(running: RunningRound, { state, height }: BlockContext): void {
  const { lastHeight } = running.span
  const open = running.round.members.flatMap((_, dealer) =>
    state.get(verdictTable, dealer) === undefined && state.get(dealingTable, dealer) !== undefined ? [dealer] : [],
  )
  const blocksLeft = Math.max(1, lastHeight - height)
  const due = open.slice(0, Math.ceil(open.length / blocksLeft))
  if (due.length === 0) return
  const shares = sharesByDealer(state)
  for (const dealer of due) {
    const verdict = judge(running, state, dealer, shares)
    if (verdict !== undefined) state.set(verdictTable, dealer, verdict)
  }
}

/**
 * The public randomness of the epoch that comes. For the state before an epoch's last block, whose leader puts it into the seal. It
 * follows from the dealings and from what was opened; as long as enough honest members opened, from the dealings alone.
 */
export function nextBeacon(rounds: BeaconRounds, state: StateReader): BeaconRecord {
  const running = rounds.running(state)
  const chain = chainOf(state)
  assert(chain !== undefined, 'there is a genesis')
  if (running === undefined) return { beacon: weakBeacon(chain.beacon, chain), isWeak: true, ...NOBODY }
  const { round } = running
  const shares = sharesByDealer(state)
  const seeds: Seed<'beacon'>[] = []
  const faulty: Uint8Array[] = []
  let dealt = 0
  for (const [dealer, key] of round.members.entries()) {
    const verdict = state.get(verdictTable, dealer) ?? judge(running, state, dealer, shares)
    if (verdict === undefined) continue
    dealt += 1
    if (verdict.kind === 'recovered') seeds.push({ instance: 'beacon', dealer, value: verdict.seed })
    if (verdict.kind === 'faulty') faulty.push(key)
  }
  const dealers = seeds.map(({ dealer }) => dealer)
  const openers = Array.from(state.list(openingTable), ([member]) => member)
  const isFresh = running.hasHonest(dealers)
  const combined = beaconOf(round, seeds, chain.beacon)
  return {
    beacon: isFresh ? combined : weakBeacon(combined, chain),
    // With few openers the value stays: were it another, whoever opens last could choose between the two.
    isWeak: !isFresh || !running.hasHonestThreshold(openers),
    dealt,
    recovered: seeds.length,
    faulty,
  }
}

const NOBODY = { dealt: 0, recovered: 0, faulty: [] }

/** For want of an honest seed: the chain's last place and time, which a leader could choose among some. */
const weakBeacon = (beacon: Uint8Array, { height, timeMs }: Chain): Uint8Array =>
  taggedHash('ledger-weak-beacon/1', beacon, new ByteWriter(16).u64(height).u64(timeMs).finish())

type SharesByDealer = ReadonlyMap<number, readonly Share<'beacon'>[]>

function sharesByDealer(state: StateReader): SharesByDealer {
  const byDealer = new Map<number, Share<'beacon'>[]>()
  for (const [member, opened] of state.list(openingTable)) {
    for (const { dealer, value } of opened) {
      const shares = byDealer.get(dealer) ?? []
      shares.push({ instance: 'beacon', dealer, member, value })
      byDealer.set(dealer, shares)
    }
  }
  return byDealer
}

function judge(
  { round }: RunningRound,
  state: StateReader,
  dealer: number,
  shares: SharesByDealer,
): Verdict | undefined {
  const bytes = state.get(dealingTable, dealer)
  if (bytes === undefined) return undefined
  const dealing = new Dealing(bytes, round.members.length)
  const recovery = recoverSeed(round, dealer, dealing, shares.get(dealer) ?? [])
  return recovery.kind === 'recovered' ? { kind: 'recovered', seed: recovery.seed.value } : recovery
}
