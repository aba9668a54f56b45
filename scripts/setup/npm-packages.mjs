// @ts-check
import { readFile } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { run } from './command.mjs'
import { house, programs } from './house.mjs'

/** @typedef {Record<string, { version?: string, link?: boolean, optional?: boolean }>} LockedPackages */

/** @returns {Promise<LockedPackages | undefined>} */
async function packagesIn(/** @type {string} */ lockFile) {
  try {
    return JSON.parse(await readFile(`${house}/${lockFile}`, 'utf8')).packages
  } catch {
    return undefined
  }
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes what it installed into a lock file of its own as its
 * last act, so an interrupted installation does not pass.
 */
async function areInstalled() {
  const installed = await packagesIn('node_modules/.package-lock.json')
  const wanted = await packagesIn('package-lock.json')
  if (installed === undefined || wanted === undefined) return false
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.includes('node_modules/')) return true
    const found = installed[path]
    return found === undefined ? optional === true : link === true || found.version === version
  })
}

/** npm must not run on the Node inside node_modules: that is what it is about to replace. */
function environmentWithoutHouse() {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== programs)
  return { ...process.env, PATH: path.join(delimiter) }
}

export const npmPackages = {
  title: 'npm packages',
  isReady: areInstalled,
  /** @returns {Promise<string | undefined>} what went wrong */
  async prepare() {
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], environmentWithoutHouse())
    return code === 0
      ? undefined
      : `"npm ci" ended with ${code}. Its messages are above; run "npm ci" again when they are solved.`
  },
}
