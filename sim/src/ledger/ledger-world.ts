import { createHash } from 'node:crypto'
import { assert, type NodeId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import type { Candidate, ConsensusEffect, ConsensusEvent, ConsensusMessage } from '@borgios/ledger'
import type { Block, Vote, VoteSubject } from '@borgios/protocol'
import { EventQueue } from '../event-queue.ts'
import { Network } from '../network.ts'
import { ACT_MS, type Behaviour, type Place } from './behaviour.ts'
import { copyChain } from './bulk-catch-up.ts'
import { Committees } from './committees.ts'
import { type LedgerCore, trueCore } from './ledger-core.ts'
import { LedgerHost } from './ledger-host.ts'
import { LedgerSafety } from './ledger-safety.ts'
import { SignatureBook } from './signature-book.ts'

export interface LedgerWorldOptions {
  readonly seed: number
  readonly honest: number
  /** One for each Byzantine validator. */
  readonly behaviours: readonly Behaviour[]
  /** Blocks of an epoch. */
  readonly epochBlocks: number
  /** One honest node more than the committee has: in each epoch another one rests. */
  readonly isSwapped: boolean
  readonly isWeighted: boolean
  readonly core?: LedgerCore
  /** Hash everything that happens. */
  readonly trace?: boolean
}

/** Far more than any run needs: a core that talks to itself for ever. */
const MAX_STEPS = 300_000
/** What is in a block does not matter here. */
const HEADER = {} as Block['header']

/** Validators, a network and a clock that all follow from one seed: the shells of the cores, and nothing of their rules. */
export class LedgerWorld {
  readonly hosts: LedgerHost[] = []
  readonly random: SeededRandom
  readonly network: Network
  readonly book: SignatureBook
  readonly committees: Committees
  readonly safety: LedgerSafety
  readonly epochBlocks: number
  readonly seed: number
  nowMs = 0
  steps = 0
  /** That an honest process dies before an effect is carried out. */
  killChance = 0
  readonly #core: LedgerCore
  readonly #queue = new EventQueue()
  readonly #byNode = new Map<NodeId, LedgerHost[]>()
  readonly #invalid = new WeakSet<Candidate>()
  readonly #trace: ReturnType<typeof createHash> | undefined
  #blocks = 0

  constructor(options: LedgerWorldOptions) {
    this.seed = options.seed
    this.random = new SeededRandom(options.seed)
    this.network = new Network(this.random)
    this.epochBlocks = options.epochBlocks
    this.#core = options.core ?? trueCore
    this.book = new SignatureBook(this.#core)
    this.#trace = options.trace === true ? createHash('sha256') : undefined
    this.safety = new LedgerSafety(this)
    const newKeys = (count: number): Uint8Array[] => Array.from({ length: count }, () => this.random.bytes(32))
    const honestKeys = newKeys(options.honest + (options.isSwapped ? 1 : 0))
    const byzantineKeys = newKeys(options.behaviours.length)
    this.committees = new Committees({ ...options, random: this.random, honestKeys, byzantineKeys })
    for (const key of honestKeys) this.#addHost(key, undefined)
    for (const [index, key] of byzantineKeys.entries()) {
      const behaviour = options.behaviours[index]
      this.#addHost(key, behaviour)
      if (behaviour?.isTwin === true) this.#addHost(key, behaviour)
    }
  }

  get honest(): LedgerHost[] {
    return this.hosts.filter((host) => host.isHonest)
  }

  #addHost(key: Uint8Array, behaviour: Behaviour | undefined): void {
    const { random } = this
    const later = (of: LedgerHost, afterMs: number, run: () => void): void => this.#planFor(of, afterMs, run)
    const host = new LedgerHost({ index: this.hosts.length, key, behaviour, random, later })
    this.hosts.push(host)
    this.#byNode.set(host.node, [...(this.#byNode.get(host.node) ?? []), host])
  }

  /** What happened so far, as one hash. Ends the tracing. */
  traceHash(): string {
    return this.#trace?.digest('hex') ?? ''
  }

  plan(afterMs: number, run: () => void): void {
    this.#queue.plan(this.nowMs + afterMs, run)
  }

  #planFor(host: LedgerHost, afterMs: number, run: () => void): void {
    const { life } = host
    this.plan(afterMs, () => {
      if (host.life === life && host.state !== undefined) run()
    })
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs
    for (;;) {
      const next = this.#queue.take(untilMs)
      if (next === undefined) break
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
    }
    this.nowMs = untilMs
  }

  /** Starts a host's process from what its disk holds. */
  boot(host: LedgerHost): void {
    if (host.state !== undefined || host.behaviour?.isSilent === true) return
    const { epoch, final, certificate } = host.disk.store.standing
    const options = this.committees.optionsFor(host.key, epoch)
    host.life += 1
    host.isCatchingUp = false
    host.state = this.#core.recover(options, final, certificate, host.disk.log)
    this.safety.onBoot(host)
    this.give(host, { kind: 'start' })
    this.give(host, { kind: 'work', isWaiting: true })
    if (host.behaviour?.acts !== undefined) this.#planAct(host)
  }

  #planAct(host: LedgerHost): void {
    this.#planFor(host, ACT_MS, () => {
      host.behaviour?.acts?.(this, host)
      this.#planAct(host)
    })
  }

  /** SIGKILL between any two effects. */
  crash(host: LedgerHost): void {
    host.state = undefined
    host.life += 1
    host.isFrozen = false
    host.inbox.length = 0
    host.disk.tear()
  }

  /** Between two effects; it comes back at once, or after a while. */
  #kill(host: LedgerHost): void {
    this.crash(host)
    this.plan(this.random.below(this.random.chance(0.5) ? 50 : 1_000), () => this.boot(host))
  }

  freeze(host: LedgerHost): void {
    host.isFrozen = true
  }

  thaw(host: LedgerHost): void {
    host.isFrozen = false
    for (const event of host.inbox.splice(0)) this.give(host, event)
  }

  /** Hands an event to a host's core, checks what comes of it, and does it. */
  give(host: LedgerHost, event: ConsensusEvent): void {
    const { state } = host
    if (state === undefined) return
    if (host.isFrozen) {
      host.inbox.push(event)
      return
    }
    this.steps += 1
    assert(this.steps < MAX_STEPS, `a world comes to rest (seed ${this.seed})`)
    const effects = this.#core.step(state, event, host.clockMs(this.nowMs))
    this.#trace?.update(`${this.nowMs} ${host.index} ${event.kind} ${effects.map(describe).join()}\n`)
    if (!host.isHonest) state.isMuted = false
    this.safety.afterStep(host, event, effects)
    const { life } = host
    for (const effect of effects) {
      if (host.life !== life) break
      if (host.isHonest && this.random.chance(this.killChance)) this.#kill(host)
      else this.#perform(host, effect)
    }
  }

  #perform(host: LedgerHost, effect: ConsensusEffect): void {
    switch (effect.kind) {
      case 'vote': {
        const vote = this.castVote(host, effect.subject)
        const record = { kind: 'vote', vote } as const
        host.disk.append({ kind: 'record', record }, () => this.give(host, { kind: 'voted', vote }))
        break
      }
      case 'persist':
        host.disk.append({ kind: 'record', record: effect.record })
        break
      case 'send':
        this.safety.onSend(host, effect.message)
        for (const peer of effect.to === 'all' ? this.hosts : (this.#byNode.get(effect.to) ?? [])) {
          if (host.behaviour?.sends?.(this, effect.message, peer) !== false) this.carry(host, peer, effect.message)
        }
        break
      case 'propose':
        if (host.behaviour?.propose !== undefined) host.behaviour.propose(this, host, effect)
        else this.#propose(host, effect)
        break
      case 'execute': {
        const { candidate } = effect
        const event = { kind: 'executed', block: candidate, isOk: this.isValid(candidate) } as const
        this.#planFor(host, this.random.below(3), () => this.give(host, event))
        break
      }
      case 'fetch':
        this.#fetch(host, effect)
        break
      case 'commit':
        host.disk.append({ kind: 'commit', commit: effect }, () => {
          if (effect.blocks.at(-1)?.isLast === true) this.#beginEpoch(host)
        })
        break
      case 'catchUp':
        this.#catchUp(host, effect.peers)
        break
      case 'wake':
        this.#planWake(host, effect.atMs)
    }
  }

  #planWake(host: LedgerHost, atMs: number | undefined): void {
    host.wakes += 1
    const { wakes } = host
    if (atMs === undefined) return
    const afterMs = Math.max(0, (atMs - host.clockMs(this.nowMs)) / host.clockRate) + 0.01
    this.#planFor(host, afterMs, () => {
      if (host.wakes === wakes) this.give(host, { kind: 'tick' })
    })
  }

  #propose(host: LedgerHost, { slot, parent, height, isFiller }: Extract<ConsensusEffect, { kind: 'propose' }>): void {
    const candidate = this.makeCandidate(host, { slot, parent, height, isFiller })
    this.#planFor(host, this.random.below(5), () => {
      const record = { kind: 'candidate', candidate } as const
      host.disk.append({ kind: 'record', record }, () => this.give(host, { kind: 'proposed', candidate }))
    })
  }

  /** A block by this host for a slot of its epoch. */
  makeCandidate(host: LedgerHost, place: Place): Candidate {
    const { slot, parent, height, isFiller } = place
    this.#blocks += 1
    const hash = new Uint8Array(32)
    new DataView(hash.buffer).setUint32(0, this.#blocks)
    hash[4] = 1
    const signature = this.book.sign(host.key, Buffer.from(hash).toString('latin1'))
    const options = host.state?.options
    const candidate: Candidate = {
      epoch: options?.committee.epoch ?? 0,
      slot,
      height,
      hash,
      parent: { slot: parent.slot, hash: parent.hash },
      leader: options?.self ?? 0,
      isLast: !isFiller && height % this.epochBlocks === 0,
      isFiller,
      isEmpty: isFiller,
      block: { header: HEADER, signature, transactions: [] },
    }
    if (place.isInvalid === true) this.#invalid.add(candidate)
    return candidate
  }

  /** Whether it executes: its payload is sound and its state root right. */
  isValid(candidate: Candidate): boolean {
    const isLast = !candidate.isFiller && candidate.height % this.epochBlocks === 0
    return !this.#invalid.has(candidate) && candidate.isLast === isLast
  }

  /** Signs whatever it is told. */
  castVote(host: LedgerHost, subject: VoteSubject): Vote {
    return { ...subject, voter: host.state?.options.self ?? 0, signature: this.book.signVote(host.key, subject) }
  }

  /** One message on its way, if the network lets it. */
  carry(host: LedgerHost, peer: LedgerHost, message: ConsensusMessage): void {
    if (peer === host || peer.behaviour?.isSilent === true) return
    for (const atMs of this.network.arrivalsMs(host.index, peer.index, this.nowMs)) {
      this.#queue.plan(atMs, () => {
        if (!this.network.isCut(host.index, peer.index)) this.deliver(host, peer, message)
      })
    }
  }

  /** What a shell does with what arrives: a look whether it is of use, then at the signatures, then the core. */
  deliver(from: LedgerHost, host: LedgerHost, message: ConsensusMessage): void {
    const { state } = host
    if (state === undefined) return
    host.behaviour?.hears?.(this, host, message)
    const { committee, self } = state.options
    if (message.kind !== 'status') {
      const about =
        message.kind === 'vote' ? message.vote : message.kind === 'candidate' ? message.candidate : message.certificate
      if (about.epoch > committee.epoch) {
        this.give(host, { kind: 'peerAhead', from: from.node, epoch: about.epoch })
        return
      }
      if (!host.isHonest && message.kind === 'vote' && message.vote.voter === self) return
      if (!this.#core.isWanted(state, message) || !this.book.isSound(committee, message)) return
    }
    this.give(host, { kind: 'received', from: from.node, message })
  }

  /** A question to one peer and its answer, both of which may be lost. */
  #ask(host: LedgerHost, peer: LedgerHost, answer: () => void, failed: () => void): void {
    const isLost = this.random.chance(this.network.weather.drop)
    const roundTripMs = this.network.delayMs() + this.network.delayMs()
    this.#planFor(host, roundTripMs, () => {
      const isCut = this.network.isCut(host.index, peer.index) || this.network.isCut(peer.index, host.index)
      if (isLost || isCut || peer.state === undefined || peer.isFrozen || peer.behaviour?.withholds === true) failed()
      else answer()
    })
  }

  #fetch(host: LedgerHost, { block, holders, attempt }: Extract<ConsensusEffect, { kind: 'fetch' }>): void {
    const validators = host.state?.options.committee.validators ?? []
    const keys = holders.map((position) => validators[position]?.key)
    const known = this.hosts.filter((other) => other.key !== host.key && keys.includes(other.key))
    const peers = known.length > 0 ? known : this.hosts.filter((other) => other !== host)
    const peer = peers[(attempt + host.index) % peers.length]
    if (peer === undefined) return
    const answer = (): void => {
      const candidate = peer.find(block)
      if (candidate !== undefined) this.deliver(peer, host, { kind: 'candidate', candidate })
    }
    this.#ask(host, peer, answer, () => {})
  }

  #catchUp(host: LedgerHost, claimed: readonly NodeId[]): void {
    if (host.isCatchingUp) return
    const others = this.hosts.filter((other) => other !== host)
    const peer = this.random.pick(others.filter(({ node }) => claimed.includes(node))) ?? this.random.pick(others)
    if (peer === undefined) return
    host.isCatchingUp = true
    const stop = (): void => {
      host.isCatchingUp = false
    }
    const answer = (): void => {
      const copied = copyChain(this, host, peer)
      if (copied === undefined) stop()
      else host.disk.append({ kind: 'commit', commit: copied }, () => this.#onCopied(host))
    }
    this.#ask(host, peer, answer, stop)
  }

  #onCopied(host: LedgerHost): void {
    host.isCatchingUp = false
    const { state } = host
    const { epoch, final, certificate } = host.disk.store.standing
    if (state === undefined) return
    if (epoch > state.options.committee.epoch) this.#beginEpoch(host)
    else if (certificate !== undefined) this.give(host, { kind: 'caughtUp', final, isLast: false, certificate })
  }

  #beginEpoch(host: LedgerHost): void {
    const { epoch, final, certificate } = host.disk.store.standing
    const options = this.committees.optionsFor(host.key, epoch)
    this.safety.onEpoch(host)
    this.give(host, { kind: 'epochBegan', options, final, certificate })
  }
}

function describe(effect: ConsensusEffect): string {
  if (effect.kind === 'vote') return `${effect.subject.kind}${effect.subject.slot}`
  if (effect.kind === 'send') return effect.message.kind
  if (effect.kind === 'commit') return `commit${effect.certificate.slot}`
  return effect.kind
}
