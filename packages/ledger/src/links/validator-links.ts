import { isBorgError, limits, messageOf, type NodeId } from '@borgios/core'
import type { PeerStream } from '@borgios/peertree'
import { decodeFrames, type Frame, turnsOf } from './frames.ts'
import { CONSENSUS_PROTOCOL, OutgoingLink, type OutgoingLinkModules } from './outgoing-link.ts'

export interface ValidatorLinksModules extends OutgoingLinkModules {
  /**
   * Handles what a validator said; while it is at work, that validator is held back. A BorgError that blames the peer ends its stream
   * and mutes it for a while.
   */
  onFrames(from: NodeId, frames: readonly Frame[]): Promise<void>
}

/** Streams to and from the other validators of the committee. */
export class ValidatorLinks {
  readonly #modules: ValidatorLinksModules
  readonly #outgoing = new Map<NodeId, OutgoingLink>()
  readonly #incoming = new Map<NodeId, PeerStream>()
  /** Validators that said what they must have seen to be false. */
  readonly #muted = new Set<NodeId>()
  #others: ReadonlySet<NodeId> = new Set()

  constructor(modules: ValidatorLinksModules) {
    this.#modules = modules
    modules.network.handleStream(CONSENSUS_PROTOCOL, (stream) => this.#listen(stream))
  }

  /** The other validators from now on; links to those that are none any more end. */
  setPeers(others: readonly NodeId[]): void {
    this.#others = new Set(others)
    for (const [node, link] of this.#outgoing) {
      if (this.#others.has(node)) continue
      link.stop()
      this.#outgoing.delete(node)
    }
    for (const [node, stream] of this.#incoming) {
      if (!this.#others.has(node)) stream.abort(new Error('not a validator any more'))
    }
  }

  send(to: NodeId, frame: Frame): void {
    if (!this.#others.has(to)) return
    const link = this.#outgoing.get(to) ?? new OutgoingLink(to, this.#modules)
    this.#outgoing.set(to, link)
    link.send(frame)
  }

  sendToAll(frame: Frame): void {
    for (const node of this.#others) this.send(node, frame)
  }

  stop(): void {
    this.setPeers([])
  }

  async #listen(stream: PeerStream): Promise<void> {
    const from = stream.remote.node
    if (!this.#others.has(from)) return stream.abort(new Error('not a validator'))
    if (this.#muted.has(from)) return stream.abort(new Error('not heard for a while'))
    // One at a time: who comes again has lost the one before.
    this.#incoming.get(from)?.abort(new Error('another stream took its place'))
    this.#incoming.set(from, stream)
    try {
      await this.#receiveAll(from, stream)
    } catch (error) {
      if (isBorgError(error) && error.blame === 'peer') {
        this.#mute(from)
        this.#modules.logger.warn('a validator is not heard for a while', { from, why: error.message })
      }
      stream.abort(error instanceof Error ? error : new Error(messageOf(error)))
    } finally {
      if (this.#incoming.get(from) === stream) this.#incoming.delete(from)
    }
  }

  #mute(node: NodeId): void {
    this.#muted.add(node)
    this.#modules.timers.after(limits.ledgerLinks.muteMs, () => this.#muted.delete(node))
  }

  async #receiveAll(from: NodeId, stream: PeerStream): Promise<void> {
    for (;;) {
      const message = await stream.receive()
      if (message === undefined) return
      // A copy where buffers are used again: blocks and votes are kept.
      const frames = decodeFrames(message.release === undefined ? message.payload : message.payload.slice())
      message.release?.()
      for (const turn of turnsOf(frames)) {
        await this.#modules.onFrames(from, turn)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}
