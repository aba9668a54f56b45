import { assert, type NodeId } from '@borgios/core'
import type { Envelope } from '@borgios/crypto'
import { positionOf, type TreeEffect } from '@borgios/peertree'
import type { Host } from './host.ts'

/** What the checks look at of a world. */
export interface WatchedWorld {
  readonly seed: number
  readonly nowMs: number
  readonly degree: number
  readonly network: { readonly wasCut: boolean }
  envelopeOf(bytes: Uint8Array): Envelope | undefined
  hostOf(node: NodeId): Host | undefined
}

/** What must hold after every single step of every node. Throws what is broken. */
export function checkStep(world: WatchedWorld, host: Host, effects: readonly TreeEffect[]): void {
  const { state } = host
  if (state === undefined) return
  const where = `seed ${world.seed}, host ${host.index} at ${world.nowMs} ms`
  for (const effect of effects) {
    if (effect.kind === 'deliver') {
      const id = `${effect.envelope.from}/${effect.envelope.sequence}`
      assert(!host.delivered.has(id), `a broadcast is delivered once (${where})`)
      assert(host.role === 'member' || effect.envelope.audience === 'everyone', `guests hear no members (${where})`)
    }
    if (effect.kind === 'memberChanged') checkNotice(world, host, effect.member.node, where)
    if (effect.kind === 'send') checkSend(world, host, effect, where)
    if (effect.kind === 'forward') {
      const audience = world.envelopeOf(effect.bytes)?.audience
      for (const to of effect.to) {
        const isGuest = world.hostOf(to)?.role === 'guest'
        assert(!isGuest || audience === 'everyone', `guests are sent no members' broadcasts (${where})`)
      }
    }
  }
  const { children } = positionOf(state)
  assert(children.length <= world.degree, `no more children than the degree (${where})`)
  const isGuestAbove = children.some((child) => world.hostOf(child)?.role === 'guest')
  assert(!isGuestAbove && (host.role === 'member' || children.length === 0), `guests are leaves (${where})`)
}

/** Who has just thawed may be declared down by one that asked it before. */
const ANSWERS_AFTER_MS = 5_000

/** Where messages are only late or lost, nobody declares down who lives. */
function checkNotice(world: WatchedWorld, host: Host, node: NodeId, where: string): void {
  const notice = host.state?.directory.get(node)?.notice
  const accused = world.hostOf(node)
  if (notice?.by !== host.node || accused?.state === undefined || accused === host || world.network.wasCut) return
  const isAwake = !accused.frozen && world.nowMs - accused.thawedMs > ANSWERS_AFTER_MS
  const isMeant = notice.sequence === accused.state.sequence
  assert(!(isAwake && isMeant), `host ${accused.index} lives and is declared down (${where})`)
}

const GUEST_FIELDS = new Set(['kind', 'edge', 'as', 'ack', 'reason', 'to', 'after', 'upTo', 'ids'])

function checkSend(
  world: WatchedWorld,
  host: Host,
  { to, message }: Extract<TreeEffect, { kind: 'send' }>,
  where: string,
): void {
  if (host.role === 'guest' || world.hostOf(to)?.role !== 'guest') return
  const leaks = Object.keys(message).filter((field) => !GUEST_FIELDS.has(field))
  assert(leaks.length === 0, `a guest is told nothing of the tree: ${leaks.join(' ')} of ${message.kind} (${where})`)
}
