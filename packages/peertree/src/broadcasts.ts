import { type Clock, type JsonValue, type Logger, messageOf, type NetworkId, type NodeId } from '@borgios/core'
import { type Audience, type Ed25519, type Envelope, openEnvelope, type Signer, sealEnvelope } from '@borgios/crypto'
import { misbehaved } from './errors.ts'
import type { BroadcastHandler } from './peer-network.ts'

const decoder = new TextDecoder()

export interface BroadcastsModules {
  readonly ed25519: Ed25519
  readonly signer: Signer
  readonly clock: Clock
  readonly logger: Logger
}

export interface Sealed {
  readonly envelope: Envelope
  readonly bytes: Uint8Array
}

/** Seals our broadcasts, opens those of others, and gives them to whoever listens. */
export class Broadcasts {
  readonly #network: NetworkId
  readonly #modules: BroadcastsModules
  readonly #handlers = new Map<string, Set<BroadcastHandler>>()
  #sequence = 0

  constructor(network: NetworkId, modules: BroadcastsModules) {
    this.#network = network
    this.#modules = modules
  }

  /** Signs a broadcast. Throws CRYPTO_MALFORMED if it is too large. */
  seal(type: string, body: JsonValue, audience: Audience): Sealed {
    const timeMs = this.#modules.clock.nowMs()
    // Microseconds of the wall clock: above every number used before a restart, without writing any down.
    this.#sequence = Math.max(this.#sequence + 1, Math.floor(timeMs) * 1000)
    const fields = { network: this.#network, type, recipient: { audience }, timeMs: Math.floor(timeMs), body }
    const bytes = sealEnvelope(this.#modules.signer, { ...fields, sequence: this.#sequence })
    return { envelope: JSON.parse(decoder.decode(bytes)) as Envelope, bytes }
  }

  /** Whether this is one of those seen, by its own word: a look before the signature is checked, which costs far more. */
  isRepeat(bytes: Uint8Array, hasSeen: (from: NodeId, sequence: number) => boolean): boolean {
    try {
      const { from, sequence } = JSON.parse(decoder.decode(bytes)) as Envelope
      return hasSeen(from, sequence)
    } catch {
      // Not an envelope: `open` says so.
      return false
    }
  }

  /** Checks what a neighbour passed on. Throws what `openEnvelope` throws, and PEERTREE_MISBEHAVED for a letter to one node. */
  open(bytes: Uint8Array): Sealed {
    const { ed25519, clock } = this.#modules
    const envelope = openEnvelope(bytes, { ed25519, network: this.#network, nowMs: clock.nowMs() })
    if (envelope.audience === undefined) throw misbehaved('a broadcast has an audience')
    return { envelope, bytes }
  }

  deliver(envelope: Envelope): void {
    for (const handler of this.#handlers.get(envelope.type) ?? []) {
      try {
        handler(envelope)
      } catch (error) {
        this.#modules.logger.error('a broadcast handler failed', { type: envelope.type, error: messageOf(error) })
      }
    }
  }

  on(type: string, handler: BroadcastHandler): () => void {
    const handlers = this.#handlers.get(type) ?? new Set()
    this.#handlers.set(type, handlers.add(handler))
    return () => handlers.delete(handler)
  }
}
