import { BorgError } from '@borgios/core'

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
