import type { SeededRandom } from '@borgios/core/testing'
import type { ConsensusRecord } from '@borgios/ledger'
import type { Certificate } from '@borgios/protocol'
import { type Commit, FinalStore } from './final-store.ts'

type Write =
  | { readonly kind: 'record'; readonly record: ConsensusRecord }
  | { readonly kind: 'commit'; readonly commit: Commit }

interface Pending {
  readonly write: Write
  readonly done: () => void
}

export interface DiskOptions {
  readonly random: SeededRandom
  /** Calls back after a while, if the process still lives. */
  readonly later: (afterMs: number, run: () => void) => void
}

const SYNC_MS = [0, 1, 5] as const
const RETRY_MS = 50

/** A log that is synced in order, can be full for a while, and is torn when the process dies. */
export class SimDisk {
  log: ConsensusRecord[] = []
  readonly store = new FinalStore()
  isFull = false
  #pending: Pending[] = []
  #isSyncing = false
  readonly #options: DiskOptions

  constructor(options: DiskOptions) {
    this.#options = options
  }

  append(write: Write, done: () => void = () => {}): void {
    this.#pending.push({ write, done })
    this.#sync()
  }

  /** The process dies: of what was not synced any prefix may be there. */
  tear(): void {
    const kept = this.#options.random.below(this.#pending.length + 1)
    for (const { write } of this.#pending.slice(0, kept)) this.#apply(write)
    this.#pending = []
    this.#isSyncing = false
  }

  #sync(): void {
    if (this.#isSyncing) return
    this.#isSyncing = true
    this.#options.later(this.#options.random.pick(SYNC_MS) ?? 0, () => this.#finish())
  }

  #finish(): void {
    if (this.isFull) {
      this.#options.later(RETRY_MS, () => this.#finish())
      return
    }
    const synced = this.#pending
    this.#pending = []
    this.#isSyncing = false
    for (const { write } of synced) this.#apply(write)
    for (const { done } of synced) done()
  }

  #apply(write: Write): void {
    if (write.kind === 'record') this.log.push(write.record)
    else if (this.store.add(write.commit)) this.#prune(write.commit.certificate)
  }

  /** What a durable final block has closed is not needed any more. */
  #prune({ epoch, slot }: Certificate): void {
    this.log = this.log.filter((record) => {
      // It counts to the end of its epoch.
      if (record.kind === 'strangeVote') return record.vote.epoch >= epoch
      const about =
        record.kind === 'vote' ? record.vote : record.kind === 'certificate' ? record.certificate : record.candidate
      return about.epoch > epoch || (about.epoch === epoch && about.slot >= slot)
    })
  }
}
