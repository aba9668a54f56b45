import { assert, type CancelTimer, type Clock, type Logger, messageOf, NodeId, type Timers } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import { type Certificate, compareBytes } from '@borgios/protocol'
import { type Candidate, type FinalBlock, isSameHash } from '../consensus/candidate.ts'
import type { ConsensusEffect, ConsensusEvent, ConsensusRecord } from '../consensus/consensus-io.ts'
import type { ConsensusState } from '../consensus/consensus-state.ts'
import type { EpochOptions, Timing } from '../consensus/epoch-options.ts'
import { recover } from '../consensus/recover.ts'
import { step } from '../consensus/step.ts'
import type { Frame } from '../links/frames.ts'
import type { ValidatorLinks } from '../links/validator-links.ts'
import type { Chain } from './chain.ts'
import type {
  BlockArchive,
  ConsensusLog,
  EngineListener,
  FinalGroup,
  StateArrival,
  TransactionSource,
} from './engine-ports.ts'
import { type EpochRules, epochProofAfter, epochProofOf, rulesAt } from './epoch-rules.ts'
import { Inbox } from './inbox.ts'
import { fetchFrame, frameOf } from './message-codec.ts'

export interface EngineOptions {
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly timing: Timing
}

export interface EngineModules {
  readonly chain: Chain
  readonly links: Pick<ValidatorLinks, 'send' | 'sendToAll' | 'setPeers'>
  readonly log: ConsensusLog
  readonly archive: BlockArchive
  readonly transactions: TransactionSource
  readonly listener: EngineListener
  /** The node's key, which votes when the node is in the committee. */
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** Where the chain stands when the engine starts. */
export interface EngineStart {
  readonly final: FinalBlock
  readonly certificate: Certificate | undefined
  /** What stands in the log. */
  readonly records: Iterable<ConsensusRecord>
}

/** What the core is told, and what came beside it. */
type EngineEvent =
  | ConsensusEvent
  | { readonly kind: 'groupArrived'; readonly group: FinalGroup }
  | { readonly kind: 'stateArrived'; readonly arrival: StateArrival }

type Effect<Kind extends ConsensusEffect['kind']> = Extract<ConsensusEffect, { kind: Kind }>

/**
 * The shell around the core of consensus: feeds it what happens, does what it asks for, and says nothing before what must not be forgotten
 * is durable. Steps are taken one after another; what comes meanwhile waits, so that one sync of the log serves many.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #modules: EngineModules
  readonly #state: ConsensusState
  readonly #inbox: Inbox
  readonly #events: EngineEvent[] = []
  /** Done once the log is durable. */
  #afterSync: (() => void)[] = []
  #isLogDirty = false
  /** The epoch's last block must be durable before the next epoch begins. */
  #isEpochOver = false
  #rules: EpochRules
  #isStopped = false
  #running: Promise<void> | undefined
  #cancelWake: CancelTimer | undefined

  constructor(options: EngineOptions, { final, certificate, records }: EngineStart, modules: EngineModules) {
    this.#options = options
    this.#modules = modules
    this.#rules = rulesAt(modules.chain, options.network, modules.ed25519)
    this.#state = recover(this.#epochOptions(), final, certificate, records)
    this.#inbox = new Inbox(this.#state, this.#rules, modules)
    this.#connect()
  }

  /** For people and tests. */
  get state(): Readonly<ConsensusState> {
    return this.#state
  }

  /** See {@link Inbox.clockOffMs}. */
  get clockOffMs(): number | undefined {
    return this.#inbox.clockOffMs
  }

  get rules(): EpochRules {
    return this.#rules
  }

  start(): void {
    this.#post({ kind: 'start' })
    this.workChanged()
  }

