import { type CancelTimer, type Clock, type Logger, limits, messageOf, type Timers } from '@borgios/core'
import { decodeEpochProof } from '@borgios/protocol'
import type { SlotPlace } from '../journal/journal.ts'
import type { SnapshotShelf } from '../sync/snapshot-shelf.ts'
import type { LedgerStorage } from './ledger-storage.ts'
import type { Submissions } from './submissions.ts'

const bounds = limits.ledgerSync

export interface UpkeepModules {
  readonly storage: LedgerStorage
  readonly submissions: Submissions
  readonly shelf: SnapshotShelf
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** The last final slot, and the epoch of the chain. */
  place(): { readonly final: SlotPlace; readonly epoch: number }
  /** Called each time first. */
  onTurn(): void
}

/** What is done now and then: what is final is made durable, the state is saved, and old blocks are forgotten. */
export class Upkeep {
  readonly #modules: UpkeepModules
  #cancel: CancelTimer | undefined
  #saving: Promise<void> | undefined
  #savedMs: number
  #savedEpoch: number | undefined
  #failedWhy: string | undefined

  constructor(modules: UpkeepModules) {
    this.#modules = modules
    this.#savedMs = modules.clock.monotonicMs()
  }

  /** Why the last try did not make everything durable; undefined when it did. */
  get failedWhy(): string | undefined {
    return this.#failedWhy
  }

  start(): void {
    this.#cancel = this.#modules.timers.after(bounds.upkeepMs, () => {
      this.#modules.onTurn()
      this.#saving ??= this.#save().finally(() => {
        this.#saving = undefined
      })
      this.start()
    })
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#saving
  }

  async #save(): Promise<void> {
    const { storage, submissions, logger, clock } = this.#modules
    const { final, epoch } = this.#modules.place()
    try {
      await submissions.keep()
      await storage.sync(final)
      const isOld = clock.monotonicMs() - this.#savedMs >= bounds.saveMs
      if (isOld || epoch !== this.#savedEpoch || this.#failedWhy !== undefined) {
        await storage.save()
        this.#savedMs = clock.monotonicMs()
        await this.#prune(epoch)
        this.#savedEpoch = epoch
      }
      this.#failedWhy = undefined
    } catch (error) {
      this.#failedWhy = messageOf(error)
      logger.warn('the ledger could not be made durable; it is tried again', { why: messageOf(error) })
    }
  }

  /** Blocks of the last epochs stay, and those of the states that are held for others. */
  async #prune(epoch: number): Promise<void> {
    const { storage, shelf } = this.#modules
    const last = epoch - bounds.keptEpochs - 1
    const bytes = last < 0 ? undefined : await storage.epochs.read(last)
    const end = bytes === undefined ? undefined : decodeEpochProof(bytes).last.headers[0]
    if (end !== undefined) await storage.prune(Math.min(end.height + 1, shelf.lowest ?? 0))
  }
}
