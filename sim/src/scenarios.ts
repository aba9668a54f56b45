import { assert } from '@borgios/core'
import { positionOf } from '@borgios/peertree'
import type { Host } from './host.ts'
import { broadcastFault, directoryFault, heightFault, settle, treeFault } from './liveness.ts'
import { type Stepper, World } from './world.ts'

/** One named misfortune of a settled tree. */
export interface Scenario {
  readonly name: string
  readonly nodes: number
  readonly degree: number
  /** The tree must be whole again this long after. */
  readonly healWithinMs: number
  /** Everybody must know who is gone this long after; 30 s if not said. */
  readonly knownWithinMs?: number
  /** Does the damage; time may pass in it. */
  readonly strike: (world: World) => void
}

export interface ScenarioResult {
  /** Until one sound tree stood again. */
  readonly treeMs: number
  /** Until everybody also knew who is up. */
  readonly membersMs: number
}

export const members = (world: World): Host[] =>
  world.hosts.filter((host) => host.alive && !host.frozen && host.role === 'member' && !host.hasExpired(world.nowMs))

const at = (world: World, depth: number): Host[] =>
  members(world).filter(({ state }) => state !== undefined && positionOf(state).depth === depth)

const rootOf = (world: World): Host => must(at(world, 0)[0])

function must(host: Host | undefined): Host {
  assert(host !== undefined, 'the scenario finds the host it needs')
  return host
}

const parentOf = (world: World, host: Host): Host => {
  const parent = host.state === undefined ? undefined : positionOf(host.state).parent
  return must(parent === undefined ? undefined : world.hostOf(parent))
}

const deepest = (world: World): Host =>
  members(world).reduce((deep, host) => ((host.state?.path.length ?? 0) > (deep.state?.path.length ?? 0) ? host : deep))

