import { type Blame, BorgError, type ErrorKind } from '@borgios/core'

const make = (code: string, kind: ErrorKind, blame: Blame) => (message: string, cause?: unknown) =>
  new BorgError(message, { code, kind, blame, cause })

/** The bytes are not an envelope or statement at all: wrong shape, size or encoding. */
export const malformed = make('CRYPTO_MALFORMED', 'invalid', 'peer')
/** The signature does not stand under the acceptance rule. */
export const badSignature = make('CRYPTO_BAD_SIGNATURE', 'byzantine', 'peer')
/** It belongs to another network. */
export const foreignNetwork = make('CRYPTO_FOREIGN_NETWORK', 'denied', 'peer')
/** Too old, or from too far in the future. */
export const notFresh = make('CRYPTO_NOT_FRESH', 'denied', 'none')
/** A credential chain that does not lead from a founder to this node. */
export const badCredentials = make('CRYPTO_BAD_CREDENTIALS', 'denied', 'peer')
/** A text that is no account, or a mistyped one. */
export const badAccountId = make('CRYPTO_BAD_ACCOUNT_ID', 'invalid', 'caller')
