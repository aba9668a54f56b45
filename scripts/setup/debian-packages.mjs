// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { run } from './command.mjs'

/**
 * @typedef {object} DebianPackage
 * @property {string} name
 * @property {string} program found here once the package is installed
 * @property {string} without what does not work without it
 */

/** @type {readonly DebianPackage[]} what BorgIOS uses of the system. The one list of it. */
export const RUNTIME = [
  { name: 'bubblewrap', program: '/usr/bin/bwrap', without: 'this machine runs no jobs' },
  { name: 'util-linux', program: '/usr/bin/prlimit', without: 'this machine runs no jobs' },
]

/** @type {readonly DebianPackage[]} what the long tests use besides */
export const FULL_TESTS = [
  { name: 'chromium', program: '/usr/bin/chromium', without: 'the tests in a browser are skipped' },
]

const missingOf = (/** @type {readonly DebianPackage[]} */ packages) =>
  packages.filter(({ program }) => !existsSync(program))

/** @returns {readonly string[] | undefined} how to run a program as root without a question; undefined if there is no way */
function asRoot() {
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined
}

const isConversation = () => process.stdin.isTTY && process.stderr.isTTY && !process.env['CI']

async function agrees(/** @type {string} */ question) {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [Y/n] `).finally(() => terminal.close())
  return /^(y|yes|)$/i.test(answer.trim())
}

async function install(/** @type {readonly string[]} */ prefix, /** @type {readonly string[]} */ names) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = (/** @type {string[]} */ ...args) => {
    const [program = '', ...rest] = [...prefix, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=120', ...args]
    return run(program, rest, environment)
  }
  const install = () => aptGet('install', '--yes', '--no-install-recommends', ...names)
  if ((await install()) === 0) return true
  await aptGet('update')
  return (await install()) === 0
}

/**
 * @param {readonly DebianPackage[]} packages
 */
export const debianPackages = (packages) => ({
  title: 'Debian packages',
  isReady: async () => missingOf(packages).length === 0,
  /** @returns {Promise<string | undefined>} what is missing now and what to do */
  async prepare() {
    const names = missingOf(packages).map(({ name }) => name)
    const prefix = existsSync('/usr/bin/apt-get') ? asRoot() : undefined
    if (prefix !== undefined) {
      const may = !isConversation() || (await agrees(`Install the Debian packages ${names.join(', ')} now?`))
      if (may) await install(prefix, names)
    }
    const missing = missingOf(packages)
    if (missing.length === 0) return undefined
    const effects = missing.map(({ name, without }) => `without ${name} ${without}`).join('; ')
    return `${effects}. To install: sudo apt-get install ${missing.map(({ name }) => name).join(' ')}`
  },
})
