import { assert } from '@borgios/core'
import type { AnyTable } from '../state/state.ts'
import type { OperationType, StateModule } from './state-module.ts'

/** What any operation may throw: numbers below 256, so they read as those of a module 0. */
export const FRAME_REFUSALS: Readonly<Record<string, number>> = {
  PROTOCOL_MALFORMED: 1,
  LEDGER_FUNDS_SHORT: 2,
  LEDGER_SUPPLY_FULL: 3,
  LEDGER_BUCKET_FULL: 4,
}

const MAX_ID = 255
const IDS = MAX_ID + 1

const isId = (value: number, least: number): boolean => Number.isInteger(value) && value >= least && value <= MAX_ID

/**
 * The state modules of a network, in the order in which they act. All nodes must have the same: what they do is the rule by which blocks
 * stand. Clashing ids, table ids, kinds, codes or refusal numbers are bugs: assertions.
 */
export class ModuleRegistry {
  readonly modules: readonly StateModule[]
  readonly tables: readonly AnyTable[]
  /** By module id * 256 + kind. */
  readonly #operations = new Map<number, OperationType<unknown>>()
  readonly #statusOfCode = new Map<string, number>()
  readonly #codeOfStatus = new Map<number, string>()

  constructor(modules: readonly StateModule[]) {
    this.modules = modules
    this.tables = modules.flatMap((module) => module.tables)
    assertUnique('a state module', modules)
    assertUnique('a table', this.tables)
    this.#addRefusals(0, FRAME_REFUSALS)
    for (const module of modules) {
      this.#addRefusals(module.id, module.refusals)
      for (const operation of module.operations) this.#addOperation(module, operation)
    }
  }

  /** Undefined if no module has such an operation. */
  operation(module: number, kind: number): OperationType<unknown> | undefined {
    return this.#operations.get(module * IDS + kind)
  }

  /** The number a receipt gives for an error of an operation: module * 256 + the module's number for its code; undefined for others. */
  statusOf(code: string): number | undefined {
    return this.#statusOfCode.get(code)
  }

  /** The code of the error that a receipt's status stands for. */
  codeOf(status: number): string | undefined {
    return this.#codeOfStatus.get(status)
  }

  #addOperation(module: StateModule, operation: OperationType<unknown>): void {
    assert(isId(operation.kind, 0), `${operation.kind} is no kind of operation`)
    const number = module.id * IDS + operation.kind
    assert(!this.#operations.has(number), `module ${module.name} has kind ${operation.kind} twice`)
    this.#operations.set(number, operation)
  }

  #addRefusals(module: number, refusals: Readonly<Record<string, number>>): void {
    for (const [code, number] of Object.entries(refusals)) {
      const status = module * IDS + number
      assert(isId(number, 1), `${number} is no number of a refusal`)
      assert(!this.#statusOfCode.has(code) && !this.#codeOfStatus.has(status), `the refusal ${code} is there twice`)
      this.#statusOfCode.set(code, status)
      this.#codeOfStatus.set(status, code)
    }
  }
}

function assertUnique(what: string, named: readonly { readonly id: number; readonly name: string }[]): void {
  const ids = new Set<number>()
  const names = new Set<string>()
  for (const { id, name } of named) {
    assert(isId(id, 1), `${id} is no id of ${what}`)
    assert(!ids.has(id) && !names.has(name), `${what} ${id}, ${name}, is there twice`)
    ids.add(id)
    names.add(name)
  }
}
