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
  { name: 'spin', program: '/usr/bin/spin', without: 'the model of consensus is not checked' },
  { name: 'gcc', program: '/usr/bin/gcc', without: 'the model of consensus is not checked' },
]

const missingOf = (/** @type {readonly DebianPackage[]} */ packages) =>
  packages.filter(({ program }) => !existsSync(program))

const isConversation = () => process.stdin.isTTY && process.stderr.isTTY && !process.env['CI']

/**
 * @typedef {object} Root how to run a program as root
 * @property {readonly string[]} prefix
 * @property {boolean} asks whether a password is typed first
 */

/** @returns {Root | string} a string: why there is no way */
function wayToRoot() {
  if (!existsSync('/usr/bin/apt-get')) return 'there is no apt-get'
  if (process.getuid?.() === 0) return { prefix: [], asks: false }
  const sudo = (/** @type {string[]} */ ...args) => spawnSync('sudo', args, { stdio: 'ignore' }).status === 0
  if (sudo('-n', 'true')) return { prefix: ['sudo', '-n'], asks: false }
  if (!sudo('--version')) return 'there is no sudo'
  return isConversation()
    ? { prefix: ['sudo'], asks: true }
    : 'sudo wants a password and there is no terminal to ask on'
}

async function agrees(/** @type {string} */ question) {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [Y/n] `).finally(() => terminal.close())
  return /^(y|yes|)$/i.test(answer.trim())
}

/** Resolves to what went wrong, if something did. */
async function install(/** @type {Root} */ { prefix, asks }, /** @type {readonly string[]} */ names) {
  // Asked for once, so that a wrong password is not followed by more questions.
  if (asks && (await run('sudo', ['-v'], process.env, 'inherit')) !== 0) return 'sudo did not let us'
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = (/** @type {string[]} */ ...args) => {
    const [program = '', ...rest] = [...prefix, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=120', ...args]
    return run(program, rest, environment, asks ? 'inherit' : 'ignore')
  }
  const install = () => aptGet('install', '--yes', '--no-install-recommends', ...names)
  if ((await install()) === 0) return undefined
  await aptGet('update')
  return (await install()) === 0 ? undefined : 'apt-get failed'
}

async function installIfMay(/** @type {Root} */ root, /** @type {readonly string[]} */ names) {
  const how = root.asks ? ' (sudo asks for your password)' : ''
  const may = !isConversation() || (await agrees(`Install the Debian packages ${names.join(', ')} now${how}?`))
  return may ? install(root, names) : 'not installed'
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
    const root = wayToRoot()
    const fault = typeof root === 'string' ? root : await installIfMay(root, names)
    const missing = missingOf(packages)
    if (missing.length === 0) return undefined
    const effects = missing.map(({ name, without }) => `without ${name} ${without}`).join('; ')
    return `${fault ?? 'apt-get did not bring all'}: ${effects}. To install: sudo apt-get install ${missing.map(({ name }) => name).join(' ')}`
  },
})
