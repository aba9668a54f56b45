import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { isFull } from './amount.ts'
import type { Outcome } from './browser/check-vectors.ts'
import { committed } from './vector-files.ts'

const CHROMIUM = '/usr/bin/chromium'
const files = { ed25519: committed('ed25519'), envelope: committed('envelope'), genesis: committed('genesis') }
const vectors = files.ed25519.vectors.length + files.envelope.vectors.length + files.genesis.vectors.length

let bundle: string
let imports: readonly unknown[]
before(async () => {
  const { outputFiles, warnings, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('browser/check-vectors.ts', import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'borgios',
    logLevel: 'silent',
  })
  assert.deepEqual(warnings, [])
  imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  bundle = outputFiles.map((file) => file.text).join('')
})

test('the entry points of core and crypto bundle for browsers and ask for nothing else', () => {
  assert.ok(bundle.length > 10_000)
  assert.deepEqual(imports, [])
})

for (const strings of [true, false]) {
  test(`they decide every vector with web globals only, eval ${strings ? 'allowed' : 'forbidden'}`, () => {
    const context = createContext({ TextEncoder, TextDecoder }, { codeGeneration: { strings, wasm: false } })
    runInContext(bundle, context)
    const result = runInContext(`JSON.stringify(borgios.checkVectors(${JSON.stringify(files)}))`, context) as string
    assert.deepEqual(JSON.parse(result) as Outcome, { checked: vectors + 1, wrong: [] })
  })
}

const skip = isFull ? !existsSync(CHROMIUM) && 'chromium is not installed' : 'only in the full tests'

test('they decide every vector in Chromium', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-browser-'))
  try {
    const run = `document.body.textContent = JSON.stringify(borgios.checkVectors(${JSON.stringify(files)}))`
    const page = join(folder, 'page.html')
    const script = `${bundle}\n${run}`.replaceAll('</script', '<\\/script')
    await writeFile(page, `<!doctype html><meta charset="utf-8"><body><script>${script}</script></body>`)
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync']
    const quiet = ['--disable-background-networking', '--disable-component-update', `--user-data-dir=${folder}/profile`]
    const chromium = spawn(CHROMIUM, [...flags, ...quiet, '--dump-dom', `file://${page}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 60_000,
    })
    const dom = await text(chromium.stdout)
    const outcome = dom.slice(dom.indexOf('<body>') + '<body>'.length, dom.lastIndexOf('</body>'))
    assert.deepEqual(JSON.parse(outcome) as Outcome, { checked: vectors + 1, wrong: [] })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
})
