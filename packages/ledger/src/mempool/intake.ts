import { limits } from '@borgios/core'
import { TokenBucket } from '@borgios/peertree'
import type { Mempool } from './mempool.ts'
import { isPeersFault, type Refusal } from './refusal.ts'

const bounds = limits.ledgerMempool

/** A node that brings transactions. */
interface Origin {
  readonly name: string
  readonly rate: TokenBucket
  /** Not checked yet, the next one last. */
  waiting: Uint8Array[]
  mutedUntilMs: number
}

/** A node that sent what no honest node sends: its standing is to be lowered. */
export interface Fault {
  readonly origin: string
  readonly refusal: Refusal
}

/**
 * What other nodes bring, on its way into the mempool. Checking signatures is what a flood would cost us: each node may bring so much a
 * second, they are served in turn, and who brought one that does not verify is not listened to for a while.
 */
export class TransactionIntake {
  readonly #mempool: Mempool
  readonly #origins = new Map<string, Origin>()
  /** Those of whom something waits, in the order they are served. */
  #turns: Origin[] = []
  #bytes = 0

  constructor(mempool: Mempool) {
    this.#mempool = mempool
  }

  /** Bytes that wait to be checked. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** Takes a batch in, as a whole or not at all: false when there is too much of it. The rest comes again, from who watches it. */
  offer(name: string, batch: readonly Uint8Array[], nowMs: number): boolean {
    const origin = this.#origins.get(name) ?? this.#follow(name, nowMs)
    if (origin === undefined || nowMs < origin.mutedUntilMs || batch.length === 0) return false
    const bytes = sum(batch, ({ length }) => length)
    const cost = sum(batch, ({ length }) => Math.max(length, bounds.minTransactionBytes))
    if (this.#bytes + bytes > bounds.intakeBytes || !origin.rate.take(cost, nowMs)) return false
    if (origin.waiting.length === 0) this.#turns.push(origin)
    origin.waiting = [...batch.toReversed(), ...origin.waiting]
    this.#bytes += bytes
    return true
  }

  /** Moves at most `count` transactions into the mempool, in turn from each node. Tells whom to blame. */
  advance(count: number, nowMs: number): readonly Fault[] {
    const faults: Fault[] = []
    for (let left = count; left > 0 && this.#turns.length > 0; ) {
      const turns = this.#turns.slice(0, left)
      this.#turns = this.#turns.slice(turns.length)
      left -= turns.length
      for (const origin of turns) {
        const refusal = this.#checkNext(origin)
        if (refusal !== undefined) {
          faults.push({ origin: origin.name, refusal })
          this.#mute(origin, nowMs)
        }
        if (origin.waiting.length > 0) this.#turns.push(origin)
      }
    }
    return faults
  }

  /** Checks one transaction; what speaks against it if that is its bringer's fault. */
  #checkNext(origin: Origin): Refusal | undefined {
    const bytes = origin.waiting.pop()
    if (bytes === undefined) return undefined
    this.#bytes -= bytes.length
    const admission = this.#mempool.add(bytes)
    return admission.outcome === 'refused' && isPeersFault(admission.refusal) ? admission.refusal : undefined
  }

  #mute(origin: Origin, nowMs: number): void {
    this.#bytes -= sum(origin.waiting, ({ length }) => length)
    origin.waiting = []
    origin.mutedUntilMs = nowMs + bounds.muteMs
  }

  /** Undefined when too many are followed already, each for a reason. */
  #follow(name: string, nowMs: number): Origin | undefined {
    if (this.#origins.size >= bounds.origins) this.#forgetIdle(nowMs)
    if (this.#origins.size >= bounds.origins) return undefined
    const rate = new TokenBucket(bounds.originBytesPerSecond, bounds.originBurstBytes, nowMs)
    const origin: Origin = { name, rate, waiting: [], mutedUntilMs: Number.NEGATIVE_INFINITY }
    this.#origins.set(name, origin)
    return origin
  }

  #forgetIdle(nowMs: number): void {
    for (const [name, { waiting, mutedUntilMs, rate }] of this.#origins) {
      if (waiting.length === 0 && mutedUntilMs <= nowMs && rate.take(bounds.originBurstBytes, nowMs)) {
        this.#origins.delete(name)
      }
    }
  }
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0)
