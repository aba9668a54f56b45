import { limits, type NetworkId, type Timers } from '@borgios/core'
import type { Invitation, NodeCertificate } from '@borgios/crypto'
import { CONTROL_PROTOCOL, FrameKind, type Hello, isHello, isRefusal, isWelcome, type Refusal } from '@borgios/protocol'
import { withTimeout } from '../deadline.ts'
import type { ByteStream, Connection } from '../engine/engine.ts'
import { barred, misbehaved, refused, unreachable } from '../errors.ts'
import type { Role } from '../peer-network.ts'
import type { Admission } from './admission.ts'
import { closeInPeace } from './close-in-peace.ts'
import { FrameChannel } from './frame-channel.ts'
import { fromPayload, toPayload } from './frame-json.ts'

/** What a node says of itself in every hello. */
export interface Introduction {
  readonly network: NetworkId
  readonly release: string
  readonly role: Role
  readonly certificate: NodeCertificate | undefined
  readonly invitation: Invitation | undefined
  readonly addresses: () => readonly string[]
}

export interface HandshakeModules {
  /** What the node says of itself now. */
  readonly introduction: () => Introduction
  readonly admission: Admission
  readonly timers: Timers
}

/** A peer that was let in. Its channel is paused until a session takes it. */
export interface Admitted {
  readonly connection: Connection
  readonly channel: FrameChannel
  readonly role: Role
  readonly release: string
  readonly addresses: readonly string[]
}

/** The peer has, or is about to have, another session with us and keeps that one. */
export class DuplicateSession extends Error {}

/**
 * The dialing side: says hello first and believes the answer only from a member. Throws PEERTREE_REFUSED, PEERTREE_BARRED, PEERTREE_MISBEHAVED,
 * PEERTREE_UNREACHABLE, PEERTREE_TIMEOUT or {@link DuplicateSession}.
 */
export async function greet(
  modules: HandshakeModules,
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<Admitted> {
  return withTimeout(modules.timers, limits.peertree.handshakeTimeoutMs, signal, async (bounded) => {
    const stream = await connection.openStream(CONTROL_PROTOCOL, bounded)
    const { channel, first } = firstFrame(modules, stream)
    channel.send(FrameKind.hello, toPayload(helloOf(modules.introduction()), 'the hello'))
    const { kind, payload } = await first
    if (kind === FrameKind.refusal) throw refusalOf(fromPayload(payload, isRefusal, 'refusal'))
    if (kind !== FrameKind.welcome) throw misbehaved('the peer answered the hello with something else')
    const welcome = fromPayload(payload, isWelcome, 'welcome')
    if (welcome.admittedAs !== modules.introduction().role) {
      throw refused(`the peer takes this node only as a ${welcome.admittedAs}`)
    }
    const { network, release, certificate, invitation, addresses } = welcome
    const claims = { node: connection.remote, network, release, role: 'member', certificate, invitation } as const
    if (!modules.admission.isMember(claims)) throw refused('the node that answered is no member of this network')
    return { connection, channel, role: 'member', release, addresses }
  })
}

/** What becomes of a peer that came. */
export type Verdict = ReturnType<Admission['admit']>

/**
 * The accepting side, given the control stream the peer opened: waits for its hello and asks admission. Nothing has been said
 * to the peer yet: answer with {@link welcome} or {@link refuse}. Rejects if no proper hello comes in time.
 */
export async function receive(
  modules: HandshakeModules,
  connection: Connection,
  stream: ByteStream,
): Promise<Omit<Admitted, 'role'> & { readonly verdict: Verdict }> {
  const { channel, first } = firstFrame(modules, stream)
  return withTimeout(modules.timers, limits.peertree.handshakeTimeoutMs, undefined, async () => {
    const { kind, payload } = await first
    if (kind !== FrameKind.hello) throw misbehaved('the peer did not begin with a hello')
    const { role, network, release, certificate, invitation, addresses } = fromPayload(payload, isHello, 'hello')
    const claims = { node: connection.remote, network, release, role, certificate, invitation }
    // A guest is a leaf: it lets nobody in.
    const verdict = modules.introduction().role === 'guest' ? 'refused' : modules.admission.admit(claims)
    return { connection, channel, verdict, release, addresses }
  })
}

/** Tells an admitted peer who we are. A guest learns no addresses. */
export function welcome(modules: HandshakeModules, channel: FrameChannel, role: Role): void {
  const { role: _, addresses, ...introduction } = helloOf(modules.introduction())
  const answer = { ...introduction, addresses: role === 'member' ? addresses : [], admittedAs: role }
  channel.send(FrameKind.welcome, toPayload(answer, 'the welcome'))
}

/** Answers a hello with no more than that, and hangs up. */
export async function refuse(
  { timers }: HandshakeModules,
  channel: FrameChannel,
  connection: Connection,
  code: Refusal['code'],
): Promise<void> {
  channel.send(FrameKind.refusal, toPayload({ code }, 'the refusal'))
  await closeInPeace(timers, channel, connection)
}

/** Tells a peer that welcomed us that another session stays, and hangs up. */
export async function turnAway(
  { timers }: HandshakeModules,
  channel: FrameChannel,
  connection: Connection,
): Promise<void> {
  channel.send(FrameKind.goodbye, toPayload({ code: 'duplicate' }, 'the goodbye'))
  await closeInPeace(timers, channel, connection)
}

/** A channel that waits for one frame and then pauses. */
function firstFrame({ timers }: HandshakeModules, stream: ByteStream) {
  const { promise, resolve, reject } = Promise.withResolvers<{ kind: number; payload: Uint8Array }>()
  const channel = new FrameChannel(stream, timers, {
    onFrame: (kind, payload) => {
      channel.pause()
      resolve({ kind, payload: payload.slice() })
    },
    onEnd: (reason) => reject(reason ?? unreachable('the peer hung up during the hello')),
  })
  return { channel, first: promise }
}

function helloOf(introduction: Introduction): Hello {
  const { network, release, role, certificate, invitation, addresses } = introduction
  return {
    version: 1,
    network,
    release,
    role,
    addresses: addresses().slice(0, limits.tree.maxAddresses),
    ...(certificate === undefined ? {} : { certificate }),
    ...(invitation === undefined ? {} : { invitation }),
  }
}

function refusalOf({ code }: Refusal): Error {
  if (code === 'duplicate') return new DuplicateSession('the peer keeps another session with us')
  if (code === 'barred') return barred('the peer has this node as a member no more')
  return refused('the peer does not let this node in: check the network id, the invitation and the release')
}
