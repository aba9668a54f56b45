import { cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchNetwork, usualNetwork } from './ledger-world.ts'
import type { Measured, Order, Reply } from './orders.ts'
import { ValidatorProcess } from './validator-process.ts'

const SETTLE_MS = 100

export const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs))

/** Validators of one network, each a process of its own on this machine. Throws when one of them dies by itself. */
export class Validators implements AsyncDisposable {
  readonly #folder: string
  readonly #network: BenchNetwork
  readonly #children: ValidatorProcess[] = []
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
    try {
      await validators.#comeUp(count)
    } catch (error) {
      await validators[Symbol.asyncDispose]()
      throw error
    }
    return validators
  }

  async #comeUp(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.start(index)
    for (;;) {
      const measured = await this.measure()
      if (measured.every(({ members, height }) => members === count && height > 0)) return
      await sleep(SETTLE_MS)
    }
  }

  /** Resolves when its ledger is open and it is on its way into the tree. */
  async start(index: number): Promise<void> {
    const child = new ValidatorProcess(index, [JSON.stringify(this.#network), this.#folder, this.#contact])
    this.#children[index] = child
    const up = await child.answer()
    if (this.#contact === '' && up.kind === 'up') this.#contact = up.address
  }

  /** As the system would, without a word. Not the first, which the others join at. */
  async kill(index: number): Promise<void> {
    const [child] = this.#children.splice(index, 1)
    await child?.kill()
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
    for (const child of this.#children) child.tell(order)
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
    await Promise.all(this.#children.map((child) => child.stop()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  #folderOf = (index: number): string => join(this.#folder, String(index))
  #asideOf = (index: number): string => `${this.#folderOf(index)}.aside`

  #ask(order: Order): Promise<readonly Reply[]> {
    return Promise.all(this.#children.map((child) => child.ask(order)))
  }
}

/** Bytes that came over the loopback interface since it is up. */
export async function loopbackBytes(): Promise<number> {
  const line = (await readFile('/proc/net/dev', 'utf8')).split('\n').find((text) => text.trim().startsWith('lo:'))
  return Number(line?.trim().split(/[:\s]+/)[1] ?? 0)
}
