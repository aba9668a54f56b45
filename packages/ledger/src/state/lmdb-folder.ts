import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { isBorgError, limits } from '@borgios/core'
import { open, type RootDatabase } from 'lmdb'
import { stateDiskFailed, stateDiskFull } from './errors.ts'

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

/** A reason of LMDB or of the system, and its code if it has one. */
export interface LmdbFailure {
  readonly cause: unknown
  readonly code: unknown
}

/** Does it, and turns what goes wrong into an error with a sentence. `explain` may know better. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
export async function explainingLmdb<Result>(
  folder: string,
  work: () => Promise<Result>,
  explain: (failure: LmdbFailure) => unknown = () => undefined,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (isBorgError(error)) throw error
    const cause = await causeOf(error)
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (DISK_FULL.includes(code)) throw stateDiskFull(folder, cause)
    throw explain({ cause, code }) ?? (code === undefined ? error : stateDiskFailed(folder, cause))
  }
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
