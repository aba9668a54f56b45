import { assert, limits } from '@borgios/core'
import { type Candidate, type ConsensusEffect, type ConsensusEvent, type ConsensusMessage, isConflict } from '@borgios/ledger'
import type { Vote } from '@borgios/protocol'
import type { LedgerHost } from './ledger-host.ts'
import type { LedgerWorld } from './ledger-world.ts'

const bounds = limits.ledgerConsensus

const keyOf = (hash: Uint8Array): string => Buffer.from(hash).toString('latin1')

/** What an honest validator has said of one slot, in all its lives. */
interface Said {
  notar?: string
  final?: string
  isSkipped?: boolean
}

/** What must hold after every step of every honest node, whatever the others do. Throws what is broken. */
export class LedgerSafety {
  readonly #world: LedgerWorld
  readonly #finalAt: Candidate[] = []
  readonly #said = new Map<string, Said>()
  readonly #heard = new Map<LedgerHost, Map<string, Vote>>()
  readonly #accused = new Map<LedgerHost, Set<number>>()
  /** Offenders convicted by anybody. */
  evidences = 0

  constructor(world: LedgerWorld) {
    this.#world = world
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
  }

  onEpoch(host: LedgerHost): void {
    this.#heard.set(host, new Map())
    this.#accused.set(host, new Set())
  }

  afterStep(host: LedgerHost, event: ConsensusEvent, effects: readonly ConsensusEffect[]): void {
    if (!host.isHonest) return
    for (const effect of effects) {
      if (effect.kind === 'commit') for (const block of effect.blocks) this.#checkFinal(host, block)
      else if (effect.kind === 'evidence') this.#checkEvidence(host, effect.evidence)
      else if (effect.kind === 'vote') this.#checkVote(host, effect.subject.epoch, effect.subject.slot)
      else if (effect.kind === 'diverged') assert(false, `${effect.why} (${this.#where(host)})`)
      else if (effect.kind === 'keyUsedElsewhere') assert(false, `a vote that nobody cast (${this.#where(host)})`)
    }
    if (event.kind === 'received' && event.message.kind === 'vote') this.#checkHeard(host, event.message.vote)
    this.#checkBounds(host)
  }

  /** All honest nodes finalise the same blocks, and only such as execute. */
  #checkFinal(host: LedgerHost, block: Candidate): void {
    const known = this.#finalAt[block.height - 1]
    const where = this.#where(host)
    assert(!block.isFiller && this.#world.isValid(block), `only sound blocks are final (${where})`)
    if (known === undefined) {
      assert(block.height === this.#finalAt.length + 1, `heights have no gaps (${where})`)
      this.#finalAt.push(block)
    } else assert(keyOf(known.hash) === keyOf(block.hash), `one block is final at height ${block.height} (${where})`)
  }

  /** Nobody votes again on what its own durable chain has closed. */
  #checkVote(host: LedgerHost, epoch: number, slot: number): void {
    const { standing } = host.disk.store
    const isOpen = epoch > standing.epoch || (epoch === standing.epoch && slot > standing.final.slot)
    assert(isOpen, `slot ${slot} is closed (${this.#where(host)})`)
  }

  /** What honest validators say does not conflict, over all restarts. */
  onSend(host: LedgerHost, message: ConsensusMessage): void {
    if (!host.isHonest || message.kind !== 'vote') return
    const { vote } = message
    const where = this.#where(host)
    assert(vote.voter === host.state?.options.self, `only own votes are sent (${where})`)
    const isDurable = host.disk.log.some((record) => record.kind === 'vote' && record.vote === vote)
    const { standing } = host.disk.store
    const isClosed = standing.epoch > vote.epoch || (standing.epoch === vote.epoch && standing.final.slot >= vote.slot)
    assert(isDurable || isClosed, `a vote is durable before it is said (${where})`)
    const key = `${host.index}/${vote.epoch}/${vote.slot}`
    const said = this.#said.get(key) ?? {}
    this.#said.set(key, said)
    const block = keyOf(vote.block)
    if (vote.kind === 'skip') said.isSkipped = true
    else {
      assert((said[vote.kind] ?? block) === block, `one ${vote.kind} vote in slot ${vote.slot} (${where})`)
      said[vote.kind] = block
    }
    const isBoth = said.isSkipped === true && said.final !== undefined
    assert(!isBoth, `never both skip and final in slot ${vote.slot} (${where})`)
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
    this.evidences += 1
  }

  /** Two votes in conflict that came to a node lead to evidence. */
  #checkHeard(host: LedgerHost, vote: Vote): void {
    const heard = this.#heard.get(host)
    const { state } = host
    if (heard === undefined || state === undefined || vote.voter === state.options.self) return
    for (const kind of ['notar', 'skip', 'final'] as const) {
      const earlier = heard.get(`${kind}/${vote.slot}/${vote.voter}`)
      const isConvicted = this.#accused.get(host)?.has(vote.voter) === true
      const isMissed = earlier !== undefined && isConflict(earlier, vote) && !isConvicted
      assert(!isMissed, `a conflict is evidence (${this.#where(host)})`)
    }
    const key = `${vote.kind}/${vote.slot}/${vote.voter}`
    if (vote.slot > state.final.slot && !heard.has(key)) heard.set(key, vote)
    if (heard.size > 4_096) heard.clear()
  }

  /** Nobody makes an honest node keep more than a window of slots. */
  #checkBounds(host: LedgerHost): void {
    const { state } = host
    if (state === undefined) return
    const open = Math.max(0, state.current - state.final.slot)
    const most = open + bounds.slotsAhead + bounds.keptSlots + 1
    assert(state.slots.size <= most, `${state.slots.size} slots are kept (${this.#where(host)})`)
    assert(state.fetches.size <= bounds.fetchesAtOnce, `${state.fetches.size} bodies are asked for`)
  }
}
