import { limits } from '@borgios/core'
import type { StateSnapshot } from '../state/state-snapshot.ts'

/** States that are held for others: the newest ones, at the ends of epochs, where all nodes hold the same. */
export class SnapshotShelf {
  /** The newest first. */
  #held: readonly StateSnapshot[] = []

  get held(): readonly StateSnapshot[] {
    return this.#held
  }

  /** The lowest height that is held; undefined if nothing is. */
  get lowest(): number | undefined {
    return this.#held.at(-1)?.point.height
  }

  find(height: number): StateSnapshot | undefined {
    return this.#held.find(({ point }) => point.height === height)
  }

  /** The oldest gives way. */
  put(snapshot: StateSnapshot): void {
    this.#held = [snapshot, ...this.#held].slice(0, limits.ledgerSync.snapshotsHeld)
  }
}
