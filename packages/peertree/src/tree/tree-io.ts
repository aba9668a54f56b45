import type { NodeId } from '@borgios/core'
import type { Envelope } from '@borgios/crypto'
import type { TreeMessage } from '@borgios/protocol'
import type { Member, Role } from '../peer-network.ts'

/**
 * What happened, told by the shell. Sessions are authenticated and admitted, and there is at most one per node: when a second one replaces
 * the first, the shell says `sessionClosed`, then `sessionOpened`.
 */
export type TreeEvent =
  /** Begin. `contacts` are addresses to join through, best first; without any this node is the first of its tree. */
  | { readonly kind: 'start'; readonly contacts: readonly (readonly string[])[] }
  /** Leave politely. Afterwards only `stopped` is true of this node. */
  | { readonly kind: 'stop' }
  /** About every 250 ms. All timeouts are noticed here. */
  | { readonly kind: 'tick' }
  /** `addresses`: where the peer says it takes dials. */
  | {
      readonly kind: 'sessionOpened'
      readonly node: NodeId
      readonly role: Role
      readonly addresses: readonly string[]
    }
  | { readonly kind: 'sessionClosed'; readonly node: NodeId }
  /** A dial led to a session with this node, new (then `sessionOpened` came before) or already there. */
  | { readonly kind: 'dialed'; readonly dial: number; readonly node: NodeId }
  /** Also when it led to ourselves or was refused admission. */
  | { readonly kind: 'dialFailed'; readonly dial: number }
  /** The message passed `isTreeMessage`. */
  | { readonly kind: 'received'; readonly from: NodeId; readonly message: TreeMessage }
  /** A broadcast came over the session with `from`. Size, form, signature and freshness stood; replays are the core's business. */
  | {
      readonly kind: 'broadcastReceived'
      readonly from: NodeId
      readonly envelope: Envelope
      readonly bytes: Uint8Array
    }
  /** Send out our own broadcast: an envelope with an audience, sealed by this node. */
  | { readonly kind: 'publish'; readonly envelope: Envelope; readonly bytes: Uint8Array }

/** What the shell shall do, in this order. */
export type TreeEffect =
  /** Open a session, and give up after `withinMs`; answer with `dialed` or `dialFailed`. `node`, if known, must be who answers. */
  | {
      readonly kind: 'dial'
      readonly dial: number
      readonly node: NodeId | undefined
      readonly addresses: readonly string[]
      readonly withinMs: number
    }
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: TreeMessage }
  /** Pass these bytes of an envelope on to each, unchanged. */
  | { readonly kind: 'forward'; readonly to: readonly NodeId[]; readonly bytes: Uint8Array }
  /** Give a broadcast to the application: once each, our own too. */
  | { readonly kind: 'deliver'; readonly envelope: Envelope }
  /**
   * The tree has no use for this session. `abuse`: close it whatever else uses it. `expired`: its invitation has run out, close it
   * too. `lost`: it is silent, close it.
   */
  | { readonly kind: 'hangUp'; readonly node: NodeId; readonly why: 'idle' | 'lost' | 'abuse' | 'expired' }
  | { readonly kind: 'positionChanged' }
  | { readonly kind: 'memberChanged'; readonly member: Member }
  /** For people: the network has no room for this node. */
  | { readonly kind: 'turnedAway'; readonly by: NodeId }
  /** For the log: a peer said what makes no sense, or too much. It was ignored. */
  | { readonly kind: 'ignored'; readonly from: NodeId; readonly reason: string }

/** The part of a node's record that is its own to choose. */
export interface SelfDescription {
  readonly place: string
  readonly release: string
  readonly services: readonly string[]
  readonly addresses: readonly string[]
}

/** When a step is taken. */
export interface Moment {
  /** Never goes back. */
  readonly monotonicMs: number
  /** Unix time. */
  readonly timeOfDayMs: number
}

/** Somewhere to ask: a known node, or an address whose node is not known yet. */
export interface Target {
  readonly node: NodeId | undefined
  readonly addresses: readonly string[]
}
