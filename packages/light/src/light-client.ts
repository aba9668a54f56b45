import { type Clock, limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import {
  type Checkpoint,
  committeeHash,
  decodeCommittee,
  decodeFinalityProof,
  type EpochProof,
  encodeCommittee,
  encodeFinalityProof,
  type FinalityProof,
} from '@borgios/protocol'
import {
  type Anchor,
  anchorOf,
  assertFits,
  type FinalBlock,
  isSame,
  startBlock,
  type TrustedEpoch,
  verifyFinality,
} from './chain.ts'
import { Descent } from './descent.ts'
import { brokenChain, forked, fromTheFuture, trustExpired, unknownEpoch, wrongCommittee } from './errors.ts'
import { assertAgrees, decodeTrust, encodeTrust, type Trust, trustOf } from './trust.ts'

export interface LightClientOptions {
  /** A checkpoint, or what {@link LightClient.save} gave. */
  readonly from: Checkpoint | Uint8Array
  /** How long deposits stay locked after a validator has left: what is older proves nothing, since its signers have nothing to lose. */
  readonly unbondingMs: number
}

/** Two blocks that a quorum signed, and that cannot be of one chain: the first is the one that was believed. For others to see. */
export interface Fork {
  readonly first: FinalityProof
  readonly second: FinalityProof
}

export interface LightClientModules {
  readonly ed25519: Pick<Ed25519, 'verify'>
  readonly clock: Pick<Clock, 'nowMs'>
}

/**
 * Follows the ledger from a checkpoint by the last header of each epoch, without its blocks. It believes what a quorum of the committee signed
 * that the committee before it named, and nothing else. Proofs are as their decoders give them; nothing is kept of what
 * was not checked.
 */
export class LightClient {
  readonly #options: LightClientOptions
  readonly #modules: LightClientModules
  #trust: Trust
  #fork: Fork | undefined

  /** Throws LIGHT_TRUST_EXPIRED when the checkpoint is too old, LIGHT_FROM_THE_FUTURE, LIGHT_STATE_CORRUPT. */
  constructor(options: LightClientOptions, modules: LightClientModules) {
    this.#options = options
    this.#modules = modules
    // Through bytes in either case, so that nothing is shared with whoever gave it.
    this.#trust = decodeTrust(options.from instanceof Uint8Array ? options.from : encodeTrust(trustOf(options.from)))
    this.#assertNotFuture(this.#trust.newest)
    this.#assertFresh(this.#trust.newest)
  }

  /** 32 bytes. */
  get network(): Uint8Array {
    return this.#trust.network
  }

  /** The epoch it has come to. */
  get epoch(): number {
    return this.#trust.current.committee.epoch
  }

  /** The highest block it has seen: somebody who only shows lower ones is behind, or hides something. */
  get newest(): Anchor {
    return this.#trust.newest
  }

  /** The lowest block it knows: older ones are proved by the headers that lead down to them, whoever signed them. */
  get lowest(): Anchor {
    return (this.#trust.previous ?? this.#trust.current).start
  }

  /** From {@link lowest} on down. */
  descent(): Descent {
    return new Descent(this.network, this.lowest, this.#trust.current.committee)
  }

  /** The evidence, once LIGHT_FORK was thrown. */
  get fork(): Fork | undefined {
    return this.#fork
  }

  /**
   * Holds a checkpoint that the user believes against what is known: of the epoch the client has come to, or an earlier one. Nothing below it is the
   * newest any more. Throws LIGHT_CHECKPOINT_CONFLICT.
   */
  confirm(checkpoint: Checkpoint): void {
    assertAgrees(this.#trust, checkpoint)
    const { newest } = trustOf(checkpoint)
    if (newest.height > this.newest.height) {
      this.#trust = decodeTrust(encodeTrust({ ...this.#trust, newest, newestProof: new Uint8Array() }))
    }
  }

  /** What to keep, and to give as `from` later. */
  save(): Uint8Array {
    return encodeTrust(this.#trust)
  }

  /**
   * Steps into the following epochs, one proof each. Steps before one that is refused stay. Throws what {@link LightClient.verifyHeader} throws, and
   * LIGHT_COMMITTEE_WRONG.
   */
  advance(proofs: Iterable<EpochProof>): void {
    for (const proof of proofs) this.#step(proof)
  }

  /**
   * A block that is part of the chain. It says what was, not what is: its age is for the caller to judge. Throws LIGHT_CHAIN_BROKEN, LIGHT_FORK,
   * LIGHT_CERTIFICATE_FOREIGN, LIGHT_CERTIFICATE_FORGED, LIGHT_QUORUM_SHORT; LIGHT_EPOCH_UNKNOWN for any but the current epoch and the one before;
   * LIGHT_TRUST_EXPIRED and LIGHT_FROM_THE_FUTURE.
   */
  verifyHeader(proof: FinalityProof): FinalBlock {
    const { network, current, previous } = this.#trust
    const [header] = proof.headers
    if (header?.epoch !== this.epoch - 1) return this.#verifyCurrent(proof)
    return previous === undefined ? startBlock(network, current, header) : this.#verifyPrevious(previous, proof)
  }

  #step({ last, next }: EpochProof): void {
    const { current } = this.#trust
    const block = this.#verifyCurrent(last)
    const { seal } = block.header
    if (seal === undefined) throw brokenChain('not the last block of its epoch')
    const isNamed = isSame(committeeHash(next), seal.nextCommittee)
    if (!isNamed || next.epoch !== this.epoch + 1) throw wrongCommittee('a committee that the last block does not name')
    const start = anchorOf(block)
    if (seal.lastHeight <= start.height) throw brokenChain('an epoch that ends before it begins')
    // What was decoded are views of bytes that the caller may use again.
    const committee = decodeCommittee(encodeCommittee(next))
    const following = { committee, start, lastHeight: seal.lastHeight }
    this.#trust = { ...this.#trust, current: following, previous: current }
  }

  #verifyCurrent(proof: FinalityProof): FinalBlock {
    const { current, newest } = this.#trust
    const epoch = proof.headers[0]?.epoch
    if (epoch !== this.epoch) throw unknownEpoch(`a block of epoch ${epoch}, where this client is in ${this.epoch}`)
    this.#assertFresh(newest)
    const block = this.#verify(current, proof)
    this.#assertNoFork(block, proof)
    if (block.header.height > newest.height) {
      this.#trust = { ...this.#trust, newest: anchorOf(block), newestProof: encodeFinalityProof(proof) }
    }
    return block
  }

  /** A quorum signed the newest block, and now this one: they must be of one chain. */
  #assertNoFork(block: FinalBlock, second: FinalityProof): void {
    const { newest, newestProof } = this.#trust
    try {
      assertFits(block, newest)
    } catch (error) {
      if (newestProof.length === 0) throw error
      this.#fork = { first: decodeFinalityProof(newestProof), second: decodeFinalityProof(encodeFinalityProof(second)) }
      throw forked(
        `two blocks were signed by a quorum, of height ${newest.height} and ${block.header.height}, that cannot both be: more than a third of the validators lied`,
        error,
      )
    }
  }

  #verifyPrevious(epoch: TrustedEpoch, proof: FinalityProof): FinalBlock {
    const { start } = this.#trust.current
    this.#assertFresh(start)
    const block = this.#verify(epoch, proof)
    this.#assertNoFork(block, proof)
    assertFits(block, start)
    return block
  }

  #verify(epoch: TrustedEpoch, proof: FinalityProof): FinalBlock {
    const { ed25519 } = this.#modules
    const block = verifyFinality({ network: this.#trust.network, ed25519 }, epoch, proof)
    assertFits(block, epoch.start)
    this.#assertNotFuture(anchorOf(block))
    return block
  }

  #assertFresh({ timeMs }: Anchor): void {
    if (this.#modules.clock.nowMs() - timeMs < this.#options.unbondingMs) return
    throw trustExpired(
      'what is known of the ledger is too old to check anything by: take a newer checkpoint from someone you trust',
    )
  }

  #assertNotFuture({ timeMs }: Anchor): void {
    if (timeMs - this.#modules.clock.nowMs() <= limits.ledgerCodec.maxAheadMs) return
    throw fromTheFuture("a block from the future: set this machine's clock")
  }
}
