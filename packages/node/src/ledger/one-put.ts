import type { LeaseId } from '@borgios/core'
import type { StorageLeases } from '@borgios/store'

/** Who pays for one put, and what it is then paid from: undefined until it is held. */
export interface OnePut {
  readonly leases: StorageLeases
  lease(): LeaseId | undefined
}
