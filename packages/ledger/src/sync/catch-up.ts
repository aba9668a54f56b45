import { type Logger, limits, messageOf, type NodeId } from '@borgios/core'
import { compareBytes } from '@borgios/protocol'
import type { Chain } from '../engine/chain.ts'
import type { Engine } from '../engine/engine.ts'
import type { CatchUpRequest } from '../engine/engine-ports.ts'
import { badSyncMessage, chainDiverged } from '../errors.ts'
import type { ArchivedGroup } from './archived-block.ts'
import { type BlockClientModules, fetchBlocks } from './block-client.ts'
import { checkGroup } from './check-group.ts'

const bounds = limits.ledgerSync

export interface CatchUpModules extends BlockClientModules {
  readonly chain: Chain
  readonly engine: Pick<Engine, 'rules' | 'catchUp' | 'halt'>
  readonly logger: Logger
}

/** Brings the chain up to the others' in bulk: final blocks of one peer after another, each group checked before anything of it is executed. */
export class CatchUp {
  readonly #modules: CatchUpModules
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  #nextPeer = 0

  constructor(modules: CatchUpModules) {
    this.#modules = modules
  }

  /** Begins, unless it is at it. `peers` are asked first. */
  start({ peers }: Pick<CatchUpRequest, 'peers'>): void {
    this.#running ??= this.#run(peers).finally(() => {
      this.#running = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(claiming: readonly NodeId[]): Promise<void> {
    const { chain, logger } = this.#modules
    for (const peer of this.#peersToAsk(claiming)) {
      const before = chain.point.height
      try {
        await this.#follow(peer)
      } catch (error) {
        if (this.#stopped.signal.aborted) return
        logger.warn('catching up from a peer failed', { peer, why: messageOf(error) })
      }
      if (chain.point.height > before) {
        logger.info('caught up', { peer, from: before, to: chain.point.height })
        return
      }
    }
  }

  /** Those that claim to be further, then validators, each time beginning with another. */
  #peersToAsk(claiming: readonly NodeId[]): readonly NodeId[] {
    const { network, engine } = this.#modules
    const validators = engine.rules.validators.filter((node) => node !== network.self)
    this.#nextPeer += 1
    const turned = validators.map(
      (_, index) => validators[(index + this.#nextPeer) % validators.length] ?? network.self,
    )
    return [...new Set([...claiming, ...turned])].slice(0, bounds.peersAsked)
  }

  /** Takes all that a peer has. */
  async #follow(peer: NodeId): Promise<void> {
    const { chain } = this.#modules
    const { signal } = this.#stopped
    for (;;) {
      const from = chain.point.height + 1
      for await (const group of fetchBlocks(this.#modules, peer, { from, count: bounds.blocksPerRequest }, signal)) {
        await this.#take(group)
      }
      if (chain.point.height < from + bounds.blocksPerRequest - 1) return
    }
  }

  async #take(archived: ArchivedGroup): Promise<void> {
    const { chain, engine } = this.#modules
    const group = checkGroup(archived, engine.rules)
    const fresh = group.blocks.filter(({ height }) => height > chain.point.height)
    const [first] = fresh
    if (first === undefined) return
    if (compareBytes(first.parent.hash, chain.point.block) !== 0)
      throw badSyncMessage('blocks that follow another block')
    for (const candidate of fresh) {
      const { isOk, why } = chain.accepts(candidate)
      if (!isOk) {
        const error = chainDiverged(candidate.height, why)
        engine.halt(error.message)
        throw error
      }
    }
    await engine.catchUp({ ...group, blocks: fresh })
  }
}
