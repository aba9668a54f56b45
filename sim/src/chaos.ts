import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import type { Host } from './host.ts'
import { broadcastFault, directoryFault, heightFault, settle, treeFault } from './liveness.ts'
import { type Stepper, World } from './world.ts'

export interface ChaosOptions {
  readonly seed: number
  /** Members to begin with. */
  readonly nodes: number
  readonly stepper?: Stepper
  readonly trace?: boolean
  readonly schemas?: boolean
  /** Whether directions are cut too; true by default. Without cuts nobody who lives is ever declared down. */
  readonly cuts?: boolean
}

export interface ChaosResult {
  readonly world: World
  /** Until one sound tree stood, everybody was known and every broadcast was there, after all faults ended. */
  readonly healedMs: number
}

const CHAOS_MS = 25_000
/** Generous: what counts here is that it comes to rest, the scenarios say how fast. */
const SETTLE_MS = 60_000
const BALANCE_MS = 180_000

/** A world that suffers random faults for a while, then none; it must come to rest as one tree. Throws what is broken. */
export function runChaos(options: ChaosOptions): ChaosResult {
  const plan = new SeededRandom(options.seed + 0x5eed)
  const degree = plan.pick([2, 3, 8]) ?? 8
  const world = new World({ ...options, degree })
  const first = world.addHost()
  world.boot(first, [])
  for (let count = 1; count < options.nodes; count += 1) join(world, plan)
  if (plan.chance(0.5)) world.boot(world.addHost('guest'), someLive(world, plan))
  world.run(2_000 + plan.below(6_000))
  world.network.weather = {
    minDelayMs: 1,
    maxDelayMs: plan.pick([20, 100, 400]) ?? 20,
    drop: plan.pick([0, 0, 0.01, 0.05]) ?? 0,
    duplicate: plan.pick([0, 0.02]) ?? 0,
    reorder: plan.pick([0, 0.1]) ?? 0,
  }
  const untilMs = world.nowMs + CHAOS_MS
  while (world.nowMs < untilMs) {
    disturb(world, plan, options.cuts ?? true)
    world.run(plan.below(2_000))
  }
  world.network.heal()
  for (const host of world.hosts) world.thaw(host)
  // Everybody has its address, so whoever knows nobody else alive finds the others through it.
  if (!first.alive) world.boot(first, live(world).slice(0, limits.tree.maxContacts))
  const healedMs = settle(world, SETTLE_MS, treeFault, directoryFault, broadcastFault)
  settle(world, BALANCE_MS, heightFault, treeFault, directoryFault)
  return { world, healedMs }
}

const live = (world: World): Host[] => world.hosts.filter((host) => host.alive && host.role === 'member')

/** A few hosts to join through: some live, some dead, and the first of all. */
function someLive(world: World, plan: SeededRandom): Host[] {
  const members = world.hosts.filter((host) => host.role === 'member')
  const picked = [plan.pick(members), plan.pick(live(world)), members[0]]
  return picked.filter((host) => host !== undefined)
}

function join(world: World, plan: SeededRandom): void {
  const contacts = someLive(world, plan)
  const host = world.addHost()
  world.plan(plan.below(3_000), () => world.boot(host, contacts))
}

function disturb(world: World, plan: SeededRandom, cuts: boolean): void {
  const host = plan.pick(live(world))
  if (host === undefined) return
  const kind = plan.below(16)
  if (kind < 6) {
    if (!host.frozen) world.publish(host, plan.chance(0.3) ? 'everyone' : 'members')
  } else if (kind < 8) world.crash(host, plan.chance(0.3))
  else if (kind < 10) restartOne(world, plan)
  else if (kind === 10) {
    world.freeze(host)
    world.plan(plan.below(12_000), () => world.thaw(host))
  } else if (kind === 11 || kind === 12) {
    if (!cuts) return
    if (kind === 11) cutOne(world, plan, host)
    else splitAll(world, plan)
  } else if (kind === 13) world.stop(host)
  else if (kind === 14) join(world, plan)
  else crashTheTop(world, plan)
}

function restartOne(world: World, plan: SeededRandom): void {
  const dead = plan.pick(world.hosts.filter((host) => !host.alive && host.life > 0))
  if (dead !== undefined) world.boot(dead, someLive(world, plan))
}

/** One direction between one host and some others carries nothing for a while. */
function cutOne(world: World, plan: SeededRandom, host: Host): void {
  for (const other of world.hosts) if (plan.chance(0.3)) world.network.cut(host.index, other.index)
}

function splitAll(world: World, plan: SeededRandom): void {
  const left = world.hosts.map((host) => host.index).filter(() => plan.chance(0.5))
  const right = world.hosts.map((host) => host.index).filter((index) => !left.includes(index))
  world.network.split(left, right)
  const { weather } = world.network
  world.plan(plan.below(15_000), () => {
    world.network.heal()
    world.network.weather = weather
  })
}

/** The root and some others at once. */
function crashTheTop(world: World, plan: SeededRandom): void {
  for (const host of live(world)) {
    const isTop = host.state?.path.length === 1
    if (isTop || plan.chance(0.15)) world.crash(host)
  }
}
