import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const house = fileURLToPath(new URL('../..', import.meta.url))
const documents = globSync('{*.md,docs/**/*.md,packages/*/*.md,models/*.md}', { cwd: house })

test('every link between documents leads somewhere', () => {
  const links = documents.flatMap((path) =>
    [...readFileSync(join(house, path), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => ({
      path,
      to,
    })),
  )
  assert.ok(links.length > 20, 'links were found')
  const broken = links.filter(({ path, to }) => globSync(join(dirname(path), to), { cwd: house }).length === 0)
  assert.deepEqual(broken, [])
})

test('every decision stands in the index, under its own number', async () => {
  const index = readFileSync(join(house, 'docs/adr/README.md'), 'utf8')
  const pages = (await readdir(join(house, 'docs/adr'))).filter((name) => name !== 'README.md')
  assert.deepEqual(
    pages.filter((name) => !index.includes(`| ${name.slice(0, 4)}   | [`) || !index.includes(`(${name})`)),
    [],
  )
  assert.equal(new Set(pages.map((name) => name.slice(0, 4))).size, pages.length)
})
