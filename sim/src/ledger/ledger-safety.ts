import { assert, limits } from '@borgios/core'
import {
  type Candidate,
  type ConsensusEffect,
  type ConsensusEvent,
  type ConsensusMessage,
  isConflict,
  leaderOf,
} from '@borgios/ledger'
import { VOTE_KINDS, type Vote } from '@borgios/protocol'
import { HonestWord } from './honest-word.ts'
import type { LedgerHost } from './ledger-host.ts'
import type { WatchedLedger } from './watched-ledger.ts'

const bounds = limits.ledgerConsensus
/** Votes of one epoch that the check for missed conflicts looks back on. */
const MAX_HEARD = 4_096

/** What must hold after every step of every honest node, whatever the others do. Throws what is broken. */
export class LedgerSafety {
  readonly #world: WatchedLedger
  readonly #word: HonestWord
  readonly #finalAt: Candidate[] = []
  readonly #heard = new Map<LedgerHost, Map<string, Vote>>()
  readonly #accused = new Map<LedgerHost, Set<number>>()
  /** How often somebody was convicted. */
  convictions = 0

  constructor(world: WatchedLedger) {
    this.#world = world
    this.#word = new HonestWord(world)
  }

  /** The highest block that is final anywhere. */
  get height(): number {
    return this.#finalAt.length
  }

  #where(host: LedgerHost): string {
    return `seed ${this.#world.seed}, host ${host.index} at ${Math.floor(this.#world.nowMs)} ms`
  }

  onBoot(host: LedgerHost): void {
    this.onEpoch(host)
    this.#word.onBoot(host)
  }

  /** A process starts, or goes on to another epoch: it remembers nothing of what it heard. */
  onEpoch(host: LedgerHost): void {
    this.#heard.set(host, new Map())
    this.#accused.set(host, new Set())
  }

  afterStep(host: LedgerHost, event: ConsensusEvent, effects: readonly ConsensusEffect[]): void {
    if (!host.isHonest) return
    for (const effect of effects) this.#checkEffect(host, effect)
    if (event.kind === 'received' && event.message.kind === 'vote') this.#checkHeard(host, event.message.vote)
    this.#checkBounds(host)
  }

  onSend(host: LedgerHost, message: ConsensusMessage): void {
    if (host.isHonest) this.#word.onSend(host, message, this.#where(host))
  }

  #checkEffect(host: LedgerHost, effect: ConsensusEffect): void {
    switch (effect.kind) {
      case 'commit':
        for (const block of effect.blocks) this.#checkFinal(host, block)
        this.#word.onCommit(host, effect)
        break
      case 'evidence':
        this.#checkEvidence(host, effect.evidence)
        break
      case 'vote':
        this.#word.onVote(host, effect.subject, this.#where(host))
        break
      case 'diverged':
        assert(false, `${effect.why} (${this.#where(host)})`)
        break
      case 'keyUsedElsewhere':
        assert(false, `nobody loses its votes (${this.#where(host)})`)
    }
  }

  /** All honest nodes finalise the same blocks: sound ones, by leaders in their turn. */
  #checkFinal(host: LedgerHost, block: Candidate): void {
    const where = this.#where(host)
    assert(!block.isFiller && this.#world.isValid(block), `only sound blocks are final (${where})`)
    const isInTurn = host.state === undefined || leaderOf(host.state, block.slot) === block.leader
    assert(isInTurn, `only a slot's leader may offer a block (${where})`)
    const known = this.#finalAt[block.height - 1]
    if (known === undefined) {
      assert(block.height === this.#finalAt.length + 1, `heights have no gaps (${where})`)
      this.#finalAt.push(block)
      return
    }
    assert(Buffer.compare(known.hash, block.hash) === 0, `one block is final at height ${block.height} (${where})`)
  }

  /** Only the guilty are convicted, by what they signed. */
  #checkEvidence(host: LedgerHost, evidence: Extract<ConsensusEffect, { kind: 'evidence' }>['evidence']): void {
    const where = this.#where(host)
    const committee = this.#world.committees.of(evidence.first.epoch)
    assert(this.#world.book.convicts(committee, evidence), `evidence proves what it says (${where})`)
    const key = committee.validators[evidence.offender]?.key
    const isGuilty = this.#world.hosts.some((other) => other.key === key && !other.isHonest)
    assert(isGuilty, `nobody honest is convicted (${where})`)
    this.#accused.get(host)?.add(evidence.offender)
    this.convictions += 1
  }

  /** Two votes in conflict that came to a node lead to evidence. */
  #checkHeard(host: LedgerHost, vote: Vote): void {
    const heard = this.#heard.get(host)
    const { state } = host
    if (heard === undefined || state === undefined || vote.voter === state.options.self) return
    const isConvicted = this.#accused.get(host)?.has(vote.voter) === true
    for (const kind of VOTE_KINDS) {
      const earlier = heard.get(`${kind}/${vote.slot}/${vote.voter}`)
      const isMissed = earlier !== undefined && isConflict(earlier, vote) && !isConvicted
      assert(!isMissed, `a conflict is evidence (${this.#where(host)})`)
    }
    const key = `${vote.kind}/${vote.slot}/${vote.voter}`
    if (vote.slot > state.final.slot && !heard.has(key)) heard.set(key, vote)
    if (heard.size > MAX_HEARD) heard.clear()
  }

  /** Nobody makes an honest node keep more than a window of slots. */
  #checkBounds(host: LedgerHost): void {
    const { state } = host
    if (state === undefined) return
    const where = this.#where(host)
    const most = Math.max(0, state.current - state.final.slot) + bounds.slotsAhead + bounds.keptSlots + 1
    assert(state.slots.size <= most, `no more than a window of slots is kept, not ${state.slots.size} (${where})`)
    assert(state.fetches.size <= bounds.fetchesAtOnce, `few bodies are asked for at once (${where})`)
  }
}
