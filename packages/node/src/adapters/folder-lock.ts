import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from './make-folder.ts'

const SQLITE_BUSY = 5

/** Holds a lock until `release` is called or the process ends, however it ends. */
export interface FolderLock {
  release(): void
}

/**
 * Takes a lock that the kernel keeps (an fcntl lock, here through SQLite, since Node has none of its own): nothing is left behind
 * by a SIGKILL, and a reused process id cannot be mistaken for the holder. Undefined when another process holds it.
 */
export function tryLock(path: string): FolderLock | undefined {
  makeFolder(dirname(path))
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return { release: () => database.close() }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === SQLITE_BUSY
