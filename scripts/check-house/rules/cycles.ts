import type { Finding } from '../finding.ts'
import type { House } from '../house.ts'
import { importedFile } from '../resolve.ts'
import type { Source } from '../source.ts'

/** No file may lead back to itself, not even by types: such files are one file in disguise. One finding per first-found cycle. */
export function checkCycles(house: House): Finding[] {
  const findings: Finding[] = []
  const done = new Set<Source>()
  const onPath: Source[] = []

  const visit = (source: Source): void => {
    done.add(source)
    onPath.push(source)
    for (const { specifier, line } of source.imports) {
      const next = importedFile(house, source, specifier)
      if (next === undefined) continue
      const start = onPath.indexOf(next)
      if (start !== -1) {
        const cycle = [...onPath.slice(start), next].map(({ path }) => path).join(' -> ')
        findings.push({ rule: 'cycles', path: source.path, line, message: cycle })
      } else if (!done.has(next)) visit(next)
    }
    onPath.pop()
  }

  for (const source of house.sources.values()) if (!done.has(source)) visit(source)
  return findings
}
