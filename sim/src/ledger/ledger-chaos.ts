import { assert } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { fairWeather, type Weather } from '../network.ts'
import type { Behaviour } from './behaviour.ts'
import { behaviours, someBehaviours } from './behaviours.ts'
import type { LedgerCore } from './ledger-core.ts'
import type { LedgerHost } from './ledger-host.ts'
import { LedgerWorld } from './ledger-world.ts'

export interface LedgerChaosOptions {
  readonly seed: number
  readonly nodes: number
  /** Byzantine ones among them. */
  readonly faulty: number
  readonly core?: LedgerCore
  readonly trace?: boolean
  /** The colluders that more than a third are needed for. */
  readonly areColluding?: boolean
}

export interface LedgerChaosResult {
  readonly world: LedgerWorld
  readonly behaviours: readonly string[]
  /** From the end of all faults until enough blocks were final everywhere. */
  readonly liveAfterMs: number
}

const CHAOS_MS = 6_000
/** Blocks that must become final everywhere after all faults ended, and within which time. */
const BLOCKS_AFTER = 6
const LIVE_WITHIN_MS = 30_000
const LOOK_MS = 100

/** Validators that suffer every kind of fault for a while, then only the Byzantine ones. Throws what is broken, with the seed. */
export function runLedgerChaos(options: LedgerChaosOptions): LedgerChaosResult {
  const { seed, nodes, faulty } = options
  const plan = new SeededRandom(seed + 0x1ed6e4)
  const faults = options.areColluding === true ? colluders(plan, faulty) : someBehaviours(plan, faulty)
  const world = new LedgerWorld({
    ...options,
    honest: nodes - faulty,
    behaviours: faults,
    epochBlocks: plan.pick([3, 6, 12, 1_000]) ?? 6,
    isSwapped: plan.chance(0.4),
    isWeighted: plan.chance(0.25),
  })
  world.network.weather = someWeather(plan)
  for (const host of world.hosts) world.plan(plan.below(500), () => world.boot(host))
  world.killChance = plan.pick([0, 0, 0.002, 0.01]) ?? 0
  const pauseMs = plan.pick([300, 800, 2_500]) ?? 300
  while (world.nowMs < CHAOS_MS) {
    disturb(world, plan)
    world.run(50 + plan.below(2 * pauseMs))
  }
  heal(world)
  const liveAfterMs = settle(world)
  return { world, behaviours: faults.map(({ name }) => name), liveAfterMs }
}

function colluders(plan: SeededRandom, count: number): Behaviour[] {
  const kinds = [behaviours.equivocating, behaviours.equivocating, behaviours.stale, behaviours.backer]
  return Array.from({ length: count }, () => plan.pick(kinds) ?? behaviours.equivocating)
}

const someWeather = (plan: SeededRandom): Weather => ({
  minDelayMs: 1,
  maxDelayMs: plan.pick([20, 80, 250]) ?? 20,
  drop: plan.pick([0, 0.02, 0.1, 0.25]) ?? 0,
  duplicate: plan.pick([0, 0.05]) ?? 0,
  reorder: plan.pick([0, 0.3]) ?? 0,
})

function disturb(world: LedgerWorld, plan: SeededRandom): void {
  const host = plan.pick(world.honest)
  if (host === undefined) return
  const kind = plan.below(12)
  if (kind < 3) split(world, plan)
  else if (kind < 5) cutOneWay(world, plan, host)
  else if (kind < 8) restart(world, plan, host)
  else if (kind === 8) {
    host.disk.isFull = true
    world.plan(plan.below(2_500), () => {
      host.disk.isFull = false
    })
  } else if (kind === 9) {
    world.freeze(host)
    world.plan(plan.below(2_500), () => world.thaw(host))
  } else if (kind === 10) {
    const isWaiting = plan.chance(0.5)
    for (const one of world.hosts) if (plan.chance(0.8)) world.give(one, { kind: 'work', isWaiting })
  }
}

function healLater(world: LedgerWorld, afterMs: number): void {
  const { weather } = world.network
  world.plan(afterMs, () => {
    world.network.heal()
    world.network.weather = weather
  })
}

function split(world: LedgerWorld, plan: SeededRandom): void {
  const left = world.hosts.map((host) => host.index).filter(() => plan.chance(0.5))
  const right = world.hosts.map((host) => host.index).filter((index) => !left.includes(index))
  world.network.split(left, right)
  healLater(world, plan.below(2_500))
}

function cutOneWay(world: LedgerWorld, plan: SeededRandom, host: LedgerHost): void {
  for (const other of world.hosts) if (plan.chance(0.5)) world.network.cut(host.index, other.index)
  healLater(world, plan.below(2_500))
}

function restart(world: LedgerWorld, plan: SeededRandom, host: LedgerHost): void {
  const fallen = plan.chance(0.2) ? world.honest.filter(() => plan.chance(0.6)) : [host]
  for (const one of fallen) {
    world.crash(one)
    world.plan(plan.below(2_000), () => world.boot(one))
  }
}

function heal(world: LedgerWorld): void {
  world.killChance = 0
  world.network.heal()
  world.network.weather = { ...fairWeather, drop: 0.01 }
  for (const host of world.hosts) {
    host.disk.isFull = false
    world.thaw(host)
    world.boot(host)
    world.give(host, { kind: 'work', isWaiting: true })
  }
}

/** Until every honest node has enough new final blocks. */
function settle(world: LedgerWorld): number {
  const startMs = world.nowMs
  const goal = world.safety.height + BLOCKS_AFTER
  for (;;) {
    world.run(LOOK_MS)
    const heights = world.honest.map((host) => host.disk.store.height)
    if (Math.min(...heights) >= goal) return world.nowMs - startMs
    const where = `seed ${world.seed}, heights ${heights.join(' ')} of ${goal}`
    assert(world.nowMs - startMs < LIVE_WITHIN_MS, `blocks become final once the faults end (${where})`)
  }
}
