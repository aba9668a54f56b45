// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { run } from './command.mjs'
import { house, houseEnvironment } from './house.mjs'

const CONFIG = 'asconfig.json'
const SKIPPED = new Set(['build', 'node_modules'])

/** @returns {Promise<string[]>} the names in a folder, sorted; none if it is not there */
const namesIn = async (/** @type {string} */ folder) => (existsSync(folder) ? (await readdir(folder)).sort() : [])

/**
 * Every AssemblyScript program and the folder of all its sources: `wasm` of a room; of an example all examples, since they
 * share files.
 */
async function findPrograms() {
  const rooms = (await namesIn(join(house, 'packages'))).map((room) => {
    const sources = join(house, 'packages', room, 'wasm')
    return { config: join(sources, CONFIG), sources }
  })
  const sources = join(house, 'examples')
  const examples = (await namesIn(sources)).map((name) => ({ config: join(sources, name, CONFIG), sources }))
  return [...rooms, ...examples].filter(({ config }) => existsSync(config))
}

/** @returns {Promise<string[]>} the files under a folder, relative to it, without what was built there */
async function sourcesUnder(/** @type {string} */ folder) {
  const paths = await readdir(folder, { recursive: true })
  return paths
    .filter((path) => !path.split('/').some((part) => SKIPPED.has(part)) && statSync(join(folder, path)).isFile())
    .sort()
}

/**
 * One program: where its output goes and the hash of all it is made from, the compiler's version included.
 *
 * @param {{ config: string, sources: string }} program
 */
async function inspect({ config, sources }) {
  const hash = createHash('sha256').update(compilerVersion(await readFile(`${house}/package.json`, 'utf8')))
  for (const path of await sourcesUnder(sources)) {
    hash.update(`\0${path}\0`).update(await readFile(join(sources, path)))
  }
  const output = resolve(dirname(config), JSON.parse(await readFile(config, 'utf8')).targets.release.outFile)
  return { config: relative(house, config), output, stamp: `${output}.source-sha256`, hash: hash.digest('hex') }
}

const compilerVersion = (/** @type {string} */ manifest) => JSON.parse(manifest).devDependencies.assemblyscript

async function stale() {
  const programs = await Promise.all((await findPrograms()).map(inspect))
  const checked = await Promise.all(
    programs.map(async (program) => {
      const built = existsSync(program.output) && existsSync(program.stamp)
      return built && (await readFile(program.stamp, 'utf8')) === program.hash ? [] : [program]
    }),
  )
  return checked.flat()
}

export const wasmPrograms = {
  title: 'WebAssembly programs',
  isReady: async () => (await stale()).length === 0,
  /** @returns {Promise<string | undefined>} what went wrong */
  async prepare() {
    for (const { config, output, stamp, hash } of await stale()) {
      await mkdir(dirname(output), { recursive: true })
      const code = await run('asc', ['--config', config, '--target', 'release'], houseEnvironment())
      if (code !== 0 || !existsSync(output)) return `the compiler refused ${config} (exit code ${code}).`
      await writeFile(stamp, hash)
    }
    return undefined
  },
}
