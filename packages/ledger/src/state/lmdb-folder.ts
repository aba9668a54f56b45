import { isBorgError } from '@borgios/core'
import { type DiskFailure, diskFailureOf } from '@borgios/core/lmdb'
import { stateDiskFailed, stateDiskFull } from './errors.ts'

export { openLmdb } from '@borgios/core/lmdb'

/** Does it, and turns what goes wrong into an error with a sentence. `explain` may know better. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
export async function explainingLmdb<Result>(
  folder: string,
  work: () => Promise<Result>,
  explain: (failure: DiskFailure) => unknown = () => undefined,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (isBorgError(error)) throw error
    const failure = await diskFailureOf(error)
    const { cause, code, isDiskFull } = failure
    if (isDiskFull) throw stateDiskFull(folder, cause)
    throw explain(failure) ?? (code === undefined ? error : stateDiskFailed(folder, cause))
  }
}
