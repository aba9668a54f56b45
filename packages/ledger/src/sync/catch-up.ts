import { type Clock, isBorgError, type Logger, limits, messageOf, type NodeId } from '@borgios/core'
import type { BlocksRequest } from '@borgios/protocol'
import { type Candidate, isSameHash } from '../consensus/candidate.ts'
import type { Chain } from '../engine/chain.ts'
import type { Engine } from '../engine/engine.ts'
import type { CatchUpRequest } from '../engine/engine-ports.ts'
import { badSyncMessage, chainDiverged } from '../errors.ts'
import { type BlockClientModules, type BlockSource, fetchBlocks } from './block-client.ts'
import { candidateOf, checkProof } from './check-group.ts'
import { StateClient, type StateStore } from './state-client.ts'
import { isTooLongAway, type Trust } from './trusted-place.ts'

const bounds = limits.ledgerSync

export interface CatchUpModules extends BlockClientModules {
  readonly chain: Chain
  readonly engine: Pick<Engine, 'rules' | 'catchUp' | 'halt' | 'adopt'>
  readonly trust: Trust
  readonly store: StateStore
  readonly logger: Logger
  /** Called when this node was away for too long to believe anybody, with what to do. */
  readonly onTooLongAway: (why: string) => void
}

/** What one round is about. */
interface Round {
  readonly peers: readonly NodeId[]
  /** Those of them that claim to be further. */
  readonly claimants: ReadonlySet<NodeId>
  /** Height that is claimed; undefined where nobody said one. */
  readonly target: number | undefined
}

/**
 * Brings the chain up to the others' in bulk: final blocks of one peer after another, each group checked before anything of it is executed.
 * Validators have their turn whatever others claim, and a claim that came to nothing is not followed again for a while.
 */
export class CatchUp {
  readonly #modules: CatchUpModules
  readonly #stopped = new AbortController()
  readonly #doubts: Doubts
  readonly #states: StateClient
  #running: Promise<void> | undefined
  /** What was claimed last while a round was under way. */
  #heard: { readonly claimant: NodeId; readonly height: number } | undefined
  #nextPeer = 0

  constructor(modules: CatchUpModules) {
    this.#modules = modules
    this.#doubts = new Doubts(modules.clock)
    this.#states = new StateClient(modules)
  }

