import { posix } from 'node:path'
import type { House } from './house.ts'
import { SCOPE } from './levels.ts'
import type { Source } from './source.ts'

/** What an import leads to. */
export type Target =
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'relative'; readonly path: string }
  /** A package of the house; `path` is undefined where its package.json exports no such entry point. */
  | { readonly kind: 'house'; readonly area: string; readonly entry: string; readonly path: string | undefined }
  | { readonly kind: 'package'; readonly name: string }

const packageNameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

export function resolveImport(house: House, source: Source, specifier: string): Target {
  if (specifier.startsWith('node:')) return { kind: 'builtin', name: specifier }
  if (specifier.startsWith('.')) {
    return { kind: 'relative', path: posix.join(posix.dirname(source.path), specifier) }
  }
  const name = packageNameOf(specifier)
  if (!name.startsWith(SCOPE)) return { kind: 'package', name }
  const area = name.slice(SCOPE.length)
  const entry = `.${specifier.slice(name.length)}`
  const target = house.areas.get(area)
  const exported = target?.manifest.exports?.[entry]
  const path = target === undefined || exported === undefined ? undefined : posix.join(target.path, exported)
  return { kind: 'house', area, entry, path }
}

/** The file of the house that an import runs or reads types from, if it is one. */
export function importedFile(house: House, source: Source, specifier: string): Source | undefined {
  const target = resolveImport(house, source, specifier)
  const path = target.kind === 'relative' || target.kind === 'house' ? target.path : undefined
  return path === undefined ? undefined : house.sources.get(path)
}
