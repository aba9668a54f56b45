import { limits } from '@borgios/core'
import type { StateReader } from '../../state/state.ts'
import type { BlockContext } from '../state-module.ts'
import { type Layout, nothingLayout, tableOf } from './records.ts'

interface LedgerClock {
  /** Milliseconds that passed on the ledger. */
  readonly nowMs: number
  /** What the last block said the time was. */
  readonly blockTimeMs: number
}

const clockLayout: Layout<LedgerClock> = {
  write: (writer, { nowMs, blockTimeMs }) => void writer.u64(nowMs).u64(blockTimeMs),
  read: (reader) => ({ nowMs: reader.u64(), blockTimeMs: reader.u64() }),
}

/**
 * The time by which holds run out and leases are paid. It follows the blocks' time, but by at most a step a block: neither a leader whose
 * clock is wrong nor a network that stood still lets everything run out at once.
 */
export const clockTable = tableOf({ id: 88, name: 'clock', isListed: false, key: nothingLayout, value: clockLayout })

/** Milliseconds on the ledger's own clock, as of this block. */
export const ledgerTimeMs = (state: StateReader): number => state.get(clockTable, true)?.nowMs ?? 0

/** Before everything else that a block does with time. It goes no further than `untilMs`, which is said of what has yet to be done first. */
export function advanceClock({ state, timeMs }: BlockContext, untilMs: number): void {
  const { nowMs, blockTimeMs } = state.get(clockTable, true) ?? { nowMs: 0, blockTimeMs: timeMs }
  const stepMs = Math.min(Math.max(0, timeMs - blockTimeMs), limits.ledgerMoney.maxClockStepMs)
  const nextMs = Math.max(nowMs, Math.min(nowMs + stepMs, untilMs))
  state.set(clockTable, true, { nowMs: nextMs, blockTimeMs: timeMs })
}
