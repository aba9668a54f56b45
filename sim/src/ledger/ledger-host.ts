import { NodeId } from '@borgios/core'
import type { SeededRandom } from '@borgios/core/testing'
import type { Candidate, ConsensusEvent, ConsensusState } from '@borgios/ledger'
import type { BlockRef } from '@borgios/protocol'
import type { Behaviour } from './behaviour.ts'
import { SimDisk } from './sim-disk.ts'

export interface LedgerHostOptions {
  /** Its place on the network. */
  readonly index: number
  /** Whose key it has. Two hosts with one key are twins. */
  readonly key: Uint8Array
  readonly behaviour: Behaviour | undefined
  readonly random: SeededRandom
  /** Plans something for this process: it does not happen if the process dies before. */
  readonly later: (host: LedgerHost, afterMs: number, run: () => void) => void
}

/** One process of a node: its core, its disk, its clock. */
export class LedgerHost {
  readonly index: number
  readonly key: Uint8Array
  readonly node: NodeId
  /** Undefined: honest. */
  readonly behaviour: Behaviour | undefined
  readonly disk: SimDisk
  readonly clockRate: number
  readonly clockOffsetMs: number
  state: ConsensusState | undefined
  /** Counts starts and crashes: what was planned in an earlier life does not happen. */
  life = 0
  isFrozen = false
  isCatchingUp = false
  /** Only the newest wake counts. */
  wakes = 0
  readonly inbox: ConsensusEvent[] = []

  constructor({ index, key, behaviour, random, later }: LedgerHostOptions) {
    this.index = index
    this.key = key
    this.node = NodeId.fromBytes(key)
    this.behaviour = behaviour
    this.disk = new SimDisk({ random, later: (afterMs, run) => later(this, afterMs, run) })
    this.clockRate = 0.97 + random.below(61) / 1000
    this.clockOffsetMs = random.below(10_000_000)
  }

  get isHonest(): boolean {
    return this.behaviour === undefined
  }

  clockMs(nowMs: number): number {
    return this.clockOffsetMs + nowMs * this.clockRate
  }

  /** A body, final or not. */
  find({ slot, hash }: BlockRef): Candidate | undefined {
    const held = this.state?.slots.get(slot)?.blocks.get(Buffer.from(hash).toString('latin1'))
    return held?.candidate ?? this.disk.store.find(hash)
  }
}
