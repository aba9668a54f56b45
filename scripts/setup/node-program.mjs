// @ts-check
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { arch, platform } from 'node:process'
import { hasShippedNode, house, shippedNode } from './house.mjs'

/** @returns {Promise<string | undefined>} why the shipped Node cannot be used */
async function fault() {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    return `BorgIOS runs on Linux on x64 and arm64; this is ${platform} on ${arch}.`
  }
  if (!hasShippedNode()) {
    return `npm left out the optional package node-linux-${arch}. Run "npm ci --include=optional".`
  }
  const { optionalDependencies } = JSON.parse(await readFile(`${house}/package.json`, 'utf8'))
  const wanted = `v${optionalDependencies[`node-linux-${arch}`]}`
  if (process.execPath === shippedNode && process.version === wanted) return undefined
  const { stdout, error } = spawnSync(shippedNode, ['--version'], { encoding: 'utf8', timeout: 10_000 })
  if (error !== undefined) return `the shipped Node does not start: ${error.message}.`
  return stdout.trim() === wanted
    ? undefined
    : `the shipped Node says ${stdout.trim()}, expected ${wanted}. Run "npm ci".`
}

export const nodeProgram = {
  title: 'shipped Node',
  isReady: async () => (await fault()) === undefined,
  prepare: fault,
}
