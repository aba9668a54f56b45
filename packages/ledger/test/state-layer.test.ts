import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '@borgios/core'
import { type FinalState, openMemoryState, type StateLayer } from '../src/index.ts'
import { listedTexts, plainTexts, testTables } from './state-tables.ts'

const pointAt = (height: number) => ({ height, epoch: 0, block: new Uint8Array(32).fill(height) })

const finalized = (state: FinalState, height: number, write: (layer: StateLayer) => void): void => {
  const layer = state.layer()
  write(layer)
  state.finalize(layer, pointAt(height))
}

test('a layer reads what it wrote, what it did not write from below, and the state below stays as it was', () => {
  const state = openMemoryState(testTables)
  finalized(state, 1, (layer) => {
    layer.set(plainTexts, 1, 'one')
    layer.set(plainTexts, 2, 'two')
  })
  const layer = state.layer()
  layer.set(plainTexts, 2, undefined)
  layer.set(plainTexts, 3, 'three')
  assert.deepEqual(
    [1, 2, 3].map((key) => layer.get(plainTexts, key)),
    ['one', undefined, 'three'],
  )
  assert.deepEqual(
    [1, 2, 3].map((key) => state.get(plainTexts, key)),
    ['one', 'two', undefined],
  )
})

test('a failed attempt is undone, the outer one goes on', () => {
  const layer = openMemoryState(testTables).layer()
  layer.set(listedTexts, 1, 'before')
  layer.attempt(() => {
    layer.set(listedTexts, 2, 'outer')
    assert.throws(
      () =>
        layer.attempt(() => {
          layer.set(listedTexts, 1, undefined)
          layer.set(listedTexts, 2, 'inner')
          layer.set(listedTexts, 3, 'inner')
          throw new Error('no')
        }),
      /no/,
    )
  })
  assert.deepEqual(
    [...layer.list(listedTexts)],
    [
      [1, 'before'],
      [2, 'outer'],
    ],
  )
})

test('what is listed comes in order, from a key on, merged over layers', () => {
  const state = openMemoryState(testTables)
  finalized(state, 1, (layer) => {
    for (const key of [300, 5, 256, 7]) layer.set(listedTexts, key, `${key}`)
  })
  const first = state.layer()
  first.set(listedTexts, 7, undefined)
  first.set(listedTexts, 255, 'new')
  const second = first.layer()
  second.set(listedTexts, 7, 'again')
  second.set(listedTexts, 300, undefined)
  assert.deepEqual(
    [...second.list(listedTexts)].map(([key]) => key),
    [5, 7, 255, 256],
  )
  assert.deepEqual(
    [...second.list(listedTexts, 8)],
    [
      [255, 'new'],
      [256, '256'],
    ],
  )
})

test('the root says what is in the state, not how it came to be', () => {
  const one = openMemoryState(testTables)
  finalized(one, 1, (layer) => {
    layer.set(plainTexts, 1, 'x')
    layer.set(listedTexts, 1, 'y')
  })
  const other = openMemoryState(testTables)
  const empty = other.root
  finalized(other, 1, (layer) => {
    layer.set(listedTexts, 1, 'z')
    layer.set(plainTexts, 9, 'gone')
  })
  finalized(other, 2, (layer) => {
    layer.set(plainTexts, 9, undefined)
    layer.set(plainTexts, 1, 'x')
    layer.set(listedTexts, 1, 'y')
  })
  assert.deepEqual(one.root, other.root)
  finalized(other, 3, (layer) => {
    layer.set(plainTexts, 1, undefined)
    layer.set(listedTexts, 1, undefined)
  })
  assert.deepEqual(other.root, empty)
})

test('once a block is final its siblings and all that stood on them are gone, its children stand', () => {
  const state = openMemoryState(testTables)
  const final = state.layer()
  final.set(plainTexts, 1, 'final')
  const sibling = state.layer()
  sibling.set(plainTexts, 1, 'sibling')
  const niece = sibling.layer()
  const child = final.layer()
  child.set(plainTexts, 2, 'child')
  state.finalize(final, pointAt(1))
  for (const gone of [final, sibling, niece]) {
    assert.throws(() => gone.get(plainTexts, 1), AssertionError)
    assert.throws(() => gone.root(), AssertionError)
  }
  assert.equal(child.get(plainTexts, 1), 'final')
  state.finalize(child, pointAt(2))
  assert.equal(state.get(plainTexts, 2), 'child')
})

test('a layer whose root is known is not written any more', () => {
  const layer = openMemoryState(testTables).layer()
  layer.root()
  assert.throws(() => layer.set(plainTexts, 1, 'late'), AssertionError)
})

test('changes name each record that is not as it was, with what it was', () => {
  const state = openMemoryState(testTables)
  finalized(state, 1, (layer) => {
    layer.set(plainTexts, 1, 'old')
    layer.set(plainTexts, 2, 'gone')
    layer.set(plainTexts, 3, 'same')
  })
  const layer = state.layer()
  layer.set(plainTexts, 1, 'new')
  layer.set(plainTexts, 2, undefined)
  layer.set(plainTexts, 3, 'other')
  layer.set(plainTexts, 3, 'same')
  layer.set(plainTexts, 4, 'fresh')
  layer.get(plainTexts, 5)
  assert.deepEqual(
    [...layer.changes()].map(({ table, key, before, after }) => [table.decodeKey(key), before, after]),
    [
      [1, 'old', 'new'],
      [2, 'gone', undefined],
      [4, undefined, 'fresh'],
    ],
  )
})
