// Run as an ordinary user by the tests: opens the sandbox, runs what stands for each limit, and prints what came of it.
import { MIB } from '@borgios/core'
import { SandboxBench } from './sandbox-trial.ts'
import { command } from './wasm-builder.ts'

const SPIN = [0x03, 0x40, 0x0c, 0x00, 0x0b]
/** Grows by one MiB at a time until it is refused, then hits unreachable. */
const GROW = [0x03, 0x40, 0x41, 0x10, 0x40, 0x00, 0x41, 0x7f, 0x47, 0x0d, 0x00, 0x0b, 0x00]

const bench = await SandboxBench.open()
try {
  const limits = { memoryBytes: 128 * MIB, outputBytes: MIB }
  const found: unknown[] = []
  if (bench.sandbox.unavailableWhy === undefined) {
    const hurried = { ...limits, wallTimeMs: 300 }
    for (const [code, bounds] of [
      [[], limits],
      [SPIN, hurried],
      [GROW, limits],
    ] as const) {
      found.push((await bench.run(command(code), { limits: bounds })).report.exitCode)
    }
  }
  const { unavailableWhy, memoryGuard } = bench.sandbox
  process.stdout.write(JSON.stringify({ user: process.getuid?.(), unavailableWhy, memoryGuard, found }))
} finally {
  await bench.close()
}
