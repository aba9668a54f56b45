import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

interface LockedPackage {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type LockedPackages = Readonly<Record<string, LockedPackage>>

/** Where Node would find the package when the one at `path` asks for it: next to it, or in a folder above. */
function found(packages: LockedPackages, path: string, name: string): LockedPackage | undefined {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]
    if (candidate !== undefined || folder === '') return candidate
  }
}

test('the lock file names the packages of every platform, without which "npm ci" refuses it', async () => {
  const text = await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8')
  const { packages } = JSON.parse(text) as { packages: LockedPackages }
  const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
    Object.entries(optionalDependencies ?? {}).map(([name, version]) => ({ path, name, version })),
  )
  assert.ok(wanted.length > 50, 'the lock file was read')
  const missing = wanted.filter(({ path, name, version }) => {
    const locked = found(packages, path, name)?.version
    return locked === undefined || (/^\d/.test(version) && locked !== version)
  })
  assert.deepEqual(missing, [])
})
