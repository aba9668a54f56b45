import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { JobId, limits, MIB, NetworkId, NodeId } from '@borgios/core'
import type { JobReceipt } from '@borgios/protocol'
import fc from 'fast-check'
import { defaultJobLimits, maxJobLimits } from '../src/index.ts'
import { CpuMeter, parseProcessCpuMs } from '../src/sandbox/cpu-meter.ts'
import { doubtsAbout, memoryMibMs, mostUsage, type SeenRun, usageOf } from '../src/usage.ts'
import { SandboxBench } from './support/sandbox-trial.ts'
import { command } from './support/wasm-builder.ts'

const key = new Uint8Array(32)
const receiptOf = (part: Pick<JobReceipt, 'usage' | 'wallTimeMs'>, outputBytes: number): JobReceipt => ({
  ...{ network: NetworkId.fromBytes(key), job: JobId.fromBytes(new Uint8Array(16)), node: NodeId.fromBytes(key) },
  ...{ requester: NodeId.fromBytes(key), specHash: '', state: 'done', why: '', startedAtMs: 0, endedAtMs: 0 },
  outputs: outputBytes === 0 ? [] : [{ name: 'a', bytes: outputBytes, capability: 'cap' }],
  signature: '',
  ...part,
})

describe('what a job used', () => {
  const run = { wallTimeMs: 1_000.4, cpuMs: 900.6, inputBytes: 10, outputBytes: 20, logBytes: 30 }

  it('is its memory limit for as long as it ran, and the rest as it was measured', () => {
    const { wallTimeMs, usage } = usageOf(defaultJobLimits, run)
    assert.equal(wallTimeMs, 1_000)
    assert.deepEqual(usage, { cpuMs: 901, memoryMibMs: 512_000, inputBytes: 10, outputBytes: 20, logBytes: 30 })
  })

  it('is never more than its limits allow, whatever was measured, and stays exact', () => {
    const much = { ...run, wallTimeMs: 1e9, cpuMs: 1e12, inputBytes: 1e15, logBytes: 1e12 }
    const { wallTimeMs, usage } = usageOf(maxJobLimits, much)
    const most = mostUsage(maxJobLimits)
    assert.equal(wallTimeMs, maxJobLimits.wallTimeMs)
    assert.deepEqual(usage, { ...most, outputBytes: 20 })
    assert.ok(Object.values(most).every(Number.isSafeInteger))
    assert.equal(usageOf(defaultJobLimits, { ...run, wallTimeMs: 10 }).usage.cpuMs, 10 * limits.compute.jobCpus)
  })

  it('is not doubted of an honest node', () => {
    const natural = (max: number) => fc.integer({ min: 0, max })
    fc.assert(
      fc.property(
        fc.record({
          wallTimeMs: fc.double({ min: 0, max: 2 * maxJobLimits.wallTimeMs, noNaN: true }),
          cpuMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
          inputBytes: natural(limits.compute.maxInputBytes),
          outputBytes: natural(defaultJobLimits.outputBytes),
          logBytes: natural(defaultJobLimits.logBytes + limits.compute.logNoteBytes),
        }),
        fc.boolean(),
        (measured, isKnown) => {
          const receipt = receiptOf(usageOf(defaultJobLimits, measured), measured.outputBytes)
          const { inputBytes, logBytes } = measured
          const seen = { elapsedMs: measured.wallTimeMs, logBytes, inputBytes: isKnown ? inputBytes : undefined }
          assert.deepEqual(doubtsAbout(receipt, defaultJobLimits, seen), [])
        },
      ),
    )
  })

  const honest = usageOf(defaultJobLimits, run)
  const seen: SeenRun = { elapsedMs: 1_001, logBytes: 30, inputBytes: 10 }
  const later = honest.wallTimeMs + limits.compute.clockMarginMs + 2
  const tooLong = defaultJobLimits.wallTimeMs + 1
  const lies: readonly (readonly [string, Partial<JobReceipt['usage']>, number, Partial<SeenRun>, RegExp])[] = [
    ['more time than passed', {}, later, {}, /of the 1.0s that passed here/],
    ['more time than it may have', {}, tooLong, { elapsedMs: tooLong }, /more time than the job's limit/],
    ['more processor time than there was', { cpuMs: 2_001 }, 1_000, {}, /2.0s is the most in that time/],
    ['more memory', { memoryMibMs: 512_001 }, 1_000, {}, /limit times the time/],
    ['less memory', { memoryMibMs: 511_999 }, 1_000, {}, /limit times the time/],
    ['other outputs', { outputBytes: 21 }, 1_000, {}, /21 B of outputs and brought 20 B/],
    ['log that did not come', { logBytes: 31 }, 1_000, {}, /31 B of log and sent 30 B/],
    ['more inputs than there are', { inputBytes: 11 }, 1_000, {}, /11 B of inputs; 10 B is the most/],
    ['inputs that it did not fetch', { inputBytes: 9 }, 1_000, {}, /ran without 1 B of its inputs/],
    [
      'more inputs than any job brings',
      { inputBytes: limits.compute.maxInputBytes + 1 },
      1_000,
      { inputBytes: undefined },
      /is the most/,
    ],
  ]
  for (const [what, usage, wallTimeMs, change, why] of lies) {
    it(`is doubted where a node bills ${what}`, () => {
      const memory = { memoryMibMs: memoryMibMs(defaultJobLimits, wallTimeMs) }
      const receipt = receiptOf({ wallTimeMs, usage: { ...honest.usage, ...memory, ...usage } }, 20)
      const doubts = doubtsAbout(receipt, defaultJobLimits, { ...seen, ...change })
      assert.equal(doubts.length, 1, doubts.join())
      assert.match(doubts[0] ?? '', why)
    })
  }

  it('is doubted where a node brings more outputs than the job may store', () => {
    const outputBytes = defaultJobLimits.outputBytes + 1
    const receipt = receiptOf({ ...honest, usage: { ...honest.usage, outputBytes } }, outputBytes)
    assert.match(doubtsAbout(receipt, defaultJobLimits, seen).join(), /more output than the job's limit/)
  })
})

describe('the meter of processor time', () => {
  it('reads user and system time of a process with any name', () => {
    const stat = '42 (a) R 1 (b) S 1 1 1 0 -1 4194560 100 0 0 0 17 25 3 4 20 0 7 0'
    assert.equal(parseProcessCpuMs(stat), 420)
  })

  it('counts from its beginning, never back, and keeps its last reading', () => {
    let now: number | undefined = 100
    const meter = new CpuMeter(process.pid, () => {
      if (now === undefined) throw new Error('the group is gone')
      return now
    })
    assert.equal(meter.usedMs, 0)
    now = 130
    meter.look()
    assert.equal(meter.usedMs, 30)
    for (const reading of [120, Number.NaN, undefined]) {
      now = reading
      meter.look()
      assert.equal(meter.usedMs, 30)
    }
  })

  it('asks the kernel about the process where there is no group', () => {
    const meter = new CpuMeter(process.pid, () => undefined)
    while (meter.usedMs < 20) meter.look()
    assert.ok(new CpuMeter(2 ** 30, () => undefined).usedMs === 0)
  })
})

/** With this machine's control groups, and without any, as for an ordinary user. */
for (const [where, controlGroupRoot] of [
  ['by control group where there are any', undefined],
  ['by process', '/nonexistent'],
] as const) {
  describe(`processor time in the sandbox, ${where}`, { skip: !existsSync('/usr/bin/bwrap') }, () => {
    const SPIN = [0x03, 0x40, 0x0c, 0x00, 0x0b]
    const bounds = { memoryBytes: 128 * MIB, outputBytes: MIB, wallTimeMs: 600 }
    let bench: SandboxBench
    before(async () => {
      bench = await SandboxBench.open(controlGroupRoot === undefined ? {} : { controlGroupRoot })
    })
    after(() => bench.close())

    it('is about the time of a program that only computes, also when it is ended, and never more than two of them', async () => {
      const { report } = await bench.run(command(SPIN), { limits: bounds })
      assert.equal(report.end, 'time')
      // On a machine under load it gets less than a whole processor.
      assert.ok(report.cpuMs > 20 && report.cpuMs <= 2 * report.wallTimeMs + 20, JSON.stringify(report))
    })

    it('is little of a program that does nothing, and of one that never runs none', async () => {
      const { report } = await bench.run(command([]), { limits: bounds })
      assert.equal(report.exitCode, 0)
      const spin = (await bench.run(command(SPIN), { limits: bounds })).report
      assert.ok(report.cpuMs < spin.cpuMs, `${report.cpuMs} and ${spin.cpuMs}`)
      const none = await bench.run(command([]), { limits: bounds, signal: AbortSignal.abort() })
      assert.equal(none.report.cpuMs, 0)
    })
  })
}
