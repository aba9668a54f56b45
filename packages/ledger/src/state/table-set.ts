import { assert } from '@borgios/core'
import type { AnyTable } from './state.ts'

const MAX_TABLE_ID = 255

/** The tables of a state by their ids. */
export class TableSet {
  readonly #tables = new Map<number, AnyTable>()

  constructor(tables: readonly AnyTable[]) {
    for (const table of tables) {
      const { id, name } = table
      assert(Number.isInteger(id) && id >= 1 && id <= MAX_TABLE_ID, `table ${name} has the id ${id}`)
      assert(!this.#tables.has(id), `tables ${name} and ${this.#tables.get(id)?.name} have the same id`)
      this.#tables.set(id, table)
    }
  }

  byId(id: number): AnyTable | undefined {
    return this.#tables.get(id)
  }

  [Symbol.iterator](): Iterator<AnyTable> {
    return this.#tables.values()
  }
}
