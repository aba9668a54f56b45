import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { KIB, MIB, SECOND_MS } from '@borgios/core'
import { SandboxBench } from './support/sandbox-trial.ts'
import { type Code, command, wasmModule } from './support/wasm-builder.ts'

const LIMITS = { memoryBytes: 160 * MIB, outputBytes: MIB, wallTimeMs: 20 * SECOND_MS }
const I32_CONST = 0x41
const I32_ADD = 0x6a
const BLOCK = 0x02
const LOOP = 0x03
const VOID = 0x40
const END = 0x0b
const BRANCH_TABLE = 0x0e
const DROP = 0x1a
const UNREACHABLE = 0x00

describe('modules of every kind in the real sandbox', () => {
  let bench: SandboxBench

  before(async () => {
    bench = await SandboxBench.open()
  })
  after(() => bench.close())

  const run = (program: Uint8Array) => bench.run(program, { limits: LIMITS })

  it('runs the smallest command', async () => {
    const { report } = await run(command([]))
    assert.equal(report.exitCode, 0)
    assert.equal(report.end, 'exited')
  })

  const unusable: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['an empty file', new Uint8Array(0), /BufferSource argument is empty|is no WASI/],
    ['a text', Buffer.from('#!/bin/sh\necho hi\n'), /magic word/],
    ['a truncated module', command([]).subarray(0, 20), /is no WASI preview 1 command/],
    ['no _start', wasmModule({ code: [], start: 'main', memoryPages: [1] }), /exports no function _start/],
    ['no memory', wasmModule({ code: [], start: '_start' }), /exports no memory/],
    ['an unknown import', wasmModule({ code: [], start: '_start', memoryPages: [1], importName: 'env.x' }), /env/],
    ['a body that does not validate', command([I32_ADD]), /is no WASI preview 1 command/],
    ['more memory than it may have', wasmModule({ code: [], start: '_start', memoryPages: [60_000] }), /memory/i],
  ]
  for (const [name, program, why] of unusable) {
    it(`says why it cannot run: ${name}`, async () => {
      const { report } = await run(program)
      assert.equal(report.end, 'unusable')
      assert.equal(report.exitCode, undefined)
      assert.match(report.why, why)
      assert.match(report.why, /wasm32-wasi/)
    })
  }

  it('reports unreachable as a trap', async () => {
    const { report, stderr } = await run(command([UNREACHABLE]))
    assert.equal(report.exitCode, 134)
    assert.match(stderr, /the program trapped: unreachable/)
  })

  it('holds compile bombs to their limits of time and memory', async () => {
    const bombs: readonly (readonly [string, Code])[] = [
      [
        'a long straight line',
        [I32_CONST, 0, ...Array.from({ length: 300_000 }, () => [I32_CONST, 1, I32_ADD]).flat(), DROP],
      ],
      ['deep nesting', [...Array.from({ length: 20_000 }, () => [LOOP, VOID]).flat(), ...Array(20_000).fill(END)]],
      ['branch tables', branchTables(200, 300, 5_000)],
    ]
    for (const [name, code] of bombs) {
      const { report } = await bench.run(command(code), { limits: { ...LIMITS, wallTimeMs: 2 * SECOND_MS } })
      assert.ok(['exited', 'time', 'memory', 'unusable'].includes(report.end), `${name}: ${report.why}`)
    }
  })

  it('starts several at once, each with a /out of its own', async () => {
    const trials = await Promise.all(Array.from({ length: 4 }, () => run(command([]))))
    assert.deepEqual(
      trials.map(({ report }) => report.exitCode),
      [0, 0, 0, 0],
    )
  })

  it('takes memory limits at the edge', async () => {
    const { report } = await bench.run(command([]), { limits: { memoryBytes: 96 * MIB, outputBytes: 4 * KIB } })
    assert.equal(report.exitCode, 0, report.why)
  })
})

/** `tables` branch tables of `targets` entries each, inside `depth` blocks. */
function branchTables(tables: number, depth: number, targets: number): Code {
  const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)])
  const labels = Array.from({ length: targets + 1 }, (_, index) => leb(index % depth)).flat()
  const table = [BLOCK, VOID, I32_CONST, 0, BRANCH_TABLE, ...leb(targets), ...labels, END]
  return [
    ...Array.from({ length: depth }, () => [BLOCK, VOID]).flat(),
    ...Array.from({ length: tables }, () => table).flat(),
    ...Array(depth).fill(END),
  ]
}
