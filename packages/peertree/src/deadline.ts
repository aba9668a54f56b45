import type { Timers } from '@borgios/core'
import { timedOut } from './errors.ts'

/**
 * Runs something with a signal that aborts after `timeoutMs` (reason: PEERTREE_TIMEOUT) or when the outer signal does, and
 * stops waiting for it then.
 */
export async function withTimeout<Result>(
  timers: Timers,
  timeoutMs: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<Result>,
  what = 'no answer',
): Promise<Result> {
  outer?.throwIfAborted()
  const controller = new AbortController()
  const cancelTimer = timers.after(timeoutMs, () => controller.abort(timedOut(`${what} within ${timeoutMs} ms`)))
  const onOuter = (): void => controller.abort(outer?.reason)
  outer?.addEventListener('abort', onOuter, { once: true })
  try {
    return await Promise.race([run(controller.signal), rejection(controller.signal)])
  } finally {
    cancelTimer()
    outer?.removeEventListener('abort', onOuter)
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
