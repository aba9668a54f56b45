import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StateProof, stateRootOf } from '@borgios/protocol'
import fc from 'fast-check'
import { type FinalState, openMemoryState, type StateLayer } from '../src/index.ts'
import { bucketNumber, findValue } from '../src/state/bucket.ts'
import { propertyRuns } from './full-slice.ts'
import { crowdedKeys, StateModel } from './state-model.ts'
import { listedTexts, plainTexts, testTables } from './state-tables.ts'

/** A layer, what it should hold, and the layers under it, which have to be final before it. */
interface Block {
  readonly layer: StateLayer
  readonly model: StateModel
  readonly parent: Block | undefined
  isComplete: boolean
}

/** A final state, blocks over it, and what all of it should hold. */
class World {
  readonly state: FinalState = openMemoryState(testTables)
  model = new StateModel()
  blocks: Block[] = []
  height = 0

  /** Over the final state or over some block, which is complete then. */
  open(choice: number): void {
    if (this.blocks.length >= 8) return
    const parent = this.blocks[choice % (this.blocks.length + 1)]
    if (parent !== undefined) parent.isComplete = true
    const layer = parent?.layer.layer() ?? this.state.layer()
    const block = { layer, model: new StateModel(parent?.model ?? this.model), parent, isComplete: false }
    this.blocks.push(block)
  }

  write(choice: number, writes: readonly Write[], fails: boolean): void {
    const open = this.blocks.filter(({ isComplete }) => !isComplete)
    const block = open[choice % Math.max(open.length, 1)]
    if (block === undefined) return
    const apply = (): void => {
      for (const { table, key, value } of writes) block.layer.set(table, key, value)
      if (fails) throw new Error('failed')
    }
    if (fails) assert.throws(() => block.layer.attempt(apply), /failed/)
    else {
      block.layer.attempt(apply)
      for (const { table, key, value } of writes) block.model.set(table, key, value)
    }
    block.model.assertSame(block.layer, crowdedKeys.slice(0, 12))
  }

  finalize(choice: number): void {
    const candidates = this.blocks.filter(({ parent }) => parent === undefined)
    const block = candidates[choice % Math.max(candidates.length, 1)]
    if (block === undefined) return
    this.height += 1
    this.state.finalize(block.layer, { height: this.height, epoch: 0, block: new Uint8Array(32) })
    this.model = block.model
    const survivors = new Map<Block, Block>()
    for (const child of this.blocks) {
      const isChild = child.parent === block
      const parent = child.parent === undefined ? undefined : survivors.get(child.parent)
      if (isChild || parent !== undefined) survivors.set(child, { ...child, parent })
    }
    this.blocks = [...survivors.values()]
  }

  check(): void {
    this.model.assertSame(this.state, crowdedKeys)
    assert.deepEqual(this.state.root, this.model.root())
    for (const block of this.blocks) {
      block.model.assertSame(block.layer, crowdedKeys)
      if (block.isComplete) assert.deepEqual(block.layer.root(), block.model.root())
    }
  }
}

interface Write {
  readonly table: typeof plainTexts
  readonly key: number
  readonly value: string | undefined
}

const key = fc.constantFrom(...crowdedKeys)
const write: fc.Arbitrary<Write> = fc.record({
  table: fc.constantFrom(plainTexts, listedTexts),
  key,
  value: fc.option(fc.string({ maxLength: 300 }), { nil: undefined, freq: 3 }),
})
const choice = fc.nat(100)
const writes = fc.array(write, { minLength: 1, maxLength: 12 })
type Action = (world: World) => void
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          world.open(at),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(choice, writes).map(
      ([at, w]): Action =>
        (world) =>
          world.write(at, w, false),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(choice, writes).map(
      ([at, w]): Action =>
        (world) =>
          world.write(at, w, true),
    ),
  },
  {
    weight: 2,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          world.finalize(at),
    ),
  },
  { weight: 1, arbitrary: fc.constant((world: World) => world.check()) },
)

test('layers, attempts and final blocks hold what a plain map holds, with the root as defined', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 60 }), (actions) => {
      const world = new World()
      for (const act of actions) act(world)
      world.check()
    }),
    { numRuns: propertyRuns(60) },
  )
})

/** What a proof shows under a key, if it leads to the root. */
function proven(proof: StateProof, root: Uint8Array, name: Uint8Array): string | undefined {
  assert.deepEqual(stateRootOf(bucketNumber(plainTexts.id, name), proof), root)
  const value = findValue(proof.bucket, plainTexts.id, name)
  return value === undefined ? undefined : plainTexts.decode(value)
}

test('a proof shows what is there and what is not; a snapshot goes on proving its height', () => {
  fc.assert(
    fc.property(writes, writes, key, (first, second, asked) => {
      const world = new World()
      const model = new StateModel()
      const name = plainTexts.encodeKey(asked)
      for (const step of [first, second]) {
        const snapshot = world.height > 0 ? world.state.snapshot() : undefined
        const before = model.of(plainTexts).get(asked)
        world.open(0)
        world.write(0, step, false)
        for (const { table, key: at, value } of step) model.set(table, at, value)
        world.finalize(0)
        const value = model.of(plainTexts).get(asked)
        assert.equal(proven(world.state.prove(plainTexts, asked), world.state.root, name), value)
        if (snapshot === undefined) continue
        assert.equal(proven(snapshot.prove(plainTexts, asked), snapshot.root, name), before)
      }
    }),
    { numRuns: propertyRuns(30) },
  )
})
