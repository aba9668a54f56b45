import { type Clock, type Logger, limits, type NodeId } from '@borgios/core'
import type { Block, BlockRef } from '@borgios/protocol'
import type { Candidate } from '../consensus/candidate.ts'
import type { ConsensusEvent } from '../consensus/consensus-io.ts'
import { type ConsensusState, heldBlock } from '../consensus/consensus-state.ts'
import { isWantedBlock } from '../consensus/fetching.ts'
import { isWanted } from '../consensus/receiving.ts'
import type { Frame } from '../links/frames.ts'
import type { ValidatorLinks } from '../links/validator-links.ts'
import type { BlockArchive } from './engine-ports.ts'
import type { EpochRules } from './epoch-rules.ts'
import { frameOf, readFrame, type WireMessage } from './message-codec.ts'

export interface InboxModules {
  readonly links: Pick<ValidatorLinks, 'send'>
  readonly archive: BlockArchive
  readonly clock: Clock
  readonly logger: Logger
}

/** What validators say, checked: nothing reaches the core whose signatures were not seen to stand, and none is checked that it has no use for. */
export class Inbox {
  readonly #modules: InboxModules
  readonly #state: ConsensusState
  #rules: EpochRules

  constructor(state: ConsensusState, rules: EpochRules, modules: InboxModules) {
    this.#state = state
    this.#rules = rules
    this.#modules = modules
  }

  /** Another epoch began. */
  setRules(rules: EpochRules): void {
    this.#rules = rules
  }

  /** What the core is to be told of a frame; nothing if it is answered here or left aside. Throws PROTOCOL_MALFORMED. */
  read(from: NodeId, frame: Frame): ConsensusEvent | undefined {
    const message = readFrame(frame)
    if (message.kind === 'status') return { kind: 'received', from, message }
    if (message.kind === 'fetch') {
      this.#answerFetch(from, message.epoch, message.block)
      return undefined
    }
    const epoch = epochOf(message)
    const { committee } = this.#rules
    if (epoch > committee.epoch) return { kind: 'peerAhead', from, epoch }
    if (epoch < committee.epoch) return undefined
    return message.kind === 'candidate' ? this.#readBlock(from, message.block) : this.#readVotes(from, message)
  }

  #readVotes(
    from: NodeId,
    message: Extract<WireMessage, { kind: 'vote' | 'certificate' }>,
  ): ConsensusEvent | undefined {
    if (!isWanted(this.#state, message)) return undefined
    const stands =
      message.kind === 'vote' ? this.#rules.isVote(message.vote) : this.#rules.isCertificate(message.certificate)
    if (stands) return { kind: 'received', from, message }
    this.#modules.logger.warn('a validator sent what nobody signed', { from, kind: message.kind })
    return undefined
  }

  #readBlock(from: NodeId, block: Block): ConsensusEvent | undefined {
    const candidate = this.#rules.candidateOf(block)
    if (candidate === undefined) return undefined
    const message = { kind: 'candidate', candidate } as const
    if (!isWanted(this.#state, message)) return undefined
    // What a quorum notarised is taken whatever our own clock says.
    if (this.#isFromTheFuture(candidate) && !isWantedBlock(this.#state, candidate.hash)) return undefined
    if (this.#rules.isSigned(candidate, block)) return { kind: 'received', from, message }
    this.#modules.logger.warn('a validator sent a block that its leader did not sign', { from })
    return undefined
  }

  #isFromTheFuture({ block }: Candidate): boolean {
    return block.header.timeMs > this.#modules.clock.nowMs() + limits.ledgerMoney.maxAheadMs
  }

  #answerFetch(from: NodeId, epoch: number, ref: BlockRef): void {
    const held = epoch === this.#rules.committee.epoch ? heldBlock(this.#state, ref)?.candidate.block : undefined
    const block = held ?? this.#modules.archive.find(ref)
    const candidate = block === undefined ? undefined : this.#rules.candidateOf(block)
    if (candidate !== undefined) this.#modules.links.send(from, frameOf({ kind: 'candidate', candidate }))
  }
}

function epochOf(message: Extract<WireMessage, { kind: 'vote' | 'certificate' | 'candidate' }>): number {
  switch (message.kind) {
    case 'vote':
      return message.vote.epoch
    case 'certificate':
      return message.certificate.epoch
    case 'candidate':
      return message.block.header.epoch
  }
}
