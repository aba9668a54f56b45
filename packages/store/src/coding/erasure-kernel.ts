import { readFileSync } from 'node:fs'
import { assert, limits } from '@borgios/core'
import { kernelMissing } from '../errors.ts'
import { multiply } from './galois.ts'

/** Built by `asc --config packages/store/wasm/asconfig.json --target release`. */
const KERNEL_FILE = new URL('../../build/gf256.wasm', import.meta.url)

/** Two nibble tables of 16 bytes for each coefficient. */
const TABLE_BYTES = 32
const POINTER_BYTES = 4
const MAX_SHARDS = limits.store.maxStripeShards

/** Memory a kernel needs for its tables and lists of addresses. */
export const KERNEL_SCRATCH_BYTES = MAX_SHARDS * MAX_SHARDS * TABLE_BYTES + 2 * MAX_SHARDS * POINTER_BYTES

/** Lengths the kernel works on are multiples of this. */
export const KERNEL_STEP_BYTES = 32

interface KernelExports {
  multiply(
    inputCount: number,
    outputCount: number,
    tables: number,
    inputs: number,
    outputs: number,
    bytes: number,
  ): void
}

/** Reads and compiles the kernel; the module may be handed to other threads. Throws STORE_KERNEL_MISSING. */
export function loadKernel(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(KERNEL_FILE))
  } catch (cause) {
    throw kernelMissing(cause)
  }
}

/** Where a kernel works. */
export interface KernelPlace {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Address of KERNEL_SCRATCH_BYTES that nobody else uses, a multiple of 16. */
  readonly scratch: number
}

/** Matrix products over GF(2^8) by the SIMD kernel, on bytes that stand in its memory. */
export class ErasureKernel {
  readonly #memory: Uint8Array
  readonly #pointers: Uint32Array
  readonly #scratch: number
  readonly #exports: KernelExports

  constructor({ module, memory, scratch }: KernelPlace) {
    this.#memory = new Uint8Array(memory.buffer)
    this.#scratch = scratch
    this.#pointers = new Uint32Array(memory.buffer, scratch, 2 * MAX_SHARDS)
    const abort = (): never => {
      throw new Error('the erasure kernel gave up')
    }
    const instance = new WebAssembly.Instance(module, { env: { memory, abort } })
    this.#exports = instance.exports as unknown as KernelExports
  }

  /** Writes to each output address the sum of the inputs times the coefficients of its row. `bytes` of each. */
  multiply(rows: readonly Uint8Array[], inputs: readonly number[], outputs: readonly number[], bytes: number): void {
    assert(rows.length === outputs.length, 'each output has its row of coefficients')
    assert(inputs.length <= MAX_SHARDS && outputs.length <= MAX_SHARDS, 'a stripe has a bounded number of shards')
    assert(bytes % KERNEL_STEP_BYTES === 0, 'the kernel works in whole steps')
    this.#pointers.set(inputs, 0)
    this.#pointers.set(outputs, MAX_SHARDS)
    const tables = this.#scratch + 2 * MAX_SHARDS * POINTER_BYTES
    let at = tables
    for (const row of rows) {
      assert(row.length === inputs.length, 'each input has its coefficient')
      for (const coefficient of row) {
        this.#writeTable(at, coefficient)
        at += TABLE_BYTES
      }
    }
    const inputList = this.#scratch
    const outputList = this.#scratch + MAX_SHARDS * POINTER_BYTES
    this.#exports.multiply(inputs.length, outputs.length, tables, inputList, outputList, bytes)
  }

  #writeTable(at: number, coefficient: number): void {
    for (let nibble = 0; nibble < 16; nibble += 1) {
      this.#memory[at + nibble] = multiply(coefficient, nibble)
      this.#memory[at + 16 + nibble] = multiply(coefficient, nibble << 4)
    }
  }
}
