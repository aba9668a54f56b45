import type { Finding } from '../finding.ts'
import type { House } from '../house.ts'
import { BROWSER_PACKAGES, BROWSER_ROOMS } from '../levels.ts'
import { importedFile, resolveImport } from '../resolve.ts'
import type { Source } from '../source.ts'

/** Follows the browser entry points along everything that is there at run time: no file may ask for what needs Node. */
export function checkBrowser(house: House): Finding[] {
  const findings: Finding[] = []
  const reached = new Set<Source>()
  const visit = (source: Source, from: string): void => {
    if (reached.has(source)) return
    reached.add(source)
    for (const { specifier, line, typeOnly } of source.imports) {
      if (typeOnly) continue
      const target = resolveImport(house, source, specifier)
      const add = (message: string) => findings.push({ rule: 'browser', path: source.path, line, message })
      if (target.kind === 'builtin') add(`${from} must run in a browser, which has no ${specifier}`)
      if (target.kind === 'package' && !BROWSER_PACKAGES.has(target.name)) {
        add(`${from} must run in a browser, and ${target.name} is not known to`)
      }
      const next = importedFile(house, source, specifier)
      if (next !== undefined) visit(next, from)
    }
  }
  for (const room of BROWSER_ROOMS) {
    const entry = house.sources.get(`packages/${room}/src/index.ts`)
    if (entry !== undefined) visit(entry, room)
  }
  return findings
}
