import { limits } from '@borgios/core'
import { UNITS, type Wish } from './mempool-world.ts'

/** A pending transaction of the model: every wish has its defaults filled in. */
export interface ModelEntry extends Required<Pick<Wish, 'from' | 'nonce' | 'fee' | 'tip' | 'lastHeight'>> {
  readonly isOwn: boolean
  readonly arrival: number
}

export interface ModelAccount {
  nonce: number
  balance: number
}

/** The rules of the mempool said as plainly as possible: a list that is looked through for everything. */
export class MempoolModel {
  readonly accounts = new Map<number, ModelAccount>()
  readonly #most: number
  #entries: ModelEntry[] = []
  #arrivals = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.length
  }

  add(wish: Omit<ModelEntry, 'arrival'>, height: number, baseFee: number): string {
    const arrival = this.#arrivals++
    const entry = { ...wish, arrival }
    const account = this.#account(entry.from)
    const former = this.#of(entry.from).find(({ nonce }) => nonce === entry.nonce)
    if (former !== undefined && isSame(former, entry)) {
      if (entry.isOwn) this.#replace(former, { ...former, isOwn: true })
      return 'known'
    }
    if (entry.lastHeight <= height) return 'expired'
    if (entry.nonce < account.nonce) return 'nonceUsed'
    if (entry.nonce >= account.nonce + limits.ledgerMempool.accountNonces) return 'nonceTooFar'
    if (entry.fee * 2 < baseFee) return 'feeTooLow'
    const raised = (offer: number) => offer + Math.floor(offer / 8) + 1
    if (former !== undefined && (entry.fee < raised(former.fee) || entry.tip < raised(former.tip)))
      return 'raiseTooSmall'
    const others = this.#entries.filter((other) => other !== former)
    const cost = others.filter(({ from }) => from === entry.from).reduce((sum, { fee }) => sum + fee * UNITS, 0)
    if (cost + entry.fee * UNITS > account.balance) return 'fundsShort'
    if (others.length < this.#most) {
      this.#entries = [...others, entry]
      return 'added'
    }
    const cheapest = this.#lasts(this.#entries)
      .filter(({ isOwn }) => !isOwn)
      .map((last) => ({ last, worth: this.#worth(last, this.#entries, baseFee) }))
      .sort((left, right) => left.worth - right.worth)
    const worth = entry.isOwn ? Number.POSITIVE_INFINITY : this.#worth(entry, [...others, entry], baseFee)
    if (cheapest[0] === undefined || cheapest[0].worth >= worth) return 'mempoolFull'
    const least = cheapest.filter(({ worth: each }) => each === cheapest[0]?.worth).map(({ last }) => last)
    this.#mayLeave = least
    this.#entries = [...others, entry]
    return 'added'
  }

  /** Of several that are equally cheap, any may leave: the model follows. */
  #mayLeave: readonly ModelEntry[] = []

  /** Tells the model who left; false if it should have been somebody else. */
  follow(isThere: (entry: ModelEntry) => boolean): boolean {
    const gone = this.#mayLeave.filter((entry) => this.#entries.includes(entry) && !isThere(entry))
    const isRight = this.#mayLeave.length === 0 ? gone.length === 0 : gone.length === 1
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry))
    this.#mayLeave = []
    return isRight && this.#entries.every(isThere)
  }

  finalise(changed: number, height: number): void {
    const account = this.#account(changed)
    this.#entries = this.#entries.filter(({ from, nonce }) => from !== changed || nonce >= account.nonce)
    for (;;) {
      const own = this.#of(changed)
      const last = own.at(-1)
      if (last === undefined || own.reduce((sum, { fee }) => sum + fee * UNITS, 0) <= account.balance) break
      this.#entries = this.#entries.filter((entry) => entry !== last)
    }
    this.#entries = this.#entries.filter(({ lastHeight }) => lastHeight > height)
  }

  /** As `from:nonce`, one after another: always the best of all that may be next. */
  order(height: number, baseFee: number, most: number): string[] {
    const next = new Map([...this.accounts].map(([from, { nonce }]) => [from, nonce]))
    const taken = new Map<number, number>()
    const selected: string[] = []
    while (selected.length < most) {
      const [best] = this.#entries
        .filter(({ from, nonce }) => nonce === (next.get(from) ?? 0))
        .filter(({ fee, lastHeight }) => fee >= baseFee && lastHeight >= height)
        .sort(
          (left, right) =>
            tipOf(right, baseFee) - tipOf(left, baseFee) ||
            (taken.get(left.from) ?? 0) - (taken.get(right.from) ?? 0) ||
            left.arrival - right.arrival,
        )
      if (best === undefined) break
      selected.push(`${best.from}:${best.nonce}`)
      next.set(best.from, best.nonce + 1)
      taken.set(best.from, (taken.get(best.from) ?? 0) + 1)
    }
    return selected
  }

  #account(from: number): ModelAccount {
    return this.accounts.get(from) ?? { nonce: 0, balance: 1e12 }
  }

  #of(from: number): ModelEntry[] {
    return this.#entries.filter((entry) => entry.from === from).sort((left, right) => left.nonce - right.nonce)
  }

  #replace(former: ModelEntry, entry: ModelEntry): void {
    this.#entries = this.#entries.map((each) => (each === former ? entry : each))
  }

  #lasts(entries: readonly ModelEntry[]): ModelEntry[] {
    return entries.filter((entry) => !entries.some(({ from, nonce }) => from === entry.from && nonce > entry.nonce))
  }

  #worth(entry: ModelEntry, entries: readonly ModelEntry[], baseFee: number): number {
    const before = entries.filter(({ from, nonce }) => from === entry.from && nonce <= entry.nonce)
    const isReachable = before.length === entry.nonce - this.#account(entry.from).nonce + 1
    return isReachable ? Math.min(...before.map((each) => tipOf(each, baseFee))) : Number.NEGATIVE_INFINITY
  }
}

const tipOf = ({ fee, tip }: ModelEntry, baseFee: number): number => Math.min(tip, fee - baseFee)

const isSame = (left: ModelEntry, right: ModelEntry): boolean =>
  left.fee === right.fee && left.tip === right.tip && left.lastHeight === right.lastHeight
