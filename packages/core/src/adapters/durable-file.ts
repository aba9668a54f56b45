import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes renames and creations in this folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

let writes = 0

/**
 * Replaces or creates a file so that after a crash it holds either the old bytes or the new: temporary file, fdatasync,
 * rename, fsync of the folder. Of several writes at once one wins as a whole. `mode` defaults to 0600.
 */
export async function writeFileDurably(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  writes += 1
  const temporary = `${path}.${process.pid}-${writes}.tmp`
  let file: FileHandle | undefined
  try {
    file = await open(temporary, 'w', mode)
    await file.writeFile(bytes)
    await file.datasync()
    await file.close()
    file = undefined
    await rename(temporary, path)
  } catch (error) {
    await file?.close()
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
