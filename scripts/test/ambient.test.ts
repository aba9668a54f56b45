import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf } from './small-house.ts'

const put = 'packages/store/src/put.ts'

const ambient = (line: number, name: string, what: string): string =>
  `${put}:${line} ambient: ${name} reads ${what}: take it from a port, or move it to adapters`

/** Each statement uses something ambient in one way. */
const USES: readonly (readonly [source: string, name: string, what: string])[] = [
  ['Date.now()', 'Date.now', 'the clock'],
  ["Date['now']()", 'Date.now', 'the clock'],
  ['const { now } = Date', 'Date.now', 'the clock'],
  ['new Date()', 'new Date()', 'the clock'],
  ['Date()', 'Date()', 'the clock'],
  ['globalThis.Date.now()', 'Date.now', 'the clock'],
  ['new globalThis.Date()', 'new Date()', 'the clock'],
  ['const D = globalThis.Date', 'Date', 'the clock'],
  ['const { Date: D } = globalThis', 'globalThis.Date', 'the clock'],
  ['const { setTimeout: later } = globalThis', 'globalThis.setTimeout', 'timers'],
  ['performance.now()', 'performance', 'the clock'],
  ['globalThis.performance', 'globalThis.performance', 'the clock'],
  ['process.hrtime.bigint()', 'process.hrtime', 'the clock'],
  ['Math.random()', 'Math.random', 'randomness'],
  ['const { random: dice } = Math', 'Math.random', 'randomness'],
  ['crypto.getRandomValues(x)', 'getRandomValues', 'randomness'],
  ['crypto.randomUUID()', 'randomUUID', 'randomness'],
  ["import { randomBytes as rb } from 'node:crypto'", 'randomBytes', 'randomness'],
  ['crypto.subtle.generateKey(x)', 'generateKey', 'randomness'],
  ['setTimeout(f, 1)', 'setTimeout', 'timers'],
  ['const later = { setInterval }', 'setInterval', 'timers'],
  ['globalThis.setTimeout(f, 1)', 'globalThis.setTimeout', 'timers'],
  ['AbortSignal.timeout(1)', 'AbortSignal.timeout', 'timers'],
  ["import { setTimeout as sleep } from 'node:timers/promises'", 'node:timers/promises', 'timers'],
  ["const t = await import('node:timers')", 'node:timers', 'timers'],
  ['const t = await import(`node:timers`)', 'node:timers', 'timers'],
  ['process.env.HOME', 'process.env', 'the environment'],
  ["process['env']", 'process.env', 'the environment'],
  ["import { env } from 'node:process'", 'env', 'the environment'],
  ['const { env } = process', 'process.env', 'the environment'],
  ["import { hostname } from 'node:os'", 'hostname', 'the environment'],
  ["import * as os from 'node:os'", 'node:os', 'the environment'],
  ["process.getBuiltinModule('node:timers')", 'process.getBuiltinModule', 'everything'],
  ["crypto.createECDH('x').generateKeys()", 'createECDH', 'randomness'],
  ['new Intl.DateTimeFormat().format()', 'Intl.DateTimeFormat', 'the clock'],
  ['Atomics.wait(a, 0, 0, 5)', 'Atomics.wait', 'timers'],
]

for (const [source, name, what] of USES) {
  test(`ambient: ${source}`, async () => {
    assert.deepEqual(await findingsOf({ [put]: `export const put = 1\n${source}\n` }), [ambient(2, name, what)])
  })
}

/** The same words where they are harmless. */
const HARMLESS: readonly string[] = [
  'new Date(timeMs)',
  'Date.parse(text)',
  'type When = Date | ReturnType<typeof setTimeout>',
  'socket.setTimeout(0)',
  'const options = { setTimeout: 1, performance: 2 }',
  'clock.now(), random.bytes(32)',
  "const text = 'Date.now() and process.env'",
  'process.pid',
  'Math.floor(1.5)',
  "import { constants } from 'node:os'",
  'Atomics.add(a, 0, 1)',
  'new globalThis.Date(timeMs)',
  'const { structuredClone: copy } = globalThis',
  "import type { env } from 'node:process'",
  'queueMicrotask(f), setImmediate(f)',
]

for (const source of HARMLESS) {
  test(`not ambient: ${source}`, async () =>
    assert.deepEqual(await findingsOf({ [put]: `export const put = 1\n${source}\n` }), []))
}

test('ambient things are for adapters, tests, programs and benches, and not for simulations', async () => {
  const source = 'export const now = () => Date.now()\n'
  const findings = await findingsOf({
    'packages/store/src/adapters/now.ts': source,
    'packages/store/src/disk/adapters/now.ts': source,
    'packages/store/test/now.ts': source,
    'packages/store/bin/now.mjs': source,
    'bench/now.ts': source,
    'e2e/now.ts': source,
    'scripts/now.mjs': source,
    'sim/src/now.ts': source,
    'sim/test/now.test.ts': source,
  })
  assert.deepEqual(findings, [ambient(1, 'Date.now', 'the clock').replace(put, 'sim/src/now.ts')])
})
