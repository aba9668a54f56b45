// Compiles the example programs to examples/build/: `node examples/build.mjs [name ...]`. Skips what is newer than its sources.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EXAMPLES = dirname(fileURLToPath(import.meta.url))
const COMPILER = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin', 'asc.js')
const ALL = ['wordcount', 'hostile']

const changedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
const newestMs = (folder) => Math.max(...readdirSync(folder).map((name) => changedMs(join(folder, name))))

for (const name of process.argv.length > 2 ? process.argv.slice(2) : ALL) {
  const sourcesMs = Math.max(newestMs(join(EXAMPLES, name)), newestMs(join(EXAMPLES, 'wasi')))
  if (changedMs(join(EXAMPLES, 'build', `${name}.wasm`)) > sourcesMs) continue
  const args = [COMPILER, '--config', join(EXAMPLES, name, 'asconfig.json'), '--target', 'release']
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
