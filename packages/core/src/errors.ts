/** What went wrong, in the field's broad classes. A reader of an error decides by this and by `retryable`. */
export const ERROR_KINDS = [
  'invalid',
  'denied',
  'notFound',
  'conflict',
  'exhausted',
  'unavailable',
  'timeout',
  'corrupt',
  'byzantine',
] as const
export type ErrorKind = (typeof ERROR_KINDS)[number]

/** Whose fault it is. Only `peer` may ever lower a peer's standing. */
export type Blame = 'self' | 'peer' | 'caller' | 'none'

/** Flat facts about an error: for logs and for `--json`. Never secrets, never bytes of a peer. */
export type ErrorMeta = Readonly<Record<string, string | number | boolean | readonly string[]>>

export interface BorgErrorOptions {
  /** Stable code that carries the room, e.g. `STORE_QUORUM_SHORT`. */
  readonly code: string
  readonly kind: ErrorKind
  /** Defaults to `none`. */
  readonly blame?: Blame
  /** Whether the same call may succeed later without any change. Defaults to false. */
  readonly retryable?: boolean
  readonly meta?: ErrorMeta
  readonly cause?: unknown
}

/**
 * The one error class of BorgIOS. Rooms define functions that make theirs in `errors.ts`; a bug is an assertion instead
 * (see {@link assert}) and is meant to crash.
 */
export class BorgError extends Error {
  override readonly name = 'BorgError'
  readonly code: string
  readonly kind: ErrorKind
  readonly blame: Blame
  readonly retryable: boolean
  readonly meta: ErrorMeta

  constructor(message: string, options: BorgErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.kind = options.kind
    this.blame = options.blame ?? 'none'
    this.retryable = options.retryable ?? false
    this.meta = options.meta ?? {}
  }
}

export const isBorgError = (value: unknown): value is BorgError => value instanceof BorgError

/** A broken assumption inside the program: a bug. Kept on in production; nothing catches it on purpose. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws {@link AssertionError} when `condition` is false. `why` says what would have to be true. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why)
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
