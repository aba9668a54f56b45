import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { limits } from '../limits/limits.ts'

/** As Node and as LMDB have them. */
const DISK_FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', constants.errno.ENOSPC, constants.errno.EDQUOT]

/**
 * LMDB in a folder with up to `maxDbs` named databases, so that a commit that fails is told to who waits for it, and to nobody else. A
 * write is durable when its promise resolves. Keys and values as the type says. Throws what the system throws for want of room.
 */
export const openLmdb = <Value = unknown, Key extends string | number | Uint8Array = string>(
  folder: string,
  keyEncoding: 'ordered-binary' | 'binary' = 'ordered-binary',
  maxDbs = 3,
): RootDatabase<Value, Key> => {
  makeLock(folder)
  return open<Value, Key>({
    path: folder,
    // A name with a dot would be taken for that of a file.
    noSubdir: false,
    maxDbs,
    mapSize: limits.ledgerState.mapBytes,
    encoding: 'binary',
    keyEncoding,
    // A commit then ends when the disk has it; overlapped, a failed one would never let LMDB close.
    overlappingSync: false,
    // Else a failed commit also rejects a promise that nobody has, which ends the process.
    eventTurnBatching: false,
  })
}

/** More than LMDB's table of readers takes. */
const LOCK_BYTES = 12_288

/**
 * LMDB maps its lock file into memory, with holes where nothing was written: to write there on a full disk ends the process (SIGBUS). So it is
 * there as a whole before. Throws what the system throws.
 */
function makeLock(folder: string): void {
  const path = join(folder, 'lock.mdb')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(path)) return
  const draft = `${path}.new`
  try {
    writeFileSync(draft, new Uint8Array(LOCK_BYTES), { mode: 0o600 })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Why LMDB, or a file, failed: a reason of theirs or of the system, and its code if it has one. */
export interface DiskFailure {
  readonly cause: unknown
  readonly code: unknown
  readonly isDiskFull: boolean
}

/** What an error of LMDB or of a file says. */
export async function diskFailureOf(error: unknown): Promise<DiskFailure> {
  const cause = await causeOf(error)
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return { cause, code, isDiskFull: DISK_FULL.includes(code) }
}

/** A failed commit carries its reason as a promise that rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error
  try {
    return await error.commitError
  } catch (reason) {
    return reason
  }
}
