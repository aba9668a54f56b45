import assert from 'node:assert/strict'
import { NodeId } from '@borgios/core'
import {
  type BlockRef,
  type Certificate,
  noBlock,
  quorumOf,
  type Vote,
  type VoteKind,
  type VoteSubject,
} from '@borgios/protocol'
import type { Candidate, FinalBlock } from '../../src/consensus/candidate.ts'
import type {
  ConsensusEffect,
  ConsensusEvent,
  ConsensusMessage,
  ConsensusRecord,
} from '../../src/consensus/consensus-io.ts'
import { type ConsensusState, leaderOf } from '../../src/consensus/consensus-state.ts'
import type { EpochOptions, Timing } from '../../src/consensus/epoch-options.ts'
import { leaderSchedule } from '../../src/consensus/leader-schedule.ts'
import { recover } from '../../src/consensus/recover.ts'
import { step } from '../../src/consensus/step.ts'

export type Effect<Kind extends ConsensusEffect['kind']> = Extract<ConsensusEffect, { kind: Kind }>

export const TIMING: Timing = {
  skipMs: 1_000,
  skipGrowth: 2,
  maxSkipMs: 5_000,
  idleMs: 4_000,
  settleMs: 300,
  standstillMs: 600,
}

export const GENESIS: FinalBlock = { slot: -1, height: 0, hash: new Uint8Array(32) }
export const PEER = NodeId.fromBytes(new Uint8Array(32).fill(9))

/** Four validators unless said otherwise, of equal weight. */
export const epochOptions = (self: number | undefined, epoch = 0, validators = 4): EpochOptions => ({
  committee: {
    epoch,
    validators: Array.from({ length: validators }, (_, index) => ({ key: new Uint8Array(32).fill(index), weight: 1 })),
  },
  beacon: new Uint8Array(32).fill(7),
  self,
  timing: TIMING,
})

/** One core on its own: the test plays shell, network and all other validators. */
export class ConsensusDesk {
  readonly state: ConsensusState
  readonly options: EpochOptions
  nowMs = 0
  /** All effects since the last look. */
  #effects: ConsensusEffect[] = []
  #hashes = 0

  constructor(
    options: EpochOptions,
    {
      final = GENESIS,
      certificate,
      records = [],
    }: { final?: FinalBlock; certificate?: Certificate; records?: ConsensusRecord[] } = {},
  ) {
    this.options = options
    this.state = recover(options, final, certificate, records)
  }

  give(event: ConsensusEvent): this {
    this.#effects.push(...step(this.state, event, this.nowMs))
    return this
  }

  start(): this {
    return this.give({ kind: 'start' }).give({ kind: 'work', isWaiting: true })
  }

  receive(message: ConsensusMessage): this {
    return this.give({ kind: 'received', from: PEER, message })
  }

  /** Lets time pass, and tells. */
  wait(forMs: number): this {
    this.nowMs += forMs
    return this.give({ kind: 'tick' })
  }

  /** What was asked for since the last look, of one kind. */
  take<Kind extends ConsensusEffect['kind']>(kind: Kind): Effect<Kind>[] {
    const found = this.#effects.filter((effect): effect is Effect<Kind> => effect.kind === kind)
    this.#effects = this.#effects.filter((effect) => effect.kind !== kind)
    return found
  }

  /** Kinds of the votes asked for, with their slots: `notar 3`. */
  votes(): string[] {
    return this.take('vote').map(({ subject }) => `${subject.kind} ${subject.slot}`)
  }

  /** Executes whatever waits for it. */
  execute(isOk = true): this {
    for (let asked = this.take('execute'); asked.length > 0; asked = this.take('execute')) {
      for (const { candidate } of asked) this.give({ kind: 'executed', block: candidate, isOk })
    }
    return this
  }

  candidate(slot: number, parent: FinalBlock | Candidate, more: Partial<Candidate> = {}): Candidate {
    this.#hashes += 1
    const hash = new Uint8Array(32).fill(this.#hashes)
    return {
      epoch: this.options.committee.epoch,
      slot,
      height: parent.height + 1,
      hash,
      parent: { slot: parent.slot, hash: parent.hash },
      leader: leaderOf(this.state, slot),
      isLast: false,
      isFiller: false,
      isEmpty: false,
      block: { header: {} as Candidate['block']['header'], signature: new Uint8Array(64), transactions: [] },
      ...more,
    }
  }

  subject(kind: VoteKind, { slot, hash }: BlockRef): VoteSubject {
    return { kind, epoch: this.options.committee.epoch, slot, block: kind === 'skip' ? noBlock() : hash }
  }

  vote(voter: number, kind: VoteKind, block: BlockRef): Vote {
    return { ...this.subject(kind, block), voter, signature: new Uint8Array(64) }
  }

  certificate(kind: VoteKind, block: BlockRef): Certificate {
    const { self, committee } = this.options
    const others = committee.validators.map((_, voter) => voter).filter((voter) => voter !== self)
    const votes = others
      .slice(0, quorumOf(committee.validators.length))
      .map((voter) => ({ voter, signature: new Uint8Array(64) }))
    assert(votes.length >= quorumOf(committee.validators.length), 'the others are a quorum')
    return { ...this.subject(kind, block), votes }
  }

  hearCandidate(candidate: Candidate): this {
    return this.receive({ kind: 'candidate', candidate })
  }

  hearVote(voter: number, kind: VoteKind, block: BlockRef): this {
    return this.receive({ kind: 'vote', vote: this.vote(voter, kind, block) })
  }

  hearCertificate(kind: VoteKind, block: BlockRef): this {
    return this.receive({ kind: 'certificate', certificate: this.certificate(kind, block) })
  }
}

/** A slot without a block, as votes to skip it name it. */
export const slotOnly = (slot: number): BlockRef => ({ slot, hash: noBlock() })

/** Who leads slot 3 of epoch 0: in slots 0 to 2 somebody else does. */
export const LEADER_OF_3 = leaderSchedule(new Uint8Array(32).fill(7), 0, 4)[3]

/** A validator in epoch 0 that leads slot 3, started, with work waiting. */
export const startedDesk = (): ConsensusDesk => new ConsensusDesk(epochOptions(LEADER_OF_3)).start()
