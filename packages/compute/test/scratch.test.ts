import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FetchFailure, fetchFiles } from '../src/executor/scratch.ts'
import { defaultJobLimits } from '../src/index.ts'
import { checkJobSpec } from '../src/job-spec.ts'
import { MemoryFiles } from './support/memory-files.ts'

test('program and inputs are bounded together, and the last one that still fits is taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-scratch-'))
  try {
    const files = new MemoryFiles()
    const inputs = ['a', 'b'].map((name) => ({ name, capability: files.add(name.repeat(10)) }))
    const spec = checkJobSpec({ program: files.add('0123456789'), args: [], env: {}, inputs, limits: defaultJobLimits })
    const fetch = async (name: string, maxBytes: number): Promise<string> => {
      const own = join(folder, name)
      await mkdir(join(own, 'in'), { recursive: true })
      await fetchFiles(files, spec, own, new AbortController().signal, maxBytes)
      return readFile(join(own, 'in', 'b'), 'utf8')
    }
    assert.equal(await fetch('fits', 30), 'bbbbbbbbbb')
    await assert.rejects(fetch('too-large', 29), (error) => {
      assert.ok(error instanceof FetchFailure && error.hopeless)
      return /the input b could not be fetched.*10 B, more than the 9 B/.test(error.message)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
