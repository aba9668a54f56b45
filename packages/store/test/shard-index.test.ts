import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** A mount of our own needs no root where namespaces are allowed. */
const OWN_MOUNTS = ['--user', '--map-root-user', '--mount'] as const
const mayMount = spawnSync('unshare', [...OWN_MOUNTS, 'true']).status === 0

test('a full disk is an error of who waits for it, also at the first opening, and ends no process', {
  skip: mayMount ? false : 'this user may not mount',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-index-'))
  const program = fileURLToPath(new URL('index-full-disk.ts', import.meta.url))
  const script = 'mount -t tmpfs -o size=1m small "$0" && exec "$1" "$2" "$0"'
  try {
    await run('unshare', [...OWN_MOUNTS, 'sh', '-c', script, folder, process.execPath, program])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
