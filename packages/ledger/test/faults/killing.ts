import { kill, pid } from 'node:process'
import type { SegmentFile, SegmentFiles } from '../../src/journal/segment-files.ts'
import type { KillPoint, Order } from './orders.ts'

/** Ends the process at once, without a last word, where it was told to. */
export class Killer {
  #at: KillPoint | undefined
  #times = 0

  arm({ at, times }: Extract<Order, { kind: 'die' }>): void {
    this.#at = at
    this.#times = times
  }

  /** Whether this is where it ends: for a point that has a half to do first. */
  isDue(point: KillPoint): boolean {
    if (this.#at !== point) return false
    this.#times -= 1
    return this.#times <= 0
  }

  reach(point: KillPoint): void {
    if (this.isDue(point)) this.now()
  }

  now(): void {
    kill(pid, 'SIGKILL')
  }
}

/** Files whose every write and sync may be the last. */
export class KillingSegmentFiles implements SegmentFiles {
  readonly #files: SegmentFiles
  readonly #name: 'journal' | 'blocks'
  readonly #killer: Killer

  constructor(files: SegmentFiles, name: 'journal' | 'blocks', killer: Killer) {
    this.#files = files
    this.#name = name
    this.#killer = killer
  }

  nameOf = (segment: number): string => this.#files.nameOf(segment)
  list = (): Promise<readonly number[]> => this.#files.list()
  read = (segment: number): Promise<Uint8Array> => this.#files.read(segment)
  remove = (segment: number): Promise<void> => this.#files.remove(segment)
  readPart: SegmentFiles['readPart'] = (...words) => this.#files.readPart(...words)
  create: SegmentFiles['create'] = async (...words) => this.#wrap(await this.#files.create(...words))
  reopen: SegmentFiles['reopen'] = async (...words) => this.#wrap(await this.#files.reopen(...words))

  #wrap(file: SegmentFile): SegmentFile {
    const [name, killer] = [this.#name, this.#killer]
    return {
      async append(bytes) {
        killer.reach(`${name}: before a write`)
        if (killer.isDue(`${name}: in the middle of a write`)) {
          await file.append(bytes.subarray(0, Math.ceil(bytes.length / 2)))
          killer.now()
        }
        await file.append(bytes)
      },
      async sync() {
        killer.reach(`${name}: before a sync`)
        await file.sync()
        killer.reach(`${name}: after a sync`)
      },
      close: () => file.close(),
    }
  }
}