  /** Says nothing from now on; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelWake?.()
    this.#modules.links.setPeers([])
    await this.#running
  }

  /** To be told whenever transactions come to wait, or none does any more. */
  workChanged(): void {
    const { isWaiting } = this.#modules.transactions
    if (isWaiting !== (this.#state.workSinceMs !== undefined)) this.#post({ kind: 'work', isWaiting })
  }

  /** What a validator said. Resolves when it was dealt with. Throws PROTOCOL_MALFORMED, LEDGER_FALSE_FRAME. */
  async onFrames(from: NodeId, frames: readonly Frame[]): Promise<void> {
    for (const frame of frames) {
      const event = this.#inbox.read(from, frame)
      if (event !== undefined) this.#post(event)
    }
    await this.#running
  }

  /**
   * Blocks of the epoch under way that were got in bulk, executed, and are final by a certificate that was checked. Resolves once they are
   * final here too, or nothing can be any more.
   */
  async catchUp(group: FinalGroup): Promise<void> {
    this.#post({ kind: 'groupArrived', group })
    await this.#running
  }

  /** This node can take no part any more. */
  halt(why: string): void {
    this.#isStopped = true
    this.#cancelWake?.()
    this.#modules.logger.error('the ledger stopped on this node', { why })
    this.#modules.listener.onHalted(why)
  }

  /** The state after a final block. Resolves once the chain goes on from there, or came past it by itself. */
  async adopt(arrival: StateArrival): Promise<void> {
    this.#post({ kind: 'stateArrived', arrival })
    await this.#running
  }

  #post(event: EngineEvent): void {
    if (this.#isStopped) return
    this.#events.push(event)
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    try {
      // Events of one turn of the event loop share one sync.
      await Promise.resolve()
      while (this.#events.length > 0 && !this.#isStopped) {
        for (const event of this.#events.splice(0)) {
          if (event.kind === 'stateArrived') await this.#takeState(event.arrival)
          else this.#take(event)
        }
        if (this.#isLogDirty) await this.#sync()
      }
    } catch (error) {
      this.halt(messageOf(error))
    } finally {
      this.#running = undefined
    }
  }

  #take(event: Exclude<EngineEvent, { kind: 'stateArrived' }>): void {
    if (this.#isStopped) return
    if (event.kind === 'groupArrived') {
      this.#takeGroup(event.group)
      return
    }
    for (const effect of step(this.#state, event, this.#modules.clock.monotonicMs())) this.#perform(effect)
  }

  #takeGroup(group: FinalGroup): void {
    const last = group.blocks.at(-1)
    if (last === undefined || last.height <= this.#modules.chain.point.height) return
    this.#finalize(group)
    const { slot, hash, height, isLast } = last
    this.#take({ kind: 'caughtUp', final: { slot, hash, height }, isLast, certificate: group.certificate })
    if (isLast) this.#beginEpoch(last, group.certificate)
  }

  async #takeState({ height, proof, install }: StateArrival): Promise<void> {
    const { archive, chain, listener } = this.#modules
    const { certificate, headers } = proof
    // What was said or begun before belongs to where the chain was.
    if (this.#isLogDirty) await this.#sync()
    if (this.#isStopped || height <= chain.point.height) return
    await install()
    chain.reset()
    if (headers[0]?.seal !== undefined) archive.appendEpoch(epochProofAfter(proof, chain))
    listener.onStateArrived()
    const { epoch } = this.#rules.committee
    this.#setRules()
    const isNewEpoch = this.#rules.committee.epoch > epoch
    const slot = certificate.epoch === this.#rules.committee.epoch ? certificate.slot : -1
    const final = { slot, hash: chain.point.block, height }
    if (isNewEpoch) this.#take({ kind: 'epochBegan', options: this.#epochOptions(), final, certificate })
    else this.#take({ kind: 'caughtUp', final, isLast: false, certificate })
    this.workChanged()
  }

  #setRules(): void {
    this.#rules = rulesAt(this.#modules.chain, this.#options.network, this.#modules.ed25519)
    this.#inbox.setRules(this.#rules)
    this.#connect()
  }

  async #sync(): Promise<void> {
    const done = this.#afterSync
    this.#afterSync = []
    this.#isLogDirty = false
    await this.#modules.log.sync()
    if (this.#isEpochOver) await this.#modules.archive.sync()
    this.#isEpochOver = false
    for (const action of done) action()
  }

  #append(record: ConsensusRecord): void {
    this.#modules.log.append(record)
    this.#isLogDirty = true
  }

  #perform(effect: ConsensusEffect): void {
    switch (effect.kind) {
      case 'vote':
        this.#vote(effect)
        break
      case 'persist':
        this.#append(effect.record)
        break
      case 'send':
        this.#send(effect)
        break
      case 'propose':
        this.#propose(effect)
        break
      case 'execute':
        this.#execute(effect.candidate)
        break
      case 'fetch':
        this.#fetch(effect)
        break
      case 'commit':
        this.#commit(effect)
        break
      case 'evidence':
        this.#accuse(effect.evidence)
        break
      case 'catchUp':
        this.#modules.listener.onCatchUp(effect)
        break
      case 'diverged':
        this.halt(effect.why)
        break
      case 'keyUsedElsewhere':
        this.#modules.logger.error(
          'votes by the key of this node are about that are not in its journal: it is silent in this epoch',
        )
        break
      case 'wake':
        this.#wake(effect.atMs)
    }
  }

  #accuse(evidence: Effect<'evidence'>['evidence']): void {
    const { listener, logger } = this.#modules
    const key = this.#rules.committee.validators[evidence.offender]?.key
    if (key === undefined) return
    logger.warn('a validator contradicted itself', { node: NodeId.fromBytes(key), by: evidence.kind })
    listener.onEvidence(evidence, key)
  }

  #send({ to, message }: Effect<'send'>): void {
    const { links } = this.#modules
    if (to === 'all') links.sendToAll(frameOf(message))
    else links.send(to, frameOf(message))
  }

