import { BorgError, type ErrorKind, type NodeId, shortId } from '@borgios/core'

const make = (code: string, kind: ErrorKind, message: string, node: NodeId, cause?: unknown): BorgError =>
  new BorgError(message, { code, kind, retryable: kind !== 'denied', meta: { node }, cause })

/** No record of such a node has reached us. */
export const unknownNode = (node: NodeId): BorgError =>
  make('PEERTREE_UNKNOWN_NODE', 'notFound', `no member ${shortId(node)} is known to this network`, node)

/** The node is known, but no connection to it could be made or kept. */
export const unreachable = (node: NodeId, cause?: unknown): BorgError =>
  make('PEERTREE_UNREACHABLE', 'unavailable', `member ${shortId(node)} cannot be reached`, node, cause)

export const requestTimedOut = (node: NodeId, method: string, timeoutMs: number): BorgError =>
  make('PEERTREE_TIMEOUT', 'timeout', `member ${shortId(node)} did not answer ${method} within ${timeoutMs} ms`, node)

/** The other side does not offer this, or not to us. */
export const refused = (node: NodeId, what: string): BorgError =>
  make('PEERTREE_REFUSED', 'denied', `member ${shortId(node)} refused ${what}`, node)

export const streamClosed = (node: NodeId, cause?: unknown): BorgError =>
  make('PEERTREE_STREAM_CLOSED', 'unavailable', `the stream with member ${shortId(node)} is closed`, node, cause)
