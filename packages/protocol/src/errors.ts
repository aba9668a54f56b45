import { BorgError } from '@borgios/core'

/** The bytes are not the one encoding of what they should be: wrong length, order, range or something left over. */
export const malformed = (message: string, cause?: unknown): BorgError =>
  new BorgError(message, { code: 'PROTOCOL_MALFORMED', kind: 'invalid', blame: 'peer', cause })
