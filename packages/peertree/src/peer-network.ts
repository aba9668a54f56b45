import type { JsonValue, NodeId, OperatorId } from '@borgios/core'
import type { Audience, Envelope } from '@borgios/crypto'

/** What admission said of a peer. A refused one has no session, so no third value is needed here. */
export type Role = 'member' | 'guest'

/** What the network knows of one member. Soft state: gathered from signed node records, not yet from a ledger. */
export interface Member {
  readonly node: NodeId
  readonly operator: OperatorId
  /** A label such as `berlin/rack-2`: nodes of one place may fail together. */
  readonly place: string
  /** The release of the core software the member says it runs. */
  readonly release: string
  /** What it offers, e.g. `store`, `compute`. */
  readonly services: readonly string[]
  /** Multiaddresses. */
  readonly addresses: readonly string[]
  readonly state: 'up' | 'down'
  /** When it last changed between up and down, by our clock. */
  readonly sinceMs: number
}

/** Where this node stands in the tree. */
export interface TreePosition {
  readonly state: 'joining' | 'attached' | 'orphan' | 'stopped'
  readonly root: NodeId | undefined
  /** Undefined for the root and for who is not attached. */
  readonly parent: NodeId | undefined
  readonly children: readonly NodeId[]
  /** Edges from the root; the root has 0. */
  readonly depth: number
  /** How many children a node may have. */
  readonly degree: number
}

export interface Caller {
  readonly node: NodeId
  readonly role: Role
}

export type RequestHandler = (body: JsonValue, caller: Caller) => Promise<JsonValue> | JsonValue
export type StreamHandler = (stream: PeerStream) => Promise<void>
export type BroadcastHandler = (envelope: Envelope) => void

export interface Access {
  /** Guests may use it too. Defaults to false: members only. A request of a guest fits `limits.peertree.maxGuestFrameBytes`. */
  readonly openToGuests?: boolean
}

/** One message of a bulk stream: a small JSON header and, if any, its bytes. */
export interface StreamMessage {
  /** At most `limits.peertree.maxStreamHeaderBytes` as JSON. */
  readonly header: JsonValue
  /** At most `limits.peertree.maxStreamPayloadBytes`. Empty if there are none. */
  readonly payload: Uint8Array
  /** Of a received message: its payload is done with and its memory may be used again. Not needed, but cheaper for large ones. */
  readonly release?: () => void
}

/** Bytes beside the tree: a bidirectional stream of messages between two nodes, with backpressure in both directions. */
export interface PeerStream {
  readonly remote: Caller
  /** Resolves when more may be sent. Rejects once the stream is closed. The payload must stay unchanged until then. */
  send(message: StreamMessage): Promise<void>
  /** The next message; undefined after the other side ended. While nobody receives, the sender is held back. */
  receive(): Promise<StreamMessage | undefined>
  /** No more from this side; resolves when everything was handed over. */
  end(): Promise<void>
  /** Ends both directions at once; pending calls reject. */
  abort(reason: Error): void
}

export interface RequestOptions {
  /** Defaults to `limits.peertree.requestTimeoutMs`. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * What the rooms above use of PeerTree. Errors are BorgErrors: PEERTREE_UNKNOWN_NODE, PEERTREE_UNREACHABLE,
 * PEERTREE_TIMEOUT, PEERTREE_REFUSED, or the error a remote handler threw (its code, kind and message).
 */
export interface PeerNetwork {
  readonly self: NodeId
  /** Everyone known, this node included; down ones for as long as they are remembered. */
  members(): readonly Member[]
  /** Calls back after a member came, changed, or went up or down. Returns the way to stop it. */
  onMemberChange(listener: (member: Member) => void): () => void
  position(): TreePosition

  /** Asks one other member. */
  request(to: NodeId, method: string, body: JsonValue, options?: RequestOptions): Promise<JsonValue>
  /** Answers a method. Each may have one handler. */
  handle(method: string, handler: RequestHandler, access?: Access): void

  /** Opens a bulk stream to another member. Worth keeping: opening one costs a negotiation. */
  openStream(to: NodeId, protocol: string, signal?: AbortSignal): Promise<PeerStream>
  handleStream(protocol: string, handler: StreamHandler, access?: Access): void

  /** Signs a message and sends it down and up the tree to every node. It is kept and repaired while neighbours are missing. */
  broadcast(type: string, body: JsonValue, audience?: Audience): void
  /** Every broadcast of a type, each once, also our own. Returns the way to stop it. */
  onBroadcast(type: string, handler: BroadcastHandler): () => void
}
