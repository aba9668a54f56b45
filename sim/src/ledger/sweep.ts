import { messageOf } from '@borgios/core'
import { runLedgerChaos } from './ledger-chaos.ts'
import type { LedgerCore } from './ledger-core.ts'

export interface SweepOptions {
  readonly from: number
  readonly seeds: number
  readonly nodes: number
  readonly faulty: number
  readonly core?: LedgerCore
  readonly areColluding?: boolean
  /** Ends the sweep at the first seed for which it says so. */
  readonly isEnough?: (failure: SweepFailure) => boolean
  readonly onSeed?: (done: number, failures: number) => void
}

export interface SweepFailure {
  readonly seed: number
  readonly said: string
  /** Two blocks became final at one height. */
  readonly isFork: boolean
}

export interface SweepResult {
  readonly runs: number
  readonly failures: readonly SweepFailure[]
  /** Blocks that became final, steps of the cores and convictions, over all runs. */
  readonly blocks: number
  readonly steps: number
  readonly convictions: number
  /** Runs in which a Byzantine validator behaved so. */
  readonly behaviours: ReadonlyMap<string, number>
  /** The longest way back to life after all faults ended. */
  readonly worstLiveMs: number
}

const FORK = /one block is final at height|not a descendant of the last final block/
/** What a check of the simulator says; whatever else is thrown is a defect of the simulator or of a mutant. */
export const SAID_BY_A_CHECK = /\bseed \d+/

/** Runs world after world, and gathers what broke. */
export function sweep(options: SweepOptions): SweepResult {
  const failures: SweepFailure[] = []
  const behaviours = new Map<string, number>()
  const sums = { runs: 0, blocks: 0, steps: 0, convictions: 0, worstLiveMs: 0 }
  for (let seed = options.from; seed < options.from + options.seeds; seed += 1) {
    sums.runs += 1
    try {
      const { world, behaviours: seen, liveAfterMs } = runLedgerChaos({ ...options, seed })
      for (const name of new Set(seen)) behaviours.set(name, (behaviours.get(name) ?? 0) + 1)
      sums.blocks += world.safety.height
      sums.steps += world.steps
      sums.convictions += world.safety.convictions
      sums.worstLiveMs = Math.max(sums.worstLiveMs, liveAfterMs)
    } catch (error) {
      const said = messageOf(error)
      if (!SAID_BY_A_CHECK.test(said)) throw error
      const failure = { seed, said, isFork: FORK.test(said) }
      failures.push(failure)
      if (options.isEnough?.(failure) === true) break
    }
    options.onSeed?.(sums.runs, failures.length)
  }
  return { ...sums, failures, behaviours }
}
