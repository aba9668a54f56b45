import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AT_LEAST, checkHouse } from '../check-house/check-house.ts'
import { GROUPS } from '../run-tests/groups.ts'
import { findingsOf, reportOf } from './small-house.ts'

const put = 'packages/store/src/put.ts'
const sign = 'packages/crypto/src/sign.ts'

interface Case {
  readonly name: string
  readonly changes: Readonly<Record<string, string | undefined>>
  readonly findings: readonly string[]
}

const LEVELS: readonly Case[] = [
  {
    name: 'a room imports a higher one',
    changes: {
      'packages/crypto/package.json':
        '{"name":"@borgios/crypto","exports":{".":"./src/index.ts"},"dependencies":{"@borgios/store":"0.1.0"}}',
      [sign]: "\nexport type { put as sign } from '@borgios/store'\n",
    },
    findings: [`${sign}:2 levels: crypto (level 1) may not import store (level 4)`],
  },
  {
    name: 'a room imports the simulator',
    changes: {
      'packages/store/package.json': '{"name":"@borgios/store","dependencies":{"@borgios/sim":"0.1.0"}}',
      [put]: "export const put = import('@borgios/sim')\n",
    },
    findings: [`${put}:1 levels: nothing imports sim`],
  },
  {
    name: 'a room imports the end-to-end tests',
    changes: {
      'packages/store/package.json': '{"name":"@borgios/store","dependencies":{"@borgios/e2e":"0.1.0"}}',
      [put]: "export type * as put from '@borgios/e2e'\n",
    },
    findings: [`${put}:1 levels: nothing imports e2e`],
  },
  {
    name: 'an import reaches past the entry points',
    changes: { [put]: "export { SECOND_MS as put } from '@borgios/core/src/units.ts'\n" },
    findings: [`${put}:1 levels: core has no entry point "./src/units.ts"`],
  },
  {
    name: 'a relative import leaves the room',
    changes: { [put]: "export { SECOND_MS as put } from '../../core/src/units.ts'\n" },
    findings: [`${put}:1 levels: a relative import may not leave packages/store`],
  },
  {
    name: 'src imports from test',
    changes: { [sign]: "import '../test/fixture.ts'\nexport const sign = 1\n" },
    findings: [`${sign}:1 levels: src may only import from src`],
  },
  {
    name: 'a room imports itself by name',
    changes: { [put]: "export type * as put from '@borgios/store'\n" },
    findings: [
      `${put}:1 levels: inside a room files are imported by relative path`,
      `${put}:1 cycles: packages/store/src/index.ts -> ${put} -> packages/store/src/index.ts`,
    ],
  },
  {
    name: 'the program uses what is made for tests',
    changes: { [put]: "export { fakeClock as put } from '@borgios/core/testing'\n" },
    findings: [`${put}:1 levels: what is made for tests is not for the program`],
  },
  {
    name: 'a room has no level',
    changes: {
      'packages/attic/package.json': '{"name":"@borgios/attic"}',
      'packages/attic/README.md': '**Owns** **Does not own**',
      'packages/attic/src/index.ts': 'export {}\n',
    },
    findings: ['packages/attic levels: the room attic has no level'],
  },
]

const CYCLES: readonly Case[] = [
  {
    name: 'two files of a room import each other',
    changes: {
      [put]: "import { get } from './get.ts'\nexport const put = get\n",
      'packages/store/src/get.ts':
        "import type { put } from './put.ts'\nexport const get = 1 as unknown as typeof put\n",
    },
    findings: [`${put}:1 cycles: packages/store/src/get.ts -> ${put} -> packages/store/src/get.ts`],
  },
  {
    name: 'a cycle runs through a dynamic import and three files',
    changes: {
      [put]: "export const put = import('./a.ts')\n",
      'packages/store/src/a.ts': "export * from './b.ts'\n",
      'packages/store/src/b.ts': "export type B = import('./put.ts').Put\n",
    },
    findings: [
      `${put}:1 cycles: ${['a', 'b', 'put', 'a'].map((file) => `packages/store/src/${file}.ts`).join(' -> ')}`,
    ],
  },
]

