import { BorgError, isBorgError, messageOf } from '@borgios/core'
import type { ErrorView } from '@borgios/protocol'
import { unexpected } from '../errors.ts'

/** Any error as it travels and is printed. */
export function errorView(thrown: unknown): ErrorView {
  const error = isBorgError(thrown) ? thrown : unexpected(messageOf(thrown), { cause: thrown })
  const { code, kind, message, blame, retryable } = error
  const meta: ErrorView['meta'] = {}
  for (const [name, value] of Object.entries(error.meta)) {
    meta[name] = typeof value === 'object' ? [...value] : value
  }
  return { code, kind, message, blame, retryable, meta }
}

/** The error that was sent. */
export function errorFromView(view: ErrorView): BorgError {
  const { message, ...options } = view
  return new BorgError(message, options)
}
