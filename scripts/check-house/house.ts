import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SIDE_LEVELS } from './levels.ts'
import { parseSource, type Source } from './source.ts'

export interface Manifest {
  readonly name?: string
  readonly exports?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A room or side folder. */
export interface Area {
  readonly name: string
  /** From the house's root. */
  readonly path: string
  readonly isRoom: boolean
  readonly manifest: Manifest
}

/** All that the rules look at. */
export interface House {
  readonly root: string
  readonly manifest: Manifest
  readonly areas: ReadonlyMap<string, Area>
  readonly sources: ReadonlyMap<string, Source>
}

const SOURCE_ENDINGS = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'] as const
/** At the top of a room: built or installed things, and AssemblyScript, which is no TypeScript. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'build', 'coverage', 'wasm'])

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'package.json')
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Manifest) : {}
}

async function areasOf(root: string): Promise<Area[]> {
  const entries = await readdir(join(root, 'packages'), { withFileTypes: true })
  const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => ({ name, path: `packages/${name}` }))
  const sides = [...SIDE_LEVELS.keys()]
    .filter((name) => existsSync(join(root, name)))
    .map((name) => ({ name, path: name }))
  const describe = async (each: { name: string; path: string }, isRoom: boolean): Promise<Area> => ({
    ...each,
    isRoom,
    manifest: await readManifest(join(root, each.path)),
  })
  return Promise.all([...rooms.map((room) => describe(room, true)), ...sides.map((side) => describe(side, false))])
}

async function sourcesOf(root: string, area: Area): Promise<Source[]> {
  const names = await readdir(join(root, area.path), { recursive: true, withFileTypes: true })
  const paths = names
    .filter((entry) => entry.isFile() && SOURCE_ENDINGS.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, area.path).length + 1))
    .filter((inner) => !SKIPPED_FOLDERS.has(inner.split('/')[0] ?? ''))
  return Promise.all(
    paths.map(async (inner) => {
      const path = `${area.path}/${inner}`
      return parseSource(path, area.name, inner, await readFile(join(root, path), 'utf8'))
    }),
  )
}

/** Reads and parses the whole house. */
export async function readHouse(root: string): Promise<House> {
  const areas = await areasOf(root)
  const sources = (await Promise.all(areas.map((area) => sourcesOf(root, area)))).flat()
  sources.sort((left, right) => (left.path < right.path ? -1 : 1))
  return {
    root,
    manifest: await readManifest(root),
    areas: new Map(areas.map((area) => [area.name, area])),
    sources: new Map(sources.map((source) => [source.path, source])),
  }
}
