import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkHouse, type HouseReport } from '../check-house/check-house.ts'
import { formatFinding } from '../check-house/finding.ts'

const manifest = (name: string, rest: object): string =>
  JSON.stringify({ name: `@borgios/${name}`, exports: { '.': './src/index.ts' }, ...rest })

const readme = '**Owns**: a thing.\n\n**Does not own**: another.\n'

/** Three rooms and a test, on which no rule finds anything. */
const SOUND: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ devDependencies: { 'fast-check': '4.0.0' } }),
  'packages/core/package.json': manifest('core', {
    exports: { '.': './src/index.ts', './testing': './src/testing/index.ts', './adapters': './src/adapters/index.ts' },
  }),
  'packages/core/README.md': readme,
  'packages/core/src/index.ts': "export * from './units.ts'\n",
  'packages/core/src/units.ts': 'export const SECOND_MS = 1000\n',
  'packages/core/src/testing/index.ts': "export { fakeClock } from './fake-clock.ts'\n",
  'packages/core/src/testing/fake-clock.ts': 'export const fakeClock = () => 0\n',
  'packages/core/src/adapters/index.ts': "export { clock } from './clock.ts'\n",
  'packages/core/src/adapters/clock.ts':
    "import { env } from 'node:process'\nexport const clock = () => [Date.now(), env]\n",
  'packages/crypto/package.json': manifest('crypto', { dependencies: { '@borgios/core': '0.1.0', noble: '1.0.0' } }),
  'packages/crypto/README.md': readme,
  'packages/crypto/src/index.ts': "export { sign } from './sign.ts'\n",
  'packages/crypto/src/sign.ts': "import { SECOND_MS } from '@borgios/core'\nexport const sign = SECOND_MS\n",
  'packages/crypto/test/sign.test.ts':
    "import 'fast-check'\nimport { sign } from '@borgios/crypto'\nsign + Date.now()\n",
  'packages/store/package.json': manifest('store', { dependencies: { '@borgios/core': '0.1.0' } }),
  'packages/store/README.md': readme,
  'packages/store/src/index.ts': "export { put } from './put.ts'\n",
  'packages/store/src/put.ts': "import { SECOND_MS } from '@borgios/core'\nexport const put = SECOND_MS\n",
  'sim/package.json': manifest('sim', { dependencies: { '@borgios/core': '0.1.0' } }),
  'sim/test/world.test.ts': "import { world } from '@borgios/sim'\nworld()\n",
  'sim/src/index.ts': "export { world } from './world.ts'\n",
  'sim/src/world.ts': "import { fakeClock } from '@borgios/core/testing'\nexport const world = fakeClock\n",
}

/** Builds the sound house with these files changed or added (undefined: left out), checks it, and takes it down again. */
export async function reportOf(changes: Readonly<Record<string, string | undefined>>): Promise<HouseReport> {
  const root = mkdtempSync(join(tmpdir(), 'borgios-house-'))
  try {
    for (const [path, text] of Object.entries({ ...SOUND, ...changes })) {
      if (text === undefined) continue
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return await checkHouse(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** The findings as they are printed. */
export const findingsOf = async (changes: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> =>
  (await reportOf(changes)).findings.map(formatFinding)
