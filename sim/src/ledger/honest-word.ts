import { assert } from '@borgios/core'
import type { Candidate, ConsensusEffect, ConsensusMessage } from '@borgios/ledger'
import { type BlockRef, type Committee, noBlock, type Vote, type VoteSubject } from '@borgios/protocol'
import type { LedgerHost } from './ledger-host.ts'
import type { WatchedLedger } from './watched-ledger.ts'

const keyOf = (hash: Uint8Array): string => Buffer.from(hash).toString('latin1')

/** What an honest validator has said of one slot, in all its lives. */
interface Said {
  offered?: string
  notar?: string
  final?: string
  isSkipped?: boolean
}

/** What honest validators say keeps the rules by which all agree. Judged by what was really signed, not by what their cores believe. */
export class HonestWord {
  readonly #world: WatchedLedger
  readonly #said = new Map<string, Said>()
  readonly #closed = new Map<LedgerHost, { readonly epoch: number; readonly slot: number }>()

  constructor(world: WatchedLedger) {
    this.#world = world
  }

  onCommit(host: LedgerHost, { certificate }: Extract<ConsensusEffect, { kind: 'commit' }>): void {
    this.#closed.set(host, certificate)
  }

  /** A process starts: what was final but not durable may be open again. What it said then still stands in its log. */
  onBoot(host: LedgerHost): void {
    this.#closed.delete(host)
  }

  /** Nobody votes on what is closed, or without the certificates that allow it. */
  onVote(host: LedgerHost, subject: VoteSubject, where: string): void {
    const { epoch, slot, block } = subject
    const closed = this.#closed.get(host)
    const isOpen = closed === undefined || epoch > closed.epoch || (epoch === closed.epoch && slot > closed.slot)
    assert(isOpen, `slot ${slot} is closed (${where})`)
    if (subject.kind === 'final') {
      assert(this.#isCertified({ ...subject, kind: 'notar' }), `only what is notarised may be made final (${where})`)
    } else if (subject.kind === 'notar') {
      const candidate = host.find({ slot, hash: block })
      assert(candidate !== undefined && this.#world.isValid(candidate), `only sound blocks are notarised (${where})`)
      this.#checkPlace(host, candidate, where)
    }
  }

  /** The parent is notarised or final, and what lies between is skipped. */
  #checkPlace(host: LedgerHost, { epoch, slot, parent, height, isFiller }: Candidate, where: string): void {
    const final = host.state?.final
    const above = parent.slot < 0 ? undefined : host.find(parent)
    const isAtEnd = above !== undefined && (above.isLast || above.isFiller)
    const fits = isFiller === isAtEnd && (above === undefined || height === above.height + 1)
    assert(fits, `heights rise by one, and an epoch ends with fillers only (${where})`)
    const isOnFinal = final?.slot === parent.slot && keyOf(final.hash) === keyOf(parent.hash)
    const isProven = isOnFinal || this.#isCertified({ kind: 'notar', epoch, slot: parent.slot, block: parent.hash })
    assert(isProven, `a parent is notarised (${where})`)
    for (let gap = parent.slot + 1; gap < slot; gap += 1) {
      const isSkipped = this.#isCertified({ kind: 'skip', epoch, slot: gap, block: noBlock() })
      assert(isSkipped, `what lies between parent and block is skipped (${where})`)
    }
  }

  #isCertified(subject: VoteSubject): boolean {
    const committee: Committee = this.#world.committees.of(subject.epoch)
    return this.#world.book.isCertified(committee, subject)
  }

  /** What is said does not conflict, over all restarts, and is durable before. */
  onSend(host: LedgerHost, message: ConsensusMessage, where: string): void {
    const self = host.state?.options.self
    if (message.kind === 'vote') {
      assert(message.vote.voter === self, `only own votes are sent (${where})`)
      this.#checkVote(host, message.vote, where)
    } else if (message.kind === 'candidate' && message.candidate.leader === self) {
      const said = this.#saidOf(host, message.candidate)
      const key = keyOf(message.candidate.hash)
      assert((said.offered ?? key) === key, `one block is offered in slot ${message.candidate.slot} (${where})`)
      said.offered = key
    }
  }

  #saidOf(host: LedgerHost, { epoch, slot }: { readonly epoch: number } & Pick<BlockRef, 'slot'>): Said {
    const key = `${host.index}/${epoch}/${slot}`
    const said = this.#said.get(key) ?? {}
    this.#said.set(key, said)
    return said
  }

  #checkVote(host: LedgerHost, vote: Vote, where: string): void {
    const isDurable = host.disk.log.some((record) => record.kind === 'vote' && record.vote === vote)
    const { epoch, final } = host.disk.store.standing
    const isClosed = epoch > vote.epoch || (epoch === vote.epoch && final.slot >= vote.slot)
    assert(isDurable || isClosed, `a vote is durable before it is said (${where})`)
    const said = this.#saidOf(host, vote)
    const block = keyOf(vote.block)
    if (vote.kind === 'skip') said.isSkipped = true
    else {
      assert((said[vote.kind] ?? block) === block, `one ${vote.kind} vote in slot ${vote.slot} (${where})`)
      said[vote.kind] = block
    }
    const isBoth = said.isSkipped === true && said.final !== undefined
    assert(!isBoth, `never both skip and final in slot ${vote.slot} (${where})`)
  }
}