const DEPENDENCIES: readonly Case[] = [
  {
    name: 'an installed but undeclared package',
    changes: { [put]: "export { default as put } from 'lmdb/open'\n" },
    findings: [`${put}:1 dependencies: lmdb is not declared in packages/store/package.json`],
  },
  {
    name: 'another room, undeclared',
    changes: { 'packages/store/package.json': '{"name":"@borgios/store"}' },
    findings: [`${put}:1 dependencies: @borgios/core is not declared in packages/store/package.json`],
  },
  {
    name: 'a package for tests in the program',
    changes: {
      'packages/store/package.json':
        '{"name":"@borgios/store","dependencies":{"@borgios/core":"0.1.0"},"devDependencies":{"tape":"1.0.0"}}',
      [put]: "export { default as put } from 'tape'\n",
    },
    findings: [`${put}:1 dependencies: tape is there for tests only`],
  },
  {
    name: 'a development package of the root in the program',
    changes: { [put]: "export { default as put } from 'fast-check'\n" },
    findings: [`${put}:1 dependencies: fast-check is not declared in packages/store/package.json`],
  },
  {
    name: 'a module of Node without its prefix',
    changes: { [put]: "export { default as put } from 'fs/promises'\n" },
    findings: [`${put}:1 dependencies: "fs" is written "node:fs"`],
  },
  {
    name: 'a version that may move',
    changes: { 'packages/store/package.json': '{"name":"@borgios/store","dependencies":{"@borgios/core":"^0.1.0"}}' },
    findings: ['packages/store/package.json dependencies: @borgios/core must have one exact version, not "^0.1.0"'],
  },
  ...['latest', '1', '1.2', 'npm:other@1.0.0', 'github:a/b'].map((version) => ({
    name: `the version ${version}`,
    changes: {
      'packages/store/package.json': `{"name":"@borgios/store","dependencies":{"@borgios/core":"${version}"}}`,
    },
    findings: [`packages/store/package.json dependencies: @borgios/core must have one exact version, not "${version}"`],
  })),
]

const SHAPE: readonly Case[] = [
  {
    name: 'a room without its README',
    changes: { 'packages/store/README.md': undefined },
    findings: ['packages/store/README.md readme: the room store has no README'],
  },
  {
    name: 'a README that does not say what the room leaves to others',
    changes: { 'packages/store/README.md': '**Owns**: all' },
    findings: ['packages/store/README.md readme: says nothing about **Does not own**'],
  },
  {
    name: 'a room without an index',
    changes: { 'packages/store/src/index.ts': undefined },
    findings: ['packages/store/src/index.ts index: the room store has no index'],
  },
  {
    name: 'an index with code of its own',
    changes: { 'packages/store/src/index.ts': "export * from './put.ts'\nexport const two = 2\n" },
    findings: ['packages/store/src/index.ts:2 index: only re-exports'],
  },
  {
    name: 'an index that exports what it imported',
    changes: { 'packages/store/src/index.ts': "import { put } from './put.ts'\nexport { put }\n" },
    findings: [1, 2].map((line) => `packages/store/src/index.ts:${line} index: only re-exports`),
  },
  {
    name: 'three folders under src',
    changes: { 'packages/store/src/a/b/c/d.ts': 'export const d = 1\n', 'packages/store/src/a/b/c.ts': 'export {}\n' },
    findings: ['packages/store/src/a/b/c/d.ts depth: more than two folders under src'],
  },
  {
    name: 'a file of 401 lines',
    changes: { [put]: '//\n'.repeat(401), [sign]: `export const sign = 1\n${'//\n'.repeat(399)}` },
    findings: [`${put} length: 401 lines are too many, 400 may be`],
  },
  {
    name: 'any, also in a test',
    changes: { 'packages/store/test/put.test.ts': '\nconst put = 1 as any\nexport { put }\n' },
    findings: ['packages/store/test/put.test.ts:2 any: any switches the checks off: say what it is'],
  },
  {
    name: 'a check switched off',
    changes: { [put]: '// @ts-ignore\nexport const put = 1 /* biome-ignore lint: no */\n' },
    findings: [
      `${put}:1 suppression: @ts-ignore switches a check off`,
      `${put}:2 suppression: biome-ignore switches a check off`,
    ],
  },
  {
    name: 'a file that cannot be read',
    changes: { [put]: 'export const = 1\n' },
    findings: [`${put} syntax: Unexpected token`],
  },
  {
    name: 'an import that is put together while running',
    changes: {
      [put]: `const name = 'node:timers'\nexport const put = import(name)\nexport const b = import(\`\${name}\`)\n`,
    },
    findings: [2, 3].map(
      (line) => `${put}:${line} import: what is imported must be written out, or no rule can follow it`,
    ),
  },
]

const REQUIRES: readonly Case[] = [
  "const t = require('node:timers')",
  "import { createRequire as r } from 'node:module'",
  "import t = require('node:timers')",
  "import * as m from 'node:module'",
].map((source) => ({
  name: source,
  changes: { 'packages/store/src/now.cts': `${source}\n` },
  findings: ['packages/store/src/now.cts:1 import: only import and export ... from, which the rules can follow'],
}))

const CODE_FROM_TEXT: readonly Case[] = ["eval('Date.now()')", "new Function('return Date.now()')()"].map((source) => ({
  name: source,
  changes: { 'packages/store/src/now.ts': `${source}\n` },
  findings: ['packages/store/src/now.ts:1 import: code made from text can do anything: write it out'],
}))

