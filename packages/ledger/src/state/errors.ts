import { BorgError, messageOf } from '@borgios/core'

/** So many records were made to fall into one place that it takes no more of them. */
export const bucketFull = (bucketBytes: number): BorgError =>
  new BorgError(
    'the place in the state where this record belongs is full; use another account or another name for it',
    {
      code: 'LEDGER_BUCKET_FULL',
      kind: 'exhausted',
      blame: 'caller',
      meta: { bucketBytes },
    },
  )

/** The state on disk is not what was saved. */
export const stateCorrupt = (folder: string, why: string, cause?: unknown): BorgError =>
  new BorgError(
    `the ledger's state in ${folder} is damaged: ${why}; look at the disk, then delete this folder and start again: the state is fetched ` +
      'from other nodes',
    { code: 'LEDGER_STATE_CORRUPT', kind: 'corrupt', blame: 'self', meta: { folder }, cause },
  )

export const stateDiskFull = (folder: string, cause: unknown): BorgError =>
  new BorgError(
    `the disk is full: the ledger could not write to ${folder}; free some space there; what it keeps is then saved by itself, and what it refused may be sent again`,
    { code: 'LEDGER_DISK_FULL', kind: 'exhausted', blame: 'self', retryable: true, meta: { folder }, cause },
  )

export const stateDiskFailed = (folder: string, cause: unknown): BorgError =>
  new BorgError(
    `the ledger's state in ${folder} could not be read or written: ${messageOf(cause)}; look at the disk and at who may use this folder`,
    { code: 'LEDGER_DISK_FAILED', kind: 'unavailable', blame: 'self', retryable: true, meta: { folder }, cause },
  )

/** Bytes of a peer that are no part of the state they were asked from. */
export const chunkFalse = (cause?: unknown): BorgError =>
  new BorgError('a peer sent bytes that are no part of the state that was asked for', {
    code: 'LEDGER_CHUNK_FALSE',
    kind: 'byzantine',
    blame: 'peer',
    cause,
  })
