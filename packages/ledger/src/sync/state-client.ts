import { type Logger, limits, messageOf } from '@borgios/core'
import {
  type Block,
  decodeBlock,
  decodeEpochProof,
  decodeFinalityProof,
  type EpochProof,
  type FinalityProof,
  LEDGER_STATE_PROTOCOL,
} from '@borgios/protocol'
import { isSameHash } from '../consensus/candidate.ts'
import type { Chain } from '../engine/chain.ts'
import type { Engine } from '../engine/engine.ts'
import { badSyncMessage } from '../errors.ts'
import type { SavedPoint } from '../state/saved-point.ts'
import { encodeArchived } from './archived-block.ts'
import type { ArrivingState, StateQuest } from './arriving-state.ts'
import { type BlockClientModules, payloadOf, withStream } from './block-client.ts'
import { candidateOf, checkProof } from './check-group.ts'
import { ChunkLanes } from './chunk-lanes.ts'
import type { EpochReader, Trust, TrustedPlace } from './trusted-place.ts'

const bounds = limits.ledgerSync

/** Port: where states and the ends of epochs are kept. */
export interface StateStore {
  /** Goes on with what came of the same state. `block`: the archived block it is the state after. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  receive(target: SavedPoint, block: Uint8Array): Promise<ArrivingState>
  readonly epochs: EpochReader & { append(proof: EpochProof): void; sync(): Promise<void> }
}

export interface StateClientModules extends BlockClientModules {
  readonly chain: Chain
  readonly engine: Pick<Engine, 'adopt'>
  readonly trust: Trust
  readonly store: StateStore
  readonly logger: Logger
}

/** A state that a peer has: its block, and why that is final. Only the form was checked. */
interface Offer {
  readonly proof: FinalityProof
  readonly block: Block
}

/**
 * Brings the chain to the state after a block that is far above it. What peers send is believed step by step: the ends of epochs, each signed by the
 * committee that the one before named, then the block, then each part of the state against the root in its header.
 */
export class StateClient {
  readonly #modules: StateClientModules

  constructor(modules: StateClientModules) {
    this.#modules = modules
  }

  /**
   * Whether the chain was brought further. Throws LEDGER_TOO_LONG_AWAY, LEDGER_SYNC_MESSAGE, LEDGER_SYNC_SLOW, LEDGER_STATE_UNFETCHED,
   * PROTOCOL_MALFORMED, what breaks the stream and what the disk throws.
   */
  async fetch(quest: StateQuest): Promise<boolean> {
    const { chain, logger, store } = this.#modules
    const before = chain.point.height
    const offer = await this.#offer(quest)
    if (offer === undefined) return false
    const { header } = offer.block
    const place = await this.#follow(quest, await this.#modules.trust.begin(), header.epoch)
    if (place === undefined) return false
    const { target, archived } = check(offer, place)
    logger.info('fetching the state of the ledger', { peer: quest.peer, height: header.height })
    const arriving = await store.receive(target, archived)
    await new ChunkLanes(this.#modules, arriving, target.point.height).run(quest)
    const install = await arriving.complete()
    await this.#modules.engine.adopt({ height: header.height, proof: offer.proof, install })
    return chain.point.height > before
  }

  /** The newest state the peer has that is worth it. */
  #offer({ peer, leastBlocks, signal }: StateQuest): Promise<Offer | undefined> {
    const least = this.#modules.chain.point.height + leastBlocks
    return withStream(this.#modules, peer, LEDGER_STATE_PROTOCOL, { kind: 'states' }, signal, async (stream) => {
      const proof = await payloadOf(stream)
      if (proof === undefined) return undefined
      const block = await payloadOf(stream)
      if (block === undefined) throw badSyncMessage('less than it promised')
      const offer = { proof: decodeFinalityProof(proof), block: decodeBlock(block) }
      return offer.block.header.height >= least ? offer : undefined
    })
  }

  /** From epoch to epoch up to this one; undefined if it lies behind. What was checked is kept, and needs no second time. */
  async #follow({ peer, signal }: StateQuest, from: TrustedPlace, epoch: number): Promise<TrustedPlace | undefined> {
    const { store, trust, logger } = this.#modules
    let place = from
    const at = (): number => place.rules.committee.epoch
    if (epoch < at()) return undefined
    while (at() < epoch) {
      const count = Math.min(epoch - at(), bounds.epochsPerRequest)
      const request = { kind: 'epochs', from: at(), count } as const
      await withStream(this.#modules, peer, LEDGER_STATE_PROTOCOL, request, signal, async (stream) => {
        for (let left = count; left > 0; left -= 1) {
          const payload = await payloadOf(stream)
          if (payload === undefined) throw badSyncMessage('a state without what leads there')
          const proof = decodeEpochProof(payload)
          place = trust.step(place, proof)
          store.epochs.append(proof)
          // Others get their turn between two committees' signatures.
          await new Promise((resolve) => setImmediate(resolve))
        }
      })
      await store.epochs
        .sync()
        .catch((error: unknown) => logger.warn('epochs could not be kept', { why: messageOf(error) }))
    }
    return place
  }
}

/** That the block of an offer is final and whole. Throws LEDGER_SYNC_MESSAGE. */
function check({ proof, block }: Offer, { rules }: TrustedPlace): { target: SavedPoint; archived: Uint8Array } {
  const { heads, fillers, certificate } = checkProof(proof, rules)
  const [head] = heads
  const candidate = candidateOf(block, rules)
  if (head === undefined || heads.length !== 1 || !isSameHash(head.hash, candidate.hash)) {
    throw badSyncMessage('another block than it proved')
  }
  if (!rules.isSigned(candidate, block)) throw badSyncMessage('a block that its leader did not sign')
  const { height, epoch, hash } = candidate
  const finality = { fillers: fillers.map((filler) => filler.block.header), certificate }
  return {
    target: { point: { height, epoch, block: new Uint8Array(hash) }, root: new Uint8Array(block.header.stateRoot) },
    archived: encodeArchived({ block, finality }),
  }
}
