// @ts-check
import { debianPackages, FULL_TESTS, RUNTIME } from './debian-packages.mjs'
import { alone } from './lock.mjs'
import { nodeProgram } from './node-program.mjs'
import { npmPackages } from './npm-packages.mjs'
import { sandbox } from './sandbox.mjs'
import { wasmPrograms } from './wasm-programs.mjs'

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {() => Promise<boolean>} isReady
 * @property {() => Promise<string | undefined>} prepare says what went wrong
 */

const say = (/** @type {string} */ line) => process.stderr.write(`setup: ${line}\n`)

async function areReady(/** @type {readonly Step[]} */ steps) {
  for (const step of steps) if (!(await step.isReady())) return false
  return true
}

async function prepare(/** @type {Step} */ step) {
  if (await step.isReady()) return undefined
  const startMs = performance.now()
  say(`${step.title} ...`)
  const fault = await step.prepare()
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  say(fault === undefined ? `${step.title} ready after ${seconds} s` : `${step.title}: ${fault}`)
  return fault
}

/**
 * Makes a fresh clone ready to run. Does nothing where nothing is to be done; may be called by several processes at once.
 * Ends the process with 1 when something without which nothing runs cannot be had; what only some things need is told.
 *
 * @param {{ forFullTests?: boolean }} [options]
 */
export async function setup(options = {}) {
  /** @type {readonly Step[]} */
  const needed = [npmPackages, nodeProgram, wasmPrograms]
  const wanted = [debianPackages(RUNTIME), sandbox, ...(options.forFullTests ? [debianPackages(FULL_TESTS)] : [])]
  if (await areReady([...needed, ...wanted])) return
  await alone(
    async () => {
      for (const step of needed) if ((await prepare(step)) !== undefined) process.exit(1)
      for (const step of wanted) await prepare(step)
    },
    () => say('another setup is at work here, waiting for it ...'),
  )
}
