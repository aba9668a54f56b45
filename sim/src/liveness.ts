import { membersOf, positionOf } from '@borgios/peertree'
import type { Host } from './host.ts'
import type { Published, World } from './world.ts'

/** Height of the lowest tree that holds so many nodes. */
export function leastHeight(nodes: number, degree: number): number {
  let height = 0
  let level = 1
  for (let held = 1; held < nodes; held += level) {
    level *= degree
    height += 1
  }
  return height
}

const up = (world: World, role: Host['role']): Host[] =>
  world.hosts.filter((host) => host.alive && !host.frozen && host.role === role && !host.hasExpired(world.nowMs))

/** Why the live members are not one sound tree; undefined if they are. */
export function treeFault(world: World): string | undefined {
  const members = up(world, 'member')
  const roots = new Set<string>()
  for (const host of members) {
    if (host.state === undefined) continue
    const position = positionOf(host.state)
    if (position.state !== 'attached') return `host ${host.index} is ${position.state}`
    if (position.parent === undefined) roots.add(host.node)
    for (const child of position.children) {
      const state = world.hostOf(child)?.state
      if (state === undefined) return `host ${host.index} has a dead child`
      if (positionOf(state).parent !== host.node) return `host ${host.index} has a child that does not know it`
    }
    const climb = climbFault(world, host)
    if (climb !== undefined) return climb
  }
  if (roots.size !== 1) return `${roots.size} roots`
  const [root] = roots
  for (const { state, index } of members) {
    if (state !== undefined && positionOf(state).root !== root) return `host ${index} names another root`
  }
  return guestFault(world)
}

function climbFault(world: World, host: Host): string | undefined {
  let at: Host | undefined = host
  for (let depth = 0; depth <= world.hosts.length; depth += 1) {
    if (at?.state === undefined) return `host ${host.index} hangs below a dead node`
    const { parent, depth: claimed } = positionOf(at.state)
    if (parent === undefined) {
      const own = host.state === undefined ? 0 : positionOf(host.state).depth
      return claimed === 0 && own === depth ? undefined : `host ${host.index} believes in a wrong depth`
    }
    const above: Host | undefined = world.hostOf(parent)
    if (above?.state === undefined) return `host ${host.index} hangs below a dead node`
    if (at.role === 'member' && !positionOf(above.state).children.includes(at.node)) {
      return `host ${at.index} is no child of its parent`
    }
    at = above
  }
  return `host ${host.index} is in a circle`
}

function guestFault(world: World): string | undefined {
  for (const { state, index, contacts } of up(world, 'guest')) {
    // A guest knows no other addresses than those it was given.
    if (state === undefined || !contacts.some((contact) => contact.alive)) continue
    const { parent, state: status } = positionOf(state)
    if (status !== 'attached' || parent === undefined) return `guest ${index} is ${status}`
    if (world.hostOf(parent)?.alive !== true) return `guest ${index} hangs below a dead node`
  }
  return undefined
}

/** Why some live member does not know exactly the live members. */
export function directoryFault(world: World): string | undefined {
  const members = up(world, 'member')
  const expected = members.map((host) => host.node as string).sort()
  for (const { state, index } of members) {
    if (state === undefined) continue
    const known = membersOf(state).filter((member) => member.state === 'up')
    const seen = known.map((member) => member.node as string).sort()
    if (seen.join() !== expected.join()) return `host ${index} knows ${seen.length} up, not ${expected.length}`
  }
  return undefined
}

/** Why the tree is not as low as it could be. */
export function heightFault(world: World): string | undefined {
  const members = up(world, 'member')
  const least = leastHeight(members.length, world.degree)
  for (const { state, index } of members) {
    const depth = state === undefined ? 0 : positionOf(state).depth
    if (depth > least) return `host ${index} is at depth ${depth}, ${least} would do`
  }
  return undefined
}

/** Why a broadcast of a node that stayed did not reach everyone who stayed. */
export function broadcastFault(world: World): string | undefined {
  for (const broadcast of world.published) {
    if (!broadcast.by.alive || broadcast.by.frozen || broadcast.by.life !== broadcast.life) continue
    if (broadcast.by.hasExpired(world.nowMs)) continue
    for (const host of world.hosts) {
      if (mustHear(world, host, broadcast) && !host.delivered.has(broadcast.id)) {
        return `host ${host.index} missed a broadcast of host ${broadcast.by.index} at ${broadcast.atMs} ms`
      }
    }
  }
  return undefined
}

const mustHear = (world: World, host: Host, { atMs, audience }: Published): boolean =>
  host.alive &&
  !host.frozen &&
  !host.hasExpired(world.nowMs) &&
  host.bornMs <= atMs &&
  (host.role === 'member' || (audience === 'everyone' && host.contacts.some((contact) => contact.alive)))

/** Lets time pass until the check finds no fault; the time it took. Throws the last fault when it takes too long. */
export function settle(world: World, withinMs: number, ...checks: ((world: World) => string | undefined)[]): number {
  const startMs = world.nowMs
  for (;;) {
    const fault = checks.map((check) => check(world)).find((found) => found !== undefined)
    if (fault === undefined) return world.nowMs - startMs
    if (world.nowMs - startMs >= withinMs) {
      throw new Error(`not settled after ${withinMs} ms: ${fault} (seed ${world.seed}, at ${world.nowMs} ms)`)
    }
    world.run(100)
  }
}
