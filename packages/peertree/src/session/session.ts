import { type Clock, isBorgError, type Logger, limits, messageOf, type Timers } from '@borgios/core'
import { FrameKind, type Goodbye, isGoodbye, isTreeMessage, type TreeMessage } from '@borgios/protocol'
import type { ByteStream, Connection } from '../engine/engine.ts'
import { closed, misbehaved } from '../errors.ts'
import type { Caller } from '../peer-network.ts'
import { TokenBucket } from '../tree/token-bucket.ts'
import { closeInPeace } from './close-in-peace.ts'
import type { FrameChannel } from './frame-channel.ts'
import { fromPayload, toPayload } from './frame-json.ts'
import type { Admitted } from './handshake.ts'
import { Requests } from './requests.ts'
import type { Services } from './services.ts'

/** What a session tells its node. */
export interface SessionListener {
  onTreeMessage(session: Session, message: TreeMessage): void
  /** `bytes` are the listener's to keep. */
  onBroadcast(session: Session, bytes: Uint8Array): void
  /** The peer opened a bulk stream: listen to it at once. */
  onStream(session: Session, stream: ByteStream): void
  onClosed(session: Session): void
}

export interface SessionModules {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly services: Services
  readonly listener: SessionListener
}

/** One admitted peer: a connection whose control stream carries tree messages, broadcasts, requests and replies. */
export class Session {
  readonly peer: Caller
  readonly release: string
  readonly addresses: readonly string[]
  readonly openedMs: number
  readonly requests: Requests
  readonly #connection: Connection
  readonly #channel: FrameChannel
  readonly #modules: SessionModules
  readonly #broadcasts: TokenBucket
  /** Bytes of all other frames. */
  readonly #control: TokenBucket
  readonly #controlBytesPerSecond: number
  #cancelHold: (() => void) | undefined
  #streams = 0
  #lastUsedMs: number
  #unseen = false
  #over = false

  constructor(admitted: Admitted, modules: SessionModules) {
    this.peer = { node: admitted.connection.remote, role: admitted.role }
    this.release = admitted.release
    this.addresses = admitted.addresses
    this.#connection = admitted.connection
    this.#channel = admitted.channel
    this.#modules = modules
    this.openedMs = modules.clock.monotonicMs()
    this.#lastUsedMs = this.openedMs
    const bounds = limits.peertree
    this.#broadcasts = new TokenBucket(bounds.broadcastBytesPerSecond, bounds.broadcastBurstBytes, this.openedMs)
    const isGuest = admitted.role === 'guest'
    const burstBytes = isGuest ? bounds.guestControlBurstBytes : bounds.controlBurstBytes
    this.#controlBytesPerSecond = isGuest ? bounds.guestControlBytesPerSecond : bounds.controlBytesPerSecond
    this.#control = new TokenBucket(this.#controlBytesPerSecond, burstBytes, this.openedMs)
    this.requests = new Requests(this.peer, { ...modules, channel: this.#channel })
    this.#channel.handOver(isGuest ? bounds.maxGuestFrameBytes : bounds.maxFrameBytes, {
      onFrame: (kind, payload) => this.#onFrame(kind, payload),
      onEnd: (reason) => this.#finish(reason),
    })
  }

  get direction(): 'inbound' | 'outbound' {
    return this.#connection.direction
  }

  get isOpen(): boolean {
    return !this.#over
  }

