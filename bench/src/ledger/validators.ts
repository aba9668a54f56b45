import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BenchNetwork, usualNetwork } from './ledger-world.ts'
import type { Measured, Order, Reply } from './orders.ts'

const VALIDATOR = fileURLToPath(new URL('validator.ts', import.meta.url))
const SETTLE_MS = 100

export const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs))

/** Validators of one network, each a process of its own on this machine. */
export class Validators implements AsyncDisposable {
  readonly #folder: string
  readonly #network: BenchNetwork
  readonly #children: ChildProcess[] = []
  /** Where the first one is reached. */
  #contact = ''

  private constructor(folder: string, network: BenchNetwork) {
    this.#folder = folder
    this.#network = network
  }

  /** Resolves when all are in one tree and blocks become final. */
  static async open(count: number, wished: Partial<BenchNetwork> = {}): Promise<Validators> {
    const network = { ...usualNetwork, validators: count, genesisMs: Date.now(), ...wished }
    const validators = new Validators(await mkdtemp(join(tmpdir(), 'borgios-bench-ledger-')), network)
    for (let index = 0; index < count; index += 1) await validators.start(index)
    for (;;) {
      const measured = await validators.measure()
      if (measured.every(({ members, height }) => members === count && height > 0)) return validators
      await sleep(SETTLE_MS)
    }
  }

  /** Resolves when its ledger is open and it is on its way into the tree. */
  async start(index: number): Promise<void> {
    const child = fork(VALIDATOR, [String(index), JSON.stringify(this.#network), this.#folder, this.#contact], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#children[index] = child
    const [up] = (await once(child, 'message')) as [Extract<Reply, { kind: 'up' }>]
    if (this.#contact === '') this.#contact = up.address
  }

  /** As the system would, without a word. Not the first, which the others join at. */
  async kill(index: number): Promise<void> {
    const [child] = this.#children.splice(index, 1)
    child?.kill('SIGKILL')
    if (child !== undefined) await once(child, 'exit')
  }

  /** Kills it, and puts aside what its disk holds then. */
  async putAside(index: number): Promise<void> {
    await this.kill(index)
    await cp(this.#folderOf(index), this.#asideOf(index), { recursive: true })
  }

  /** Kills it, and gives it the disk of back then. */
  async bringBack(index: number): Promise<void> {
    await this.kill(index)
    await rm(this.#folderOf(index), { recursive: true })
    await rename(this.#asideOf(index), this.#folderOf(index))
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

  #folderOf = (index: number): string => join(this.#folder, String(index))
  #asideOf = (index: number): string => `${this.#folderOf(index)}.aside`

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
