// @ts-check
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { become, exitCodeOf } from './setup/command.mjs'
import { house, houseEnvironment, shippedNode } from './setup/house.mjs'
import { setup } from './setup/index.mjs'

/** Checks of the source, before any test. Each is a program that prints what it finds and exits with 0 if all is well. */
const CHECKS = [
  { title: 'types', command: ['tsc', '-p', '.'] },
  { title: 'lint and format', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { title: 'unused code', command: ['knip'] },
  { title: 'house rules', command: [shippedNode, 'scripts/check-house.ts'] },
]

const secondsSince = (/** @type {number} */ startMs) => `${((performance.now() - startMs) / 1000).toFixed(1)} s`

/**
 * Runs one check and prints its output in one piece.
 *
 * @param {typeof CHECKS[number]} check
 * @returns {Promise<boolean>}
 */
function passes({ title, command: [program = '', ...args] }) {
  return new Promise((resolve, reject) => {
    const startMs = performance.now()
    const child = spawn(program, args, { cwd: house, env: houseEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {Buffer[]} */
    const output = []
    child.stdout.on('data', (chunk) => output.push(chunk))
    child.stderr.on('data', (chunk) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const good = exitCodeOf(code, signal) === 0
      process.stdout.write(Buffer.concat(output))
      console.log(`${good ? '✔' : '✖'} ${title} (${secondsSince(startMs)})`)
      resolve(good)
    })
  })
}

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean' }, 'only-checks': { type: 'boolean' } },
  allowPositionals: true,
})
const startMs = performance.now()
await setup({ forFullTests: values.full === true })
console.log(`✔ setup (${secondsSince(startMs)})`)

const results = await Promise.all(CHECKS.map(passes))
const checksPass = results.every(Boolean)
if (values['only-checks']) {
  process.exitCode = checksPass ? 0 : 1
} else {
  const environment = { ...houseEnvironment(), ...(values.full ? { BORGIOS_TEST_FULL: '1' } : {}) }
  const testsCode = await become(shippedNode, [`${house}/scripts/run-tests.ts`, ...positionals], environment)
  if (!checksPass) console.error('the tests ran, but a check of the source above failed')
  process.exitCode = checksPass ? testsCode : 1
}
