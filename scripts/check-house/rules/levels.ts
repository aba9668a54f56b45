import type { Finding } from '../finding.ts'
import type { House } from '../house.ts'
import { ROOM_LEVELS, SIDE_LEVELS } from '../levels.ts'
import { resolveImport, type Target } from '../resolve.ts'
import { isIn, isInSrc, isTest, type Source } from '../source.ts'

const levelOf = (area: string): number | undefined => ROOM_LEVELS.get(area) ?? SIDE_LEVELS.get(area)

/** Rooms know only rooms of a lower level, by name and through their entry points. */
export function checkLevels(house: House): Finding[] {
  const findings: Finding[] = []
  for (const area of house.areas.values()) {
    if (levelOf(area.name) === undefined) {
      findings.push({ rule: 'levels', path: area.path, line: 0, message: `the room ${area.name} has no level` })
    }
  }
  for (const source of house.sources.values()) {
    for (const { specifier, line } of source.imports) {
      const message = faultOf(house, source, resolveImport(house, source, specifier))
      if (message !== undefined) findings.push({ rule: 'levels', path: source.path, line, message })
    }
  }
  return findings
}

function faultOf(house: House, source: Source, target: Target): string | undefined {
  if (target.kind === 'relative') return faultOfRelative(house, source, target.path)
  if (target.kind !== 'house') return undefined
  const { area, entry, path } = target
  if (!ROOM_LEVELS.has(area) && area !== source.area) return `nothing imports ${area}`
  const own = levelOf(source.area) ?? 0
  const other = levelOf(area) ?? 0
  if (area === source.area) {
    if (isInSrc(source)) return 'inside a room files are imported by relative path'
  } else if (other >= own) return `${source.area} (level ${own}) may not import ${area} (level ${other})`
  if (path === undefined) return `${area} has no entry point "${entry}"`
  return entry === './testing' && !mayUseTesting(source) ? testingFault : undefined
}

const testingFault = 'what is made for tests is not for the program'

const mayUseTesting = (source: Source): boolean =>
  isTest(source) || isIn(source, 'testing') || !ROOM_LEVELS.has(source.area)

function faultOfRelative(house: House, source: Source, path: string): string | undefined {
  const folder = house.areas.get(source.area)?.path ?? source.area
  if (isTest(source) && path.startsWith('examples/')) return undefined
  if (!path.startsWith(`${folder}/`)) return `a relative import may not leave ${folder}`
  const inner = path.slice(folder.length + 1)
  if (isInSrc(source) && !inner.startsWith('src/')) return 'src may only import from src'
  const intoTesting = inner.startsWith('src/testing/')
  return intoTesting && !mayUseTesting(source) ? testingFault : undefined
}