  /** Begins, unless it is at it: asks validators in turn, and between them `peers`, who claim to be further. */
  start({ peers: claiming }: Pick<CatchUpRequest, 'peers'>): void {
    const most = Math.floor(bounds.peersAsked / 2)
    const claimants = claiming.filter((node) => !this.#doubts.has(node)).slice(0, most)
    const turn = this.#validatorsInTurn()
    const mixed = turn.flatMap((node, index) => [node, ...claimants.slice(index, index + 1)])
    const peers = [...new Set([...mixed, ...claimants])].slice(0, bounds.peersAsked)
    this.#begin({ peers, claimants: new Set(claimants), target: undefined })
  }

  /**
   * A node says that this height is final there: it is asked, and one validator when that was not true. While a round is under way the
   * newest claim waits for its end: it may be the last there is.
   */
  follow(claimant: NodeId, height: number): void {
    if (this.#doubts.has(claimant)) return
    if (this.#running !== undefined) {
      this.#heard = { claimant, height }
      return
    }
    const [validator] = this.#validatorsInTurn().filter((node) => node !== claimant)
    const peers = validator === undefined ? [claimant] : [claimant, validator]
    this.#begin({ peers, claimants: new Set([claimant]), target: height })
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  #begin(round: Round): void {
    this.#running ??= this.#run(round).finally(() => {
      this.#running = undefined
      const heard = this.#heard
      this.#heard = undefined
      if (heard === undefined || this.#stopped.signal.aborted) return
      if (heard.height > this.#modules.chain.point.height) this.follow(heard.claimant, heard.height)
    })
  }

  async #run({ peers, claimants, target }: Round): Promise<void> {
    const { chain, logger } = this.#modules
    for (const peer of peers) {
      const before = chain.point.height
      try {
        await this.#advance(peer, peers, target)
      } catch (error) {
        if (this.#stopped.signal.aborted) return
        if (isTooLongAway(error)) {
          this.#modules.onTooLongAway(error.message)
          return
        }
        logger.warn('catching up from a peer failed', { peer, why: messageOf(error) })
      }
      const { height } = chain.point
      const isFurther = height > before
      if (isFurther) logger.info('caught up', { peer, from: before, to: height })
      const isClaimant = claimants.has(peer)
      if (target === undefined ? isFurther && !isClaimant : height >= target) return
      // Who brought some of it may have the rest in a moment; the next is asked all the same.
      if (isClaimant && !isFurther) this.#doubts.add(peer)
    }
  }

  /** Each time beginning with another. */
  #validatorsInTurn(): readonly NodeId[] {
    const { network, engine } = this.#modules
    const validators = engine.rules.validators.filter((node) => node !== network.self)
    this.#nextPeer += 1
    return validators.map((_, index) => validators[(index + this.#nextPeer) % validators.length] ?? network.self)
  }

  /** By a state where that is quicker, or where the peer keeps the blocks no more; by blocks from there on. */
  async #advance(peer: NodeId, peers: readonly NodeId[], target: number | undefined): Promise<void> {
    const { chain, trust } = this.#modules
    const { height } = chain.point
    const isFar = target === undefined || target - height >= bounds.farBlocks
    if (!trust.mayFollow) await this.#fetchState(peer, peers, 1)
    else if (isFar && trust.isChainFresh) await this.#fetchState(peer, peers, bounds.farBlocks)
    // What was seen final last proves nothing any more.
    if (!trust.mayFollow) return
    await this.#follow(peer)
    if (chain.point.height > height || !trust.isChainFresh || !(await this.#fetchState(peer, peers, 1))) return
    await this.#follow(peer)
  }

  /** A peer that has none, or fails at it, may still have blocks. */
  async #fetchState(peer: NodeId, peers: readonly NodeId[], leastBlocks: number): Promise<boolean> {
    if (this.#doubts.has(peer)) return false
    const others = [...new Set([...peers, ...this.#validatorsInTurn()])].filter(
      (node) => node !== peer && !this.#doubts.has(node),
    )
    const onFault = (node: NodeId): void => this.#doubts.add(node)
    const { signal } = this.#stopped
    try {
      return await this.#states.fetch({
        peer,
        others: others.slice(0, bounds.peersAsked),
        leastBlocks,
        onFault,
        signal,
      })
    } catch (error) {
      if (signal.aborted || isTooLongAway(error) || !isBorgError(error)) throw error
      if (error.blame === 'peer') this.#doubts.add(peer)
      this.#modules.logger.warn('no state could be fetched from a peer', { peer, why: error.message })
      return false
    }
  }

  /** Takes all that a peer has. */
  async #follow(peer: NodeId): Promise<void> {
    const { chain } = this.#modules
    const { signal } = this.#stopped
    for (;;) {
      const request = { from: chain.point.height + 1, count: bounds.blocksPerRequest }
      await fetchBlocks(this.#modules, peer, request, signal, (source) => this.#takeAll(source, request))
      if (chain.point.height < request.from + request.count - 1) return
    }
  }

  /** Only what was asked for, in order: nobody keeps a node busy with what it has. */
  async #takeAll(source: BlockSource, { from, count }: BlocksRequest): Promise<void> {
    const { engine } = this.#modules
    for (let next = from; next < from + count; ) {
      const proof = await source.proof()
      if (proof === undefined) return
      const { rules } = engine
      const { heads, fillers, certificate } = checkProof(proof, rules)
      if (heads[0]?.height !== next) throw badSyncMessage('other blocks than it was asked for')
      next += heads.length
      const blocks: Candidate[] = []
      for (const head of heads) {
        const candidate = candidateOf(await source.block(), rules)
        if (!isSameHash(candidate.hash, head.hash)) throw badSyncMessage('another block than it promised')
        // The signature is not under its hash, yet goes on to those who ask this node for the block.
        if (!rules.isSigned(candidate, candidate.block)) throw badSyncMessage('a block that its leader did not sign')
        this.#execute(candidate)
        blocks.push(candidate)
        // Others get their turn between two blocks.
        await new Promise((resolve) => setImmediate(resolve))
      }
      await engine.catchUp({ blocks, fillers, certificate })
    }
  }

  /** Unless the chain came past it meanwhile. */
  #execute(candidate: Candidate): void {
    const { chain, engine } = this.#modules
    if (candidate.height <= chain.point.height) return
    if (!chain.canCarry(candidate.parent.hash, false)) throw badSyncMessage('blocks that follow another block')
    const { isOk, why } = chain.accepts(candidate)
    if (isOk) return
    const error = chainDiverged(candidate.height, why)
    engine.halt(error.message)
    throw error
  }
}

/** Who is not believed for a while. */
class Doubts {
  readonly #clock: Clock
  /** Until when; the oldest first. */
  readonly #untilMs = new Map<NodeId, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(node: NodeId): boolean {
    return (this.#untilMs.get(node) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonicMs()
  }

  add(node: NodeId): void {
    this.#untilMs.delete(node)
    this.#untilMs.set(node, this.#clock.monotonicMs() + bounds.doubtMs)
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= bounds.doubted) return
      this.#untilMs.delete(oldest)
    }
  }
}
