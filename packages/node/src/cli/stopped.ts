/** Why a command is to end before its time: the reason of its AbortSignal. */
export class Stopped extends Error {
  /** SIGPIPE stands for an output that nobody reads any more. */
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`)
    this.signal = signal
  }
}
