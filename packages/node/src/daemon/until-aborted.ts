import { limits, type Timers } from '@borgios/core'

/** Resolves when the signal aborts, however long that takes; meanwhile the process stays alive, which a pending signal alone would not do. */
export async function untilAborted(signal: AbortSignal, timers: Timers): Promise<void> {
  while (!signal.aborted) await timers.sleep(limits.node.keepAliveMs, signal).catch(() => {})
}
