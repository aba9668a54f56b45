import type { StateReader, StateWriter, Table } from '../../state/state.ts'
import { hashLayout, type Layout, nothingLayout, orderedCounter, tableOf } from './records.ts'

/** Something that happens by itself at a time of the ledger's clock. */
export interface Due {
  readonly atMs: number
  readonly id: Uint8Array
}

const dueLayout: Layout<Due> = {
  write(writer, { atMs, id }) {
    orderedCounter.write(writer, atMs)
    hashLayout.write(writer, id)
  },
  read: (reader) => ({ atMs: orderedCounter.read(reader), id: hashLayout.read(reader) }),
}

/** A table in the order of time. */
export const dueTable = (id: number, name: string): Table<Due, true> =>
  tableOf({ id, name, isListed: true, key: dueLayout, value: nothingLayout })

/** The first of what is due, as a list of its own: handling it may change the table. */
export function dueUntil(state: StateReader, table: Table<Due, true>, nowMs: number, count: number): readonly Due[] {
  const due: Due[] = []
  for (const [key] of state.list(table)) {
    if (key.atMs > nowMs || due.length >= count) break
    due.push(key)
  }
  return due
}

export function moveDue(
  state: StateWriter,
  table: Table<Due, true>,
  id: Uint8Array,
  fromMs: number | undefined,
  toMs: number | undefined,
): void {
  if (fromMs === toMs) return
  if (fromMs !== undefined) state.set(table, { atMs: fromMs, id }, undefined)
  if (toMs !== undefined) state.set(table, { atMs: toMs, id }, true)
}