/** Every other host, cut off from the rest for a while. */
function splitFor(world: World, forMs: number): void {
  const left = world.hosts.filter((host) => host.index % 2 === 0).map((host) => host.index)
  const right = world.hosts.filter((host) => host.index % 2 === 1).map((host) => host.index)
  world.network.split(left, right)
  world.run(forMs / 2)
  for (const index of [0, 1]) world.publish(must(world.hosts[index]))
  world.run(forMs / 2)
  world.network.heal()
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'the root dies',
    nodes: 40,
    degree: 3,
    healWithinMs: 3_000,
    strike: (world) => world.crash(rootOf(world)),
  },
  {
    name: 'the root and the last node die together',
    nodes: 40,
    degree: 3,
    healWithinMs: 3_000,
    strike: (world) => {
      world.crash(deepest(world))
      world.crash(rootOf(world))
    },
  },
  {
    name: 'root and eldest child die together',
    nodes: 40,
    degree: 3,
    healWithinMs: 3_000,
    strike: (world) => {
      const root = rootOf(world)
      const [eldest] = root.state === undefined ? [] : positionOf(root.state).children
      world.crash(must(eldest === undefined ? undefined : world.hostOf(eldest)))
      world.crash(root)
    },
  },
  {
    name: 'parent and grandparent die together',
    nodes: 40,
    degree: 3,
    healWithinMs: 3_000,
    strike: (world) => {
      const parent = parentOf(world, deepest(world))
      world.crash(parentOf(world, parent))
      world.crash(parent)
    },
  },
  {
    name: 'a leaf and its parent die together',
    nodes: 40,
    degree: 3,
    healWithinMs: 3_000,
    knownWithinMs: 4_000,
    strike: (world) => {
      const leaf = deepest(world)
      world.crash(parentOf(world, leaf))
      world.crash(leaf)
    },
  },
  {
    name: 'the machine of a leaf and its parent loses power',
    nodes: 40,
    degree: 3,
    healWithinMs: 7_000,
    knownWithinMs: 10_000,
    strike: (world) => {
      const leaf = deepest(world)
      world.crash(parentOf(world, leaf), true)
      world.crash(leaf, true)
    },
  },
  {
    name: 'a leaf and its parent freeze together',
    nodes: 40,
    degree: 3,
    healWithinMs: 7_000,
    knownWithinMs: 10_000,
    strike: (world) => {
      const leaf = deepest(world)
      world.freeze(parentOf(world, leaf))
      world.freeze(leaf)
    },
  },
  {
    name: 'the machine of the root loses power',
    nodes: 40,
    degree: 3,
    healWithinMs: 7_000,
    strike: (world) => world.crash(rootOf(world), true),
  },
  {
    name: 'half the nodes die at once',
    nodes: 40,
    degree: 3,
    healWithinMs: 8_000,
    knownWithinMs: 8_000,
    strike: (world) => {
      for (const host of members(world)) if (host.index % 2 === 0) world.crash(host)
    },
  },
  {
    name: 'three of four machines lose power, more than can be dialed at once',
    nodes: 200,
    degree: 8,
    healWithinMs: 15_000,
    knownWithinMs: 30_000,
    strike: (world) => {
      for (const host of members(world)) if (host.index % 4 !== 0) world.crash(host, true)
    },
  },
  {
    name: 'all but one die at once',
    nodes: 20,
    degree: 3,
    healWithinMs: 8_000,
    knownWithinMs: 4_000,
    strike: (world) => {
      for (const host of members(world).slice(1)) world.crash(host)
    },
  },
  {
    name: 'the invitation of an operator with two nodes ends',
    nodes: 20,
    degree: 3,
    healWithinMs: 3_000,
    knownWithinMs: 3_000,
    strike: (world) => {
      const until = world.nowMs + 20_000
      for (let count = 0; count < 2; count += 1) {
        const host = world.addHost()
        host.invitedUntilMs = until
        world.boot(host, [rootOf(world)])
      }
      settle(world, 10_000, treeFault, directoryFault)
      // Below them hang nodes that stay.
      for (let count = 0; count < 10; count += 1) world.boot(world.addHost(), [must(world.hosts[0])])
      settle(world, until - world.nowMs - 1_000, treeFault, directoryFault)
      world.run(until - world.nowMs + 1)
    },
  },
  {
    name: 'a split in halves, healed after 20 s',
    nodes: 40,
    degree: 3,
    healWithinMs: 25_000,
    strike: (world) => splitFor(world, 20_000),
  },
  {
    name: 'the root freezes',
    nodes: 40,
    degree: 3,
    healWithinMs: 7_000,
    strike: (world) => world.freeze(rootOf(world)),
  },
  {
    name: 'a frozen root comes back',
    nodes: 40,
    degree: 3,
    healWithinMs: 8_000,
    strike: (world) => {
      const root = rootOf(world)
      world.freeze(root)
      world.run(12_000)
      world.thaw(root)
    },
  },
  {
    name: 'fifty join at once',
    nodes: 1,
    degree: 8,
    healWithinMs: 3_000,
    strike: (world) => {
      for (let count = 0; count < 50; count += 1) world.boot(world.addHost(), [must(world.hosts[0])])
    },
  },
  {
    name: 'a node joins through a dead contact and a live one',
    nodes: 10,
    degree: 3,
    healWithinMs: 3_000,
    strike: (world) => {
      const dead = must(world.hosts[3])
      world.crash(dead)
      world.boot(world.addHost(), [dead, must(world.hosts[5])])
    },
  },
  {
    name: 'a node dies in the middle of a broadcast',
    nodes: 40,
    degree: 3,
    healWithinMs: 3_000,
    strike: (world) => {
      for (const host of members(world).slice(0, 10)) world.publish(host)
      world.run(25)
      world.crash(must(at(world, 1)[0]))
    },
  },
  {
    name: 'everybody starts at once and knows everybody',
    nodes: 0,
    degree: 3,
    healWithinMs: 8_000,
    strike: (world) => {
      for (let count = 0; count < 12; count += 1) world.addHost()
      for (const host of world.hosts) world.boot(host, world.hosts)
    },
  },
]

/** Builds the tree, strikes, and waits until it is whole and lowest again, with every broadcast delivered. Throws what stays broken. */
export function runScenario(scenario: Scenario, seed: number, stepper?: Stepper): ScenarioResult {
  const world = new World({ seed, degree: scenario.degree, ...(stepper === undefined ? {} : { stepper }) })
  for (let count = 0; count < scenario.nodes; count += 1) {
    const first = world.hosts[0]
    world.boot(world.addHost(), first === undefined ? [] : [first])
  }
  if (scenario.nodes > 0) settle(world, 120_000, treeFault, directoryFault, heightFault)
  world.run(10_000)
  scenario.strike(world)
  const treeMs = settle(world, scenario.healWithinMs, treeFault)
  const membersMs = treeMs + settle(world, (scenario.knownWithinMs ?? 30_000) - treeMs, treeFault, directoryFault)
  for (const host of members(world).slice(0, 5)) world.publish(host, 'everyone')
  settle(world, 30_000, broadcastFault)
  settle(world, 120_000, heightFault, treeFault, directoryFault)
  return { treeMs, membersMs }
}
