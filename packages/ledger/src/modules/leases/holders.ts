import { limits } from '@borgios/core'
import type { StateWriter } from '../../state/state.ts'
import { rateOf } from './lease-price.ts'
import { type EntryKey, entryTable, type Holder, holderTable, type LeaseEntry, spanTable } from './lease-records.ts'

const newHolder = (nowMs: number): Holder => ({
  entries: 0,
  bytes: 0,
  rate: 0n,
  value: 0n,
  sinceMs: nowMs,
  due: 0n,
  drawnMs: nowMs,
  fromMs: nowMs,
})

/** With what it is owed brought up to now. */
export const accrued = (holder: Holder, nowMs: number): Holder => ({
  ...holder,
  value: holder.value + holder.rate * BigInt(nowMs - holder.sinceMs),
  sinceMs: nowMs,
})

/** Auditors are drawn: what it keeps now they can see, so their verdict is about all of the time before. */
export const drawn = ({ value, due, ...holder }: Holder, nowMs: number): Holder => ({
  ...holder,
  value: 0n,
  due: due + value,
  drawnMs: nowMs,
})

/** From now on the holder is paid for this entry. */
export function startSpan(state: StateWriter, key: EntryKey, entry: LeaseEntry, price: bigint, nowMs: number): void {
  const holder = accrued(state.get(holderTable, key.holder) ?? newHolder(nowMs), nowMs)
  const bytes = holder.bytes + entry.bytes
  const rate = holder.rate + rateOf(entry.bytes, price)
  state.set(holderTable, key.holder, { ...holder, entries: holder.entries + 1, bytes, rate })
  state.set(entryTable, key, { ...entry, isAccepted: true, sinceMs: nowMs })
}

/** From now on it is not. What the span was worth stays the holder's, and can be looked up. */
export function stopSpan(state: StateWriter, key: EntryKey, entry: LeaseEntry, price: bigint, nowMs: number): void {
  const holder = accrued(state.get(holderTable, key.holder) ?? newHolder(nowMs), nowMs)
  const rate = rateOf(entry.bytes, price)
  state.set(holderTable, key.holder, {
    ...holder,
    entries: holder.entries - 1,
    bytes: holder.bytes - entry.bytes,
    rate: holder.rate - rate,
  })
  if (nowMs > entry.sinceMs) state.set(spanTable, { ...key, untilMs: nowMs }, { fromMs: entry.sinceMs, rate })
}

/**
 * Takes back what the entry was worth since the holder was last paid, as if its span began now, and returns it. What was paid before
 * stays and can be looked up.
 */
export function forfeitSpan(
  state: StateWriter,
  key: EntryKey,
  entry: LeaseEntry,
  price: bigint,
  nowMs: number,
): bigint {
  const holder = accrued(state.get(holderTable, key.holder) ?? newHolder(nowMs), nowMs)
  const rate = rateOf(entry.bytes, price)
  const fromMs = Math.max(entry.sinceMs, holder.fromMs)
  const ofDue = rate * BigInt(Math.max(0, holder.drawnMs - fromMs))
  const ofValue = rate * BigInt(nowMs - Math.max(fromMs, holder.drawnMs))
  state.set(holderTable, key.holder, { ...holder, due: holder.due - ofDue, value: holder.value - ofValue })
  if (fromMs > entry.sinceMs) state.set(spanTable, { ...key, untilMs: fromMs }, { fromMs: entry.sinceMs, rate })
  state.set(entryTable, key, { ...entry, sinceMs: nowMs })
  return ofDue + ofValue
}

/** Forgets spans that no payment which can still be looked up is about. */
export function pruneSpans(state: StateWriter, nowMs: number): void {
  const { spanMemoryMs, prunedPerBlock } = limits.ledgerMoney
  const old = []
  for (const [key] of state.list(spanTable)) {
    if (key.untilMs + spanMemoryMs > nowMs || old.length >= prunedPerBlock) break
    old.push(key)
  }
  for (const key of old) state.set(spanTable, key, undefined)
}