  #vote({ subject }: Effect<'vote'>): void {
    const { self } = this.#state.options
    if (self === undefined) return
    const vote = this.#rules.signVote(this.#modules.signer, self, subject)
    this.#append({ kind: 'vote', vote })
    this.#afterSync.push(() => this.#post({ kind: 'voted', vote }))
  }

  #propose({ slot, parent, height, isFiller }: Effect<'propose'>): void {
    const { chain, clock, signer, transactions } = this.#modules
    const { self: leader } = this.#state.options
    if (leader === undefined || !chain.canCarry(parent.hash, isFiller)) return
    const { epoch } = this.#rules.committee
    const plan = { epoch, slot, height, parent, leader, nowMs: clock.nowMs(), isFiller }
    const made = chain.make(plan, isFiller ? [] : transactions.select(height, parent.hash))
    transactions.leftOut(made.leftOut)
    const candidate = this.#rules.candidateOf(this.#rules.signBlock(signer, made.header, made.transactions))
    if (candidate === undefined) {
      this.halt('a block made here does not belong to its epoch')
      return
    }
    this.#append({ kind: 'candidate', candidate })
    this.#afterSync.push(() => this.#post({ kind: 'proposed', candidate }))
  }

  #execute(candidate: Candidate): void {
    const { chain, logger } = this.#modules
    // The chain may have been brought past it meanwhile.
    if (!chain.canCarry(candidate.parent.hash, candidate.isFiller)) return
    const { isOk, why } = chain.accepts(candidate)
    if (!isOk) logger.warn('a leader proposed a block that does not stand', { height: candidate.height, why })
    this.#post({ kind: 'executed', block: { slot: candidate.slot, hash: candidate.hash }, isOk })
  }

  #fetch({ block, holders, attempt }: Effect<'fetch'>): void {
    const { validators, epoch } = this.#rules.committee
    const { self } = this.#state.options
    const asked = (holders.length > 0 ? holders : [...validators.keys()]).filter((position) => position !== self)
    const key = validators[asked[attempt % asked.length] ?? -1]?.key
    if (key !== undefined) this.#modules.links.send(NodeId.fromBytes(key), fetchFrame(epoch, block))
  }

  #commit(group: Effect<'commit'>): void {
    this.#finalize(group)
    const last = group.blocks.at(-1)
    if (last?.isLast === true) this.#beginEpoch(last, group.certificate)
  }

  /** Those of the group that are not final here yet become so. */
  #finalize({ blocks, fillers, certificate }: FinalGroup): void {
    const { archive, chain, listener } = this.#modules
    const fresh = blocks.filter(({ height }) => height > chain.point.height)
    if (fresh.length === 0) return
    assert(
      fresh.every(({ hash, isFiller }) => chain.isExecuted(hash) && !isFiller),
      'final blocks are executed ones',
    )
    archive.append({ blocks: fresh, fillers, certificate })
    for (const candidate of fresh) {
      const outcome = chain.finalize(candidate)
      const { header, transactions } = candidate.block
      if (candidate.isLast) archive.appendEpoch(epochProofOf(candidate, { fillers, certificate }, chain))
      listener.onFinal({ header, hash: candidate.hash, transactions, ...outcome })
    }
    this.workChanged()
  }

  #beginEpoch({ hash, height }: Candidate, certificate: Certificate): void {
    this.#isEpochOver = true
    this.#isLogDirty = true
    this.#afterSync.push(() => {
      if (!isSameHash(this.#modules.chain.point.block, hash)) return
      this.#setRules()
      const final = { slot: -1, hash, height }
      this.#post({ kind: 'epochBegan', options: this.#epochOptions(), final, certificate })
    })
  }

  #epochOptions(): EpochOptions {
    const { committee } = this.#rules
    const { publicKey } = this.#modules.signer
    const position = committee.validators.findIndex(({ key }) => compareBytes(key, publicKey) === 0)
    const self = position < 0 ? undefined : position
    return { committee, beacon: this.#modules.chain.record.beacon, self, timing: this.#options.timing }
  }

  #connect(): void {
    const { signer, links } = this.#modules
    const { validators } = this.#rules.committee
    const others = validators.filter(({ key }) => compareBytes(key, signer.publicKey) !== 0)
    // Who only follows hears of final blocks over the tree.
    const isFollower = others.length === validators.length
    links.setPeers(isFollower ? [] : others.map(({ key }) => NodeId.fromBytes(key)))
  }

  #wake(atMs: number | undefined): void {
    this.#cancelWake?.()
    if (atMs === undefined) return
    const { clock, timers } = this.#modules
    this.#cancelWake = timers.after(Math.max(0, atMs - clock.monotonicMs()), () => {
      // Timers may fire a moment early.
      if (clock.monotonicMs() < atMs) this.#wake(atMs)
      else this.#post({ kind: 'tick' })
    })
  }
}
