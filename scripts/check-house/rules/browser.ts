import type { Finding } from '../finding.ts'
import type { House } from '../house.ts'
import { BROWSER_ROOMS } from '../levels.ts'
import { importedFile, resolveImport } from '../resolve.ts'
import type { Source } from '../source.ts'

/** Follows the browser entry points along everything that is there at run time: no file may ask for a module of Node. */
export function checkBrowser(house: House): Finding[] {
  const findings: Finding[] = []
  const reached = new Set<Source>()
  const visit = (source: Source, from: string): void => {
    if (reached.has(source)) return
    reached.add(source)
    for (const { specifier, line, typeOnly } of source.imports) {
      if (typeOnly) continue
      if (resolveImport(house, source, specifier).kind === 'builtin') {
        const message = `${from} must run in a browser, which has no ${specifier}`
        findings.push({ rule: 'browser', path: source.path, line, message })
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
