import { type BorgError, type Clock, isBorgError, limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import { type Checkpoint, committeeHash, compareBytes, decodeEpochProof, type EpochProof } from '@borgios/protocol'
import { type Chain, committeeIn } from '../engine/chain.ts'
import { EpochRules, rulesAt } from '../engine/epoch-rules.ts'
import { badSyncMessage, tooLongAway } from '../errors.ts'
import { checkProof } from './check-group.ts'

/** A place of the chain from which on it can be told who decides. */
export interface TrustedPlace {
  /** Of the epoch of the next block. */
  readonly rules: EpochRules
  readonly height: number
  /** When its block was made. */
  readonly timeMs: number
}

/** Port: how epochs ended, as encoded epoch proofs. */
export interface EpochReader {
  readonly last: number | undefined
  read(epoch: number): Promise<Uint8Array | undefined>
}

export interface TrustOptions {
  /** 32 bytes. */
  readonly network: Uint8Array
  /** 32 bytes: this node. */
  readonly self: Uint8Array
  /** What this node's user believes by the word of somebody else. */
  readonly checkpoint: Checkpoint | undefined
}

export interface TrustModules {
  readonly chain: Chain
  readonly epochs: EpochReader
  readonly ed25519: Ed25519
  readonly clock: Clock
}

/**
 * From where on a node may believe what peers show it: what it saw final itself, or a checkpoint that its user gave it, if it is not too old.
 * Old deposits are paid out, so that old committees could sign another chain and lose nothing.
 */
export class Trust {
  readonly #options: TrustOptions
  readonly #modules: TrustModules

  constructor(options: TrustOptions, modules: TrustModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Whether the chain is young enough to go on from it. */
  get isChainFresh(): boolean {
    return this.#ageMs(this.#modules.chain.record.timeMs) < limits.ledgerSync.trustMs
  }

  /**
   * Whether blocks on top of the chain can be believed. Who decides in its epoch believes what the others of that epoch sign, however old
   * it is: consensus does as well, and a network that was off for long could not go on otherwise.
   */
  get mayFollow(): boolean {
    const { chain } = this.#modules
    const { validators } = committeeIn(chain.state, chain.record.epoch)
    return this.isChainFresh || validators.some(({ key }) => compareBytes(key, this.#options.self) === 0)
  }

  /** The highest place there is. Throws LEDGER_TOO_LONG_AWAY, and what reading throws. */
  async begin(): Promise<TrustedPlace> {
    const { chain, ed25519 } = this.#modules
    const { network, checkpoint } = this.#options
    const { height, timeMs } = chain.record
    let place: TrustedPlace = { rules: rulesAt(chain, network, ed25519), height, timeMs }
    const stored = await this.#stored()
    if (stored !== undefined && stored.height > place.height) place = stored
    if (checkpoint !== undefined && checkpoint.height > place.height) {
      place = { ...checkpoint, rules: new EpochRules({ ...checkpoint, network }, ed25519) }
    }
    const ageMs = this.#ageMs(place.timeMs)
    if (ageMs >= limits.ledgerSync.trustMs) throw tooLongAway(ageMs)
    return place
  }

  /** Why there is none, and what to do; undefined when there is one. Throws what reading throws. */
  async whyAway(): Promise<string | undefined> {
    try {
      await this.begin()
      return undefined
    } catch (error) {
      if (isTooLongAway(error)) return error.message
      throw error
    }
  }

  /** The beginning of the next epoch. Throws LEDGER_SYNC_MESSAGE for a proof that does not lead there. */
  step({ rules, height }: TrustedPlace, { last, next }: EpochProof): TrustedPlace {
    const { heads } = checkProof(last, rules)
    const [header] = last.headers
    const seal = header?.seal
    if (header === undefined || seal === undefined || heads.length !== 1 || heads[0]?.isLast !== true) {
      throw badSyncMessage('a proof of something else than the end of the epoch')
    }
    const isNamed = compareBytes(committeeHash(next), seal.nextCommittee) === 0
    const isNext = next.epoch === rules.committee.epoch + 1 && seal.lastHeight > header.height
    if (!isNamed || !isNext || header.height <= height) throw badSyncMessage('an epoch that does not follow')
    return this.#placeAfter({ last, next })
  }

  async #stored(): Promise<TrustedPlace | undefined> {
    const { epochs } = this.#modules
    const bytes = epochs.last === undefined ? undefined : await epochs.read(epochs.last)
    return bytes === undefined ? undefined : this.#placeAfter(decodeEpochProof(new Uint8Array(bytes)))
  }

  /** Of a proof that was checked. */
  #placeAfter({ last, next }: EpochProof): TrustedPlace {
    const { network } = this.#options
    const header = last.headers[0]
    const lastHeight = header?.seal?.lastHeight
    if (header === undefined || lastHeight === undefined) throw badSyncMessage('the end of an epoch without a seal')
    const rules = new EpochRules({ network, committee: next, lastHeight }, this.#modules.ed25519)
    return { rules, height: header.height, timeMs: header.timeMs }
  }

  #ageMs(timeMs: number): number {
    return this.#modules.clock.nowMs() - timeMs
  }
}

/** What {@link Trust.begin} throws when there is nothing to begin with. */
export const isTooLongAway = (error: unknown): error is BorgError =>
  isBorgError(error) && error.code === 'LEDGER_TOO_LONG_AWAY'