  /** Lets frames in. Called once the session is in its place. */
  begin(): void {
    if (this.#channel.isOpen) this.#channel.resume()
    else this.#finish(undefined)
  }

  sendTree(message: TreeMessage): void {
    this.#use()
    this.#channel.send(FrameKind.tree, toPayload(message, 'the tree message'))
  }

  /** Passes the bytes of an envelope on. */
  sendBroadcast(envelope: Uint8Array): void {
    this.#use()
    this.#channel.send(FrameKind.broadcast, envelope)
  }

  openStream(protocol: string, signal: AbortSignal): Promise<ByteStream> {
    return this.#connection.openStream(protocol, signal)
  }

  onStream(stream: ByteStream): void {
    if (this.#over) stream.abort(closed('the session is over'))
    else this.#modules.listener.onStream(this, stream)
  }

  /** Counts a bulk stream of either direction; call the result when it is over. Undefined: there are too many. */
  holdStream(): (() => void) | undefined {
    const bounds = limits.peertree
    const bound = this.peer.role === 'guest' ? bounds.maxGuestStreams : 2 * bounds.maxStreamsPerSession
    if (this.#streams >= bound) return undefined
    this.#streams += 1
    return () => {
      this.#streams -= 1
      this.#use()
    }
  }

  /** Whether nothing has gone over it for so long and nothing is under way. */
  isIdleFor(idleMs: number): boolean {
    const unused = this.#streams === 0 && this.requests.isIdle
    return unused && this.#modules.clock.monotonicMs() - this.#lastUsedMs >= idleMs
  }

  /** Whether somebody other than the tree is using it now. */
  get isBusy(): boolean {
    return this.#streams > 0 || !this.requests.isIdle
  }

  /**
   * Says goodbye and closes in peace. `unseen`: the peer is known to have looked at no frame of this session, so what waits for
   * an answer may be asked again elsewhere.
   */
  async close(code: Goodbye['code'], unseen = false): Promise<void> {
    if (this.#over) return
    this.#unseen = unseen
    this.#channel.send(FrameKind.goodbye, toPayload({ code }, 'the goodbye'))
    const closing = this.#closeInPeace()
    this.#over = true
    this.#tellOver()
    await closing
  }

  /** Ends it at once. */
  abort(reason: Error): void {
    this.#channel.abort(reason)
    this.#finish(reason)
  }

  #use(): void {
    this.#lastUsedMs = this.#modules.clock.monotonicMs()
  }

  #onFrame(kind: number, payload: Uint8Array): void {
    if (this.#over) return
    this.#use()
    try {
      if (kind !== FrameKind.broadcast) this.#pace(payload.length)
      this.#dispatch(kind, payload)
    } catch (error) {
      if (!isBorgError(error)) throw error
      this.abort(error)
    }
  }

  #dispatch(kind: number, payload: Uint8Array): void {
    const { listener } = this.#modules
    switch (kind) {
      case FrameKind.tree:
        listener.onTreeMessage(this, fromPayload(payload, isTreeMessage, 'tree message'))
        break
      case FrameKind.broadcast:
        // A copy of its own: the view would keep the whole network buffer alive for as long as the envelope is kept.
        if (this.#mayBroadcast(payload.length)) listener.onBroadcast(this, payload.slice())
        break
      case FrameKind.request:
        this.requests.onRequest(payload)
        break
      case FrameKind.reply:
        this.requests.onReply(payload)
        break
      case FrameKind.cancel:
        this.requests.onCancel(payload)
        break
      case FrameKind.goodbye:
        fromPayload(payload, isGoodbye, 'goodbye')
        this.#unseen = true
        this.#finish(undefined)
        break
      default:
        throw misbehaved(`the peer sent a frame of unknown kind ${kind}`)
    }
  }

  /** After a frame that came too fast nothing is read until the rate allows it: the peer is held back, and nothing is lost. */
  #pace(bytes: number): void {
    const { clock, timers } = this.#modules
    const cost = Math.max(bytes, limits.peertree.minControlBytes)
    if (this.#control.take(cost, clock.monotonicMs())) return
    this.#channel.pause()
    this.#cancelHold = timers.after(Math.ceil((1_000 * cost) / this.#controlBytesPerSecond), () => {
      this.#control.take(cost, clock.monotonicMs())
      this.#channel.resume()
    })
  }

  /** What comes too fast is dropped unread: repair brings back what was worth it. */
  #mayBroadcast(bytes: number): boolean {
    const cost = Math.max(bytes, limits.peertree.minBroadcastBytes)
    return this.#broadcasts.take(cost, this.#modules.clock.monotonicMs())
  }

  #finish(reason: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    if (reason === undefined) void this.#closeInPeace()
    else this.#connection.abort(reason)
    this.#modules.logger.debug('a session ended', {
      peer: this.peer.node,
      reason: reason === undefined ? 'closed' : messageOf(reason),
    })
    this.#tellOver()
  }

  #closeInPeace(): Promise<void> {
    return closeInPeace(this.#modules.timers, this.#channel, this.#connection)
  }

  #tellOver(): void {
    this.#cancelHold?.()
    this.requests.end(this.#unseen)
    this.#modules.listener.onClosed(this)
  }
}
