import { type Blame, BorgError, type ErrorKind, isBorgError, limits, type NodeId } from '@borgios/core'
import type { RemoteError } from '@borgios/protocol'

/** What the other side is told of an error thrown here. Only BorgErrors are meant for it; of others it learns nothing. */
export function toRemoteError(error: unknown): RemoteError {
  if (!isBorgError(error)) {
    return { code: 'PEERTREE_REMOTE_FAULT', kind: 'unavailable', message: 'the peer failed to answer', retryable: true }
  }
  const { code, kind, retryable } = error
  return { code, kind, message: printable(error.message), retryable }
}

/** Whose fault a kind is, judged by the side that was told: a peer cannot put the blame on anybody else. */
const BLAME: Partial<Record<ErrorKind, Blame>> = { corrupt: 'peer', byzantine: 'peer' }

/** The error a peer answered with, to be thrown here. */
export function fromRemoteError(error: RemoteError, from: NodeId): BorgError {
  const { code, kind, retryable } = error
  const message = printable(error.message)
  return new BorgError(message, { code, kind, retryable, blame: BLAME[kind] ?? 'none', meta: { from } })
}

/** Bounded, and without control characters that a terminal would obey. */
const printable = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .toWellFormed()
    .slice(0, limits.peertree.maxErrorMessageChars)
