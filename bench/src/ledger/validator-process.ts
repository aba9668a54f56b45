import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order, Reply } from './orders.ts'

const VALIDATOR = fileURLToPath(new URL('validator.ts', import.meta.url))

/** One validator's process. Who waits for its answer learns of its death. */
export class ValidatorProcess {
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #died: Promise<never>

  constructor(index: number, args: readonly string[]) {
    this.#child = fork(VALIDATOR, [String(index), ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#gone = once(this.#child, 'exit')
    this.#died = this.#gone.then(() => {
      const { exitCode, signalCode } = this.#child
      const how = signalCode === null ? `ended with ${exitCode}` : `was ended by ${signalCode}`
      throw new Error(`the process of validator ${index} ${how}; what it said stands above`)
    })
    this.#died.catch(() => undefined)
  }

  /** What it says next. Rejects once its process is gone. */
  async answer(): Promise<Reply> {
    const listening = new AbortController()
    try {
      const heard = once(this.#child, 'message', { signal: listening.signal })
      const [reply] = await Promise.race([heard, this.#died])
      return reply
    } finally {
      listening.abort()
    }
  }

  /** Nothing happens when its process is gone: whoever asks it next is told. */
  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  ask(order: Order): Promise<Reply> {
    const reply = this.answer()
    this.tell(order)
    return reply
  }

  /** Resolves when its process is gone, as the system would end it: without a word. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** Resolves when its process has ended by itself. */
  async stop(): Promise<void> {
    this.tell({ kind: 'stop' })
    await this.#gone
  }
}
