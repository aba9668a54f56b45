import { type Clock, type Logger, limits, type NodeId } from '@borgios/core'
import type { Block, BlockRef } from '@borgios/protocol'
import type { ConsensusEvent } from '../consensus/consensus-io.ts'
import { type ConsensusState, heldBlock } from '../consensus/consensus-state.ts'
import { isWantedBlock } from '../consensus/fetching.ts'
import { isWanted, isWantedCandidate } from '../consensus/receiving.ts'
import { falseFrame } from '../errors.ts'
import type { Frame } from '../links/frames.ts'
import type { ValidatorLinks } from '../links/validator-links.ts'
import { ClockCheck } from './clock-check.ts'
import type { BlockArchive } from './engine-ports.ts'
import type { EpochRules } from './epoch-rules.ts'
import { FetchAnswers } from './fetch-answers.ts'
import { readFrame, type WireMessage } from './message-codec.ts'

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
  readonly #answers: FetchAnswers
  readonly #clockCheck = new ClockCheck()
  #isClockOff = false
  #rules: EpochRules

  constructor(state: ConsensusState, rules: EpochRules, modules: InboxModules) {
    this.#state = state
    this.#rules = rules
    this.#modules = modules
    this.#answers = new FetchAnswers(modules.clock)
  }

  /** Another epoch began. */
  setRules(rules: EpochRules): void {
    this.#rules = rules
    this.#answers.clear()
    this.#clockCheck.clear()
  }

  /** How far the clocks of the other validators are ahead of this machine's, negative for behind; undefined while it seems well. */
  get clockOffMs(): number | undefined {
    return this.#clockCheck.offMs(this.#rules.committee.validators.length)
  }

  /** What the core is to be told of a frame; nothing if it is answered here or left aside. Throws PROTOCOL_MALFORMED, LEDGER_FALSE_FRAME. */
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
    if (!stands) throw falseFrame(`a ${message.kind} that nobody signed`)
    return { kind: 'received', from, message }
  }

  /** What is cheap to find out comes first; the hash of the payload is not. */
  #readBlock(from: NodeId, block: Block): ConsensusEvent | undefined {
    const head = this.#rules.headOf(block.header)
    if (head === undefined || !isWantedCandidate(this.#state, head)) return undefined
    if (!this.#rules.isSigned(head, block)) throw falseFrame('a block that its leader did not sign')
    const aheadMs = block.header.timeMs - this.#modules.clock.nowMs()
    const isAskedFor = isWantedBlock(this.#state, head.hash)
    if (!isAskedFor && head.slot >= this.#state.current) this.#checkClock(head.leader, aheadMs)
    // What a quorum notarised is taken whatever our own clock says.
    if (aheadMs > limits.ledgerMoney.maxAheadMs && !isAskedFor) return undefined
    const candidate = this.#rules.candidateOf(block)
    if (candidate === undefined) throw falseFrame('a block whose transactions are not those of its header')
    return { kind: 'received', from, message: { kind: 'candidate', candidate } }
  }

  /** Says it once when our clock turns out to be off, and once when it is well again. */
  #checkClock(leader: number, aheadMs: number): void {
    this.#clockCheck.note(leader, aheadMs)
    const offMs = this.clockOffMs
    if ((offMs !== undefined) === this.#isClockOff) return
    this.#isClockOff = offMs !== undefined
    const { logger } = this.#modules
    if (offMs === undefined) logger.info("this machine's clock agrees with those of the other validators again")
    else logger.warn("this machine's clock is not that of the other validators", { theyAreAheadMs: Math.round(offMs) })
  }

  #answerFetch(from: NodeId, epoch: number, ref: BlockRef): void {
    if (epoch !== this.#rules.committee.epoch) return
    const answer = this.#answers.answer(from, ref, () => {
      const block = heldBlock(this.#state, ref)?.candidate.block ?? this.#modules.archive.find(ref)
      return block?.header.epoch === epoch ? block : undefined
    })
    if (answer !== undefined) this.#modules.links.send(from, answer)
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
