import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../src/adapters/index.ts'

test('a folder is made with those above it, for its user alone, and may be there already', async () => {
  const base = await mkdtemp(join(tmpdir(), 'borgios-folder-'))
  const path = join(base, 'a', 'b')
  makeFolder(path)
  makeFolder(path)
  for (const each of [path, join(base, 'a')]) assert.equal((await stat(each)).mode & 0o777, 0o700)
  await writeFile(join(base, 'file'), '')
  assert.throws(() => makeFolder(join(base, 'file')), { code: 'EEXIST' })
  await rm(base, { recursive: true })
})