const BROWSER: readonly Case[] = [
  {
    name: 'a module of Node behind a browser entry point',
    changes: {
      [sign]: "import { hash } from './hash.ts'\nexport const sign = hash\n",
      'packages/crypto/src/hash.ts': "import { createHash } from 'node:crypto'\nexport const hash = createHash\n",
    },
    findings: ['packages/crypto/src/hash.ts:1 browser: crypto must run in a browser, which has no node:crypto'],
  },
  {
    name: 'a package that may need Node behind a browser entry point',
    changes: { [sign]: "export { default as sign } from 'noble'\n" },
    findings: [`${sign}:1 browser: crypto must run in a browser, and noble is not known to`],
  },
]

const reads = (path: string, line: number, name: string, what: string): string =>
  `${path}:${line} ambient: ${name} reads ${what}: take it from a port, or move it to adapters`
const readsClock = (path: string): string => reads(path, 1, 'Date.now', 'the clock')
const now = 'export const now = Date.now()\n'

/** Ambient things where the check might not look, or under names it does not know. */
const DISGUISES: readonly Case[] = [
  {
    name: 'a module passed on as a whole',
    changes: { [put]: "export * from 'node:timers/promises'\n" },
    findings: [reads(put, 1, 'node:timers/promises', 'timers')],
  },
  ...[
    "import p from 'node:process'",
    "import * as p from 'node:process'",
    "import { default as p } from 'node:process'",
    "const p = await import('node:process')",
    "export * from 'node:process'",
  ].map((taking) => ({
    name: taking,
    changes: { [put]: `${taking}\nexport const put = 1\n` },
    findings: [reads(put, 1, 'node:process', 'the environment')],
  })),
  {
    name: 'a dynamic import in backquotes',
    changes: { [put]: 'export const put = import(`node:timers`)\n' },
    findings: [reads(put, 1, 'node:timers', 'timers')],
  },
  ...(
    [
      ['const D = Date; D.now()', 'Date', 'the clock'],
      ['const use = (m = Math) => m.random()', 'Math', 'randomness'],
      ['const p = { process }', 'process', 'the environment'],
      ['const { pid, ...rest } = process', 'process', 'the environment'],
      ["const name = 'now'; Date[name]()", 'Date', 'the clock'],
      ['Date[`now`]()', 'Date.now', 'the clock'],
      ['const g = globalThis; g.Date.now()', 'globalThis', 'everything'],
    ] as const
  ).map(([source, name, what]) => ({
    name: source,
    changes: { [put]: `${source}\nexport const put = 1\n` },
    findings: [reads(put, 1, name, what)],
  })),
  {
    name: 'a file of the program that is named like a test',
    changes: { 'packages/store/src/now.test.ts': now, [put]: "export { now as put } from './now.test.ts'\n" },
    findings: [readsClock('packages/store/src/now.test.ts')],
  },
  ...['now.cts', 'wasm/now.ts', 'build/now.ts', 'coverage/now.ts', 'node_modules/now.ts'].map((file) => ({
    name: `the file src/${file}`,
    changes: { [`packages/store/src/${file}`]: now },
    findings: [readsClock(`packages/store/src/${file}`)],
  })),
]

for (const [rule, cases] of Object.entries({
  LEVELS,
  CYCLES,
  DEPENDENCIES,
  SHAPE,
  REQUIRES,
  CODE_FROM_TEXT,
  BROWSER,
  DISGUISES,
})) {
  for (const { name, changes, findings } of cases) {
    test(`${rule.toLowerCase()}: ${name}`, async () => assert.deepEqual(await findingsOf(changes), findings))
  }
}

test('a sound house has no findings, and all of it was looked at', async () => {
  const { findings, rooms, files, imports } = await reportOf({})
  assert.deepEqual(findings, [])
  assert.deepEqual({ rooms, files, imports }, { rooms: 3, files: 14, imports: 13 })
})

test('what is built stays unread at the top of a room', async () =>
  assert.deepEqual(await findingsOf({ 'packages/store/build/now.js': now, 'packages/store/wasm/now.ts': now }), []))

test('the floors are near to what is there, so that no large part can get lost unseen', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const { rooms, files, imports } = await checkHouse(root)
  const floors = [
    { name: 'rooms', floor: AT_LEAST.rooms, there: rooms },
    { name: 'files', floor: AT_LEAST.files, there: files },
    { name: 'imports', floor: AT_LEAST.imports, there: imports },
    ...GROUPS.map(({ name, files, atLeastFiles }) => ({
      name: `test files of ${name}`,
      floor: atLeastFiles,
      there: globSync(files, { cwd: root, exclude: ['**/node_modules/**'] }).length,
    })),
  ]
  assert.deepEqual(
    floors.filter(({ floor, there }) => floor > there || floor < there * 0.75),
    [],
  )
})
