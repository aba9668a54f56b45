import { type FileHandle, open } from 'node:fs/promises'
import { messageOf, type Random } from '@borgios/core'
import { writeFileDurably } from '@borgios/core/adapters'
import { fileInvalid, keyExposed } from '../errors.ts'

const SEED_BYTES = 32
const OTHERS = 0o077

/**
 * The 32-byte seed kept in a file of mode 0600; made on first use. Throws NODE_KEY_EXPOSED when group or others could read it, and
 * NODE_FILE_INVALID when it is no seed.
 */
export async function loadOrCreateSeed(path: string, random: Random): Promise<Uint8Array> {
  const found = await loadSeed(path)
  if (found !== undefined) return found
  const seed = random.bytes(SEED_BYTES)
  await writeFileDurably(path, seed, 0o600)
  return seed
}

/** The same, but undefined when there is none. */
export async function loadSeed(path: string): Promise<Uint8Array | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw fileInvalid(`the key ${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    const { mode, size } = await file.stat()
    if ((mode & OTHERS) !== 0) {
      const shown = (mode & 0o777).toString(8)
      throw keyExposed(
        `the key ${path} has mode ${shown}: others may have read it. Make it yours alone: chmod 600 ${path}`,
      )
    }
    if (size !== SEED_BYTES) throw fileInvalid(`the key ${path} has ${size} bytes instead of ${SEED_BYTES}`)
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}
