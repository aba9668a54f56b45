import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEnvironment } from '../src/adapters/index.ts'
import { commandLine, quoteWord, withCommandLines } from '../src/cli/command-line.ts'
import { temporaryFolder } from './node-fixture.ts'

test('commands to try name the data folder that was given, quoted for the shell', () => {
  const plain = { program: 'borgios', givenData: undefined }
  const given = { program: 'npx borgios', givenData: '/my data' }
  assert.equal(commandLine(plain, 'net tree'), 'borgios net tree')
  assert.equal(commandLine(given, 'net tree'), "npx borgios net tree --data '/my data'")
  assert.equal(commandLine(given, 'up --data OTHER'), 'npx borgios up --data OTHER')
  const message = 'nothing runs: "borgios up" starts it, borgios is its name, then "borgios net tree"'
  assert.equal(
    withCommandLines(message, { ...given, givenData: '/d' }),
    'nothing runs: "npx borgios up --data /d" starts it, borgios is its name, then "npx borgios net tree --data /d"',
  )
  assert.equal(
    withCommandLines('ask a founder: "borgios net invite o1 -o FILE"', given),
    'ask a founder: "npx borgios net invite o1 -o FILE"',
  )
})

test('any text is one word of a shell once it is quoted', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const word = text.replaceAll('\0', '')
      assert.equal(execFileSync('/bin/sh', ['-c', `printf %s ${quoteWord(word)}`], { encoding: 'utf8' }), word)
    }),
    { numRuns: 50 },
  )
})

test('the program is called by its name where the shell finds it, by npx in its project, else by its path', async () => {
  await using temporary = await temporaryFolder()
  const bin = join(temporary.path, 'project', 'node_modules', '.bin')
  const below = join(temporary.path, 'project', 'below')
  await mkdir(bin, { recursive: true })
  await mkdir(below)
  await writeFile(join(bin, 'borgios'), '')
  const called = (path: string, folder: string) => readEnvironment({ PATH: path, INIT_CWD: folder }).ownCommand
  assert.equal(called(bin, below), 'npx borgios')
  assert.equal(called('', below), 'npx borgios')
  assert.match(called(bin, temporary.path), /^\/.*\/bin\/borgios\.mjs$/)
  await writeFile(join(temporary.path, 'borgios'), '')
  assert.equal(called(`/nowhere:${temporary.path}`, below), 'borgios')
})
