import { type Blame, BorgError, type ErrorKind, type ErrorMeta } from '@borgios/core'

interface Shape {
  readonly kind: ErrorKind
  readonly blame?: Blame
  readonly retryable?: boolean
}

const make =
  (code: string, shape: Shape) =>
  (message: string, meta: ErrorMeta = {}, cause?: unknown) =>
    new BorgError(message, { code, ...shape, meta, cause })

/** No member of that id is known here. */
export const unknownNode = make('PEERTREE_UNKNOWN_NODE', { kind: 'notFound' })
/** None of the peer's addresses answered, or the session to it broke off. */
export const unreachable = make('PEERTREE_UNREACHABLE', { kind: 'unavailable', retryable: true })
/** The peer did not answer in time. */
export const timedOut = make('PEERTREE_TIMEOUT', { kind: 'timeout', retryable: true })
/** The peer did not admit us, or does not open this method or protocol to us. */
export const refused = make('PEERTREE_REFUSED', { kind: 'denied' })
/** The peer's register has this node as a member no more. */
export const barred = make('PEERTREE_BARRED', { kind: 'denied' })
/** A bound of this node or of the peer is reached; later it may work. */
export const exhausted = make('PEERTREE_EXHAUSTED', { kind: 'exhausted', retryable: true })
/** The stream, session or node was closed from this side. */
export const closed = make('PEERTREE_CLOSED', { kind: 'unavailable' })
/** The caller gave something that cannot be sent: too large, or not JSON. */
export const unsendable = make('PEERTREE_UNSENDABLE', { kind: 'invalid', blame: 'caller' })
/** The peer broke the protocol: malformed, oversized or out of turn. */
export const misbehaved = make('PEERTREE_MISBEHAVED', { kind: 'byzantine', blame: 'peer' })
/** A text that is no address, where one was expected. */
export const badAddress = make('PEERTREE_BAD_ADDRESS', { kind: 'invalid', blame: 'caller' })
/** The node cannot listen on an address. */
export const listenFailed = make('PEERTREE_LISTEN_FAILED', { kind: 'unavailable', blame: 'caller' })
/** The peer reads slower than we send, beyond what is kept for it. */
export const tooSlow = make('PEERTREE_TOO_SLOW', { kind: 'exhausted', blame: 'peer', retryable: true })
