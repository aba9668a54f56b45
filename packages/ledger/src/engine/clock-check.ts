import { limits } from '@borgios/core'

const { maxAheadMs } = limits.ledgerMoney

/** Compares this machine's clock with those of the leaders, by the times of the blocks they have just made. */
export class ClockCheck {
  /** By leader, the newest last: how far the time of its last block was ahead of our clock. */
  readonly #aheadMs = new Map<number, number>()

  /** A leader's block came while its slot was under way. */
  note(leader: number, aheadMs: number): void {
    this.#aheadMs.set(leader, aheadMs)
  }

  clear(): void {
    this.#aheadMs.clear()
  }

  /**
   * How far the others' clocks are ahead of ours (negative: behind), if that is more than blocks may be off: more than a third of the
   * validators say so, and most of those heard. Undefined while our clock seems well.
   */
  offMs(validators: number): number | undefined {
    const heard = [...this.#aheadMs.values()]
    for (const sign of [1, -1]) {
      const apart = heard.filter((aheadMs) => aheadMs * sign > maxAheadMs).sort((left, right) => left - right)
      if (apart.length * 3 > validators - 1 && apart.length * 2 > heard.length) return apart[apart.length >> 1]
    }
    return undefined
  }
}
