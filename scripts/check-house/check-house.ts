import type { Finding } from './finding.ts'
import { readHouse } from './house.ts'
import { checkAmbient } from './rules/ambient.ts'
import { checkBrowser } from './rules/browser.ts'
import { checkCycles } from './rules/cycles.ts'
import { checkDependencies } from './rules/dependencies.ts'
import { checkLevels } from './rules/levels.ts'
import { checkShape } from './rules/shape.ts'

const RULES = [checkLevels, checkCycles, checkDependencies, checkAmbient, checkBrowser, checkShape] as const

/** The house never gets smaller than this: fewer means that the check has lost sight of it. */
export const AT_LEAST = { rooms: 7, files: 900, imports: 5500 } as const

export interface HouseReport {
  readonly findings: readonly Finding[]
  /** What was looked at. A check that looked at nothing finds nothing. */
  readonly rooms: number
  readonly files: number
  readonly imports: number
}

/** Checks the house at `root` against its rules. */
export async function checkHouse(root: string): Promise<HouseReport> {
  const house = await readHouse(root)
  const sources = [...house.sources.values()]
  return {
    findings: RULES.flatMap((rule) => rule(house)),
    rooms: [...house.areas.values()].filter(({ isRoom }) => isRoom).length,
    files: sources.length,
    imports: sources.reduce((sum, { imports }) => sum + imports.length, 0),
  }
}
