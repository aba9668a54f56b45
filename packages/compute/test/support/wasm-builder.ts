export type Code = readonly number[]

export interface ModuleParts {
  /** Instructions of the one function, without its last `end`. */
  readonly code: Code
  /** Name the function is exported by. */
  readonly start: string
  /** Initial pages of the memory, exported as `memory`; none if left out. */
  readonly memoryPages?: readonly [number]
  /** `module.name` of one imported function. */
  readonly importName?: string
}

function leb128(value: number): number[] {
  const low = value & 0x7f
  const rest = value >>> 7
  return rest === 0 ? [low] : [low | 0x80, ...leb128(rest)]
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)
const text = (value: string): Uint8Array => concat([bytes(...leb128(value.length)), Buffer.from(value)])
const section = (id: number, content: Uint8Array): Uint8Array => concat([bytes(id, ...leb128(content.length)), content])

const FUNCTION = 0x00
const MEMORY = 0x02

/** A module of one function without parameters and results. */
export function wasmModule(parts: ModuleParts): Uint8Array {
  const { code, start, memoryPages, importName } = parts
  const [importModule = '', importField = ''] = importName?.split('.') ?? []
  const imports = concat([bytes(1), text(importModule), text(importField), bytes(FUNCTION, 0)])
  const index = importName === undefined ? 0 : 1
  const exported = [
    concat([text(start), bytes(FUNCTION, index)]),
    ...(memoryPages === undefined ? [] : [concat([text('memory'), bytes(MEMORY, 0)])]),
  ]
  const body = concat([bytes(0), Uint8Array.from(code), bytes(0x0b)])
  return concat([
    bytes(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    section(1, bytes(1, 0x60, 0, 0)),
    ...(importName === undefined ? [] : [section(2, imports)]),
    section(3, bytes(1, 0)),
    ...(memoryPages === undefined ? [] : [section(5, bytes(1, 0, ...leb128(memoryPages[0])))]),
    section(7, concat([bytes(exported.length), ...exported])),
    section(10, concat([bytes(1, ...leb128(body.length)), body])),
  ])
}

/** A WASI command whose `_start` is this code. */
export const command = (code: Code): Uint8Array => wasmModule({ code, start: '_start', memoryPages: [1] })
