import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaderOf } from '@borgios/ledger'
import { fairWeather, LedgerWorld, type LedgerWorldOptions } from '@borgios/sim'
import { isFull } from './slice.ts'

const SKIP_MS = 300
const SKIP_GROWTH = 1.25

/** Honest validators on a quick network, all started. */
function calmWorld(options: Partial<LedgerWorldOptions> = {}): LedgerWorld {
  const world = new LedgerWorld({
    seed: 1,
    honest: 4,
    behaviours: [],
    epochBlocks: 100_000,
    isSwapped: false,
    isWeighted: false,
    ...options,
  })
  world.network.weather = { ...fairWeather, maxDelayMs: 10 }
  for (const host of world.hosts) world.boot(host)
  return world
}

const heights = (world: LedgerWorld): number[] => world.honest.map((host) => host.disk.store.height)

/** Virtual milliseconds until the first host has so many final blocks. */
function untilHeight(world: LedgerWorld, height: number): number {
  const startMs = world.nowMs
  while ((world.hosts[0]?.disk.store.height ?? 0) < height) {
    world.run(5)
    assert(world.nowMs - startMs < 600_000, `height ${height} is reached`)
  }
  return world.nowMs - startMs
}

test('a dead leader costs at most one time-out per round it would have led', () => {
  const blocks = 120
  const wholeMs = untilHeight(calmWorld(), blocks)
  const world = calmWorld()
  const dead = world.hosts[3]
  assert(dead !== undefined)
  world.crash(dead)
  const crippledMs = untilHeight(world, blocks)
  const rounds = blocks / 3
  assert(
    crippledMs - wholeMs <= rounds * SKIP_MS * SKIP_GROWTH,
    `${rounds} rounds cost ${crippledMs - wholeMs} ms more`,
  )
  const atLeastMs = (rounds / 8) * SKIP_MS
  assert(crippledMs - wholeMs >= atLeastMs, 'the dead one had turns')
})

test('from its second turn on a dead leader costs a part of a time-out only, but for every eighth', () => {
  const world = calmWorld()
  const dead = world.hosts[2]
  assert(dead !== undefined)
  world.crash(dead)
  untilHeight(world, 7)
  const pauses: number[] = []
  for (let height = 8; height < 20; height += 1) pauses.push(untilHeight(world, height))
  assert(Math.max(...pauses) < SKIP_MS, `the longest pause was ${Math.max(...pauses)} ms`)
})

test('a validator that was away for many blocks is final again soon', () => {
  const world = calmWorld({ seed: 2 })
  const away = world.hosts[1]
  assert(away !== undefined)
  untilHeight(world, 5)
  world.crash(away)
  untilHeight(world, isFull ? 10_000 : 300)
  world.boot(away)
  world.run(3_000)
  const [first = 0, back = 0] = heights(world)
  assert(first - back < 20, `it has ${back} blocks of ${first}`)
  const { state } = away
  assert(state !== undefined && [...state.slots.values()].some(({ own }) => own.notar !== undefined), 'it votes again')
})

test('a validator that was away over many epochs is final again soon', () => {
  const world = calmWorld({ seed: 3, epochBlocks: 5, isSwapped: true })
  const away = world.hosts[1]
  assert(away !== undefined)
  untilHeight(world, 3)
  world.crash(away)
  untilHeight(world, 150)
  world.boot(away)
  world.run(5_000)
  const [first = 0, back = 0] = heights(world)
  assert(first - back < 20, `it has ${back} blocks of ${first}`)
})

test('epochs follow each other, and committees change hands', () => {
  const world = calmWorld({ seed: 4, epochBlocks: 6, isSwapped: true })
  untilHeight(world, 60)
  for (const block of world.hosts[0]?.disk.store.blocks ?? []) {
    assert.equal(block.epoch, Math.floor((block.height - 1) / 6))
    assert.equal(block.isLast, block.height % 6 === 0)
  }
  const leaders = new Set(
    world.hosts[0]?.disk.store.blocks.map(({ epoch, leader }) => world.committees.of(epoch).validators[leader]?.key),
  )
  assert.equal(leaders.size, 5, 'each of the five led')
})

test('without work a block is made only so often, and as soon as there is some at once', () => {
  const world = calmWorld({ seed: 5 })
  untilHeight(world, 3)
  for (const host of world.hosts) world.give(host, { kind: 'work', isWaiting: false })
  world.run(2_000)
  const before = world.safety.height
  const steps = world.steps
  world.run(60_000)
  const made = world.safety.height - before
  assert(made >= 80 && made <= 100, `${made} blocks in a minute of 600 ms each`)
  assert(world.steps - steps < made * 120, `${world.steps - steps} steps for them`)
  for (const host of world.hosts) world.give(host, { kind: 'work', isWaiting: true })
  const atWork = world.safety.height
  world.run(300)
  assert(world.safety.height >= atWork + 3)
})

test('each leads once a round', () => {
  const world = calmWorld({ seed: 6, honest: 7 })
  const state = world.hosts[0]?.state
  assert(state !== undefined)
  for (let round = 0; round < 3; round += 1) {
    const leaders: number[] = Array.from({ length: 7 }, (_, turn) => leaderOf(state, round * 7 + turn))
    assert.deepEqual(leaders.sort(), [0, 1, 2, 3, 4, 5, 6])
  }
})
