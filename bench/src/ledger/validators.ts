import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measured, Order, Reply } from './orders.ts'

const VALIDATOR = fileURLToPath(new URL('validator.ts', import.meta.url))
const SETTLE_MS = 100

export const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs))

/** Validators of one network, each a process of its own on this machine. */
export class Validators implements AsyncDisposable {
  readonly #folder: string
  readonly #children: ChildProcess[] = []

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Resolves when all are in one tree and blocks become final. */
  static async open(count: number): Promise<Validators> {
    const validators = new Validators(await mkdtemp(join(tmpdir(), 'borgios-bench-ledger-')))
    let contact = ''
    for (let index = 0; index < count; index += 1) {
      const child = fork(VALIDATOR, [String(index), String(count), validators.#folder, contact], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      validators.#children.push(child)
      const [up] = (await once(child, 'message')) as [Extract<Reply, { kind: 'up' }>]
      if (contact === '') contact = up.address
    }
    for (;;) {
      const measured = await validators.measure()
      if (measured.every(({ members, height }) => members === count && height > 0)) return validators
      await sleep(SETTLE_MS)
    }
  }

  get count(): number {
    return this.#children.length
  }

  tell(order: Order): void {
    for (const child of this.#children) child.send(order)
  }

  async prepare(transactions: number): Promise<void> {
    await this.#ask({ kind: 'prepare', transactions })
  }

  async measure(): Promise<readonly Measured[]> {
    const replies = await this.#ask({ kind: 'measure' })
    const measured = replies.filter((reply) => reply.kind === 'measured')
    const halted = measured.find(({ haltedWhy }) => haltedWhy !== '')
    if (halted !== undefined) throw new Error(`a validator halted: ${halted.haltedWhy}`)
    return measured
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tell({ kind: 'stop' })
    await Promise.all(this.#children.map((child) => once(child, 'exit')))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #ask(order: Order): Promise<readonly Reply[]> {
    return Promise.all(
      this.#children.map(async (child) => {
        child.send(order)
        const [reply] = (await once(child, 'message')) as [Reply]
        return reply
      }),
    )
  }
}

/** Bytes that came over the loopback interface since it is up. */
export async function loopbackBytes(): Promise<number> {
  const line = (await readFile('/proc/net/dev', 'utf8')).split('\n').find((text) => text.trim().startsWith('lo:'))
  return Number(line?.trim().split(/[:\s]+/)[1] ?? 0)
}
