import { AssertionError } from '@borgios/core'
import type { DirectoryKeys } from './directory-keys.ts'

/** A guest has no record and judges nobody's: the core is told nothing it could judge. */
export const guestKeys: DirectoryKeys = {
  signRecord: () => noStatement(),
  signNotice: () => noStatement(),
  verifyRecord: () => false,
  hasExpired: () => false,
  isFounder: () => false,
  verifyNotice: () => false,
}

function noStatement(): never {
  throw new AssertionError('a guest signs no record and no notice')
}
