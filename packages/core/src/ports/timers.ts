/** Ends a timer; harmless when it has already fired. */
export type CancelTimer = () => void

/** Doing things later. */
export interface Timers {
  /** Calls `callback` once after `delayMs`. Never keeps the process alive by itself. */
  after(delayMs: number, callback: () => void): CancelTimer
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. Keeps the process alive. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}
