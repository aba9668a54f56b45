import { isBuiltin } from 'node:module'
import type { Finding } from '../finding.ts'
import type { House, Manifest } from '../house.ts'
import { SCOPE } from '../levels.ts'
import { resolveImport } from '../resolve.ts'
import { isTest, type Source } from '../source.ts'

/** Every imported package is declared, exactly pinned, by the room that imports it. */
export function checkDependencies(house: House): Finding[] {
  const findings: Finding[] = []
  for (const source of house.sources.values()) {
    for (const { specifier, line } of source.imports) {
      const target = resolveImport(house, source, specifier)
      const name = target.kind === 'package' ? target.name : target.kind === 'house' ? SCOPE + target.area : undefined
      if (name === undefined || isDeclared(house, source, name)) continue
      const message = isBuiltin(name) ? `"${name}" is written "node:${name}"` : undeclared(house, source, name)
      findings.push({ rule: 'dependencies', path: source.path, line, message })
    }
  }
  for (const { path, manifest } of [{ path: '.', manifest: house.manifest }, ...house.areas.values()]) {
    findings.push(...unpinned(path === '.' ? 'package.json' : `${path}/package.json`, manifest))
  }
  return findings
}

function isDeclared(house: House, source: Source, name: string): boolean {
  const manifest = house.areas.get(source.area)?.manifest
  if (manifest?.name === name) return true
  if (manifest?.dependencies?.[name] !== undefined) return true
  if (source.area === 'scripts') return house.manifest.devDependencies?.[name] !== undefined
  if (!isTest(source)) return false
  return manifest?.devDependencies?.[name] !== undefined || house.manifest.devDependencies?.[name] !== undefined
}

function undeclared(house: House, source: Source, name: string): string {
  const folder = house.areas.get(source.area)?.path
  const manifest = source.area === 'scripts' ? 'package.json' : `${folder}/package.json`
  const isDevelopment = house.areas.get(source.area)?.manifest.devDependencies?.[name] !== undefined
  return isDevelopment ? `${name} is there for tests only` : `${name} is not declared in ${manifest}`
}

/** Three numbers, and what may follow them; tags, ranges and addresses move. */
const isExact = (version: string): boolean => /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/.test(version)

function unpinned(path: string, manifest: Manifest): Finding[] {
  const versions = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  })
  return versions
    .filter(([, version]) => !isExact(version))
    .map(([name, version]) => ({
      rule: 'dependencies',
      path,
      line: 0,
      message: `${name} must have one exact version, not "${version}"`,
    }))
}
