import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OperatorId } from '@borgios/core'
import { testNodeId } from '@borgios/peertree/testing'
import fc from 'fast-check'
import { type Candidate, candidatesOf, operatorCount, Placement, rank } from '../src/placement/placement.ts'
import { propertyRuns } from './full-slice.ts'

const operator = (index: number) => OperatorId.fromBytes(new Uint8Array(32).fill(index))
const candidate = (index: number, by = index, place = `place-${index}`): Candidate => ({
  node: testNodeId(index),
  operator: operator(by),
  place,
})
const crowd = fc
  .array(fc.record({ by: fc.nat(9), place: fc.nat(4) }), { maxLength: 24 })
  .map((all) => all.map(({ by, place }, index) => candidate(index, by, `place-${place}`)))

function takeAll(placement: Placement, count: number): Candidate[] {
  return Array.from({ length: count }, () => placement.next()).filter((chosen) => chosen !== undefined)
}

describe('placement', () => {
  test('never repeats a node or an operator, and uses as many operators as there are', () => {
    fc.assert(
      fc.property(fc.string(), crowd, fc.integer({ min: 1, max: 14 }), (key, candidates, count) => {
        const chosen = takeAll(new Placement(key, candidates), count)
        assert.equal(new Set(chosen.map(({ node }) => node)).size, chosen.length)
        assert.equal(operatorCount(chosen), chosen.length)
        assert.equal(chosen.length, Math.min(count, operatorCount(candidates)))
      }),
      { numRuns: propertyRuns(200) },
    )
  })

  test('does not depend on the order of the candidates', () => {
    fc.assert(
      fc.property(fc.string(), crowd, (key, candidates) => {
        assert.deepEqual(
          takeAll(new Placement(key, candidates), 5),
          takeAll(new Placement(key, [...candidates].reverse()), 5),
        )
      }),
      { numRuns: propertyRuns(100) },
    )
  })

  test('stays away from nodes, operators and, if it can, places that hold the stripe already', () => {
    const holders = [candidate(1, 1, 'here'), candidate(2, 2, 'there')]
    const candidates = [...holders, candidate(3, 1, 'far'), candidate(4, 4, 'here'), candidate(5, 5, 'elsewhere')]
    const chosen = takeAll(new Placement('key', candidates, holders), 5)
    assert.deepEqual(
      chosen.map(({ node }) => node),
      [testNodeId(5), testNodeId(4)],
    )
  })

  test('uses each place once before any place twice', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const candidates = Array.from({ length: 12 }, (_, index) => candidate(index, index, `place-${index % 3}`))
        const places = takeAll(new Placement(key, candidates), 3).map(({ place }) => place)
        assert.equal(new Set(places).size, 3)
      }),
      { numRuns: propertyRuns(100) },
    )
  })

  test('goes on to the next node of the same operator after a failure', () => {
    const candidates = [candidate(1, 7), candidate(2, 7)]
    const placement = new Placement('key', candidates)
    const first = placement.next()
    assert.ok(first !== undefined)
    assert.equal(placement.next(), undefined)
    placement.failed(first)
    assert.deepEqual([first.node, placement.next()?.node].sort(), [testNodeId(1), testNodeId(2)].sort())
  })

  test('is balanced: of many stripes each node gets its share', () => {
    const candidates = Array.from({ length: 10 }, (_, index) => candidate(index))
    const count = new Map<string, number>()
    for (let stripe = 0; stripe < 2000; stripe += 1)
      for (const { node } of takeAll(new Placement(`stripe ${stripe}`, candidates), 5))
        count.set(node, (count.get(node) ?? 0) + 1)
    // 1000 each, binomial with a standard deviation of 22.
    for (const shards of count.values()) assert.ok(Math.abs(shards - 1000) < 120, `${shards}`)
  })

  test('a node that leaves moves only its own shards', () => {
    const candidates = Array.from({ length: 10 }, (_, index) => candidate(index))
    for (let stripe = 0; stripe < 50; stripe += 1) {
      const before = rank(`stripe ${stripe}`, candidates)
      const after = rank(`stripe ${stripe}`, candidates.slice(1))
      assert.deepEqual(
        after,
        before.filter(({ node }) => node !== testNodeId(0)),
      )
    }
  })

  test('only members that are up and offer to store are candidates', () => {
    const member = (index: number, state: 'up' | 'down', services: string[]) => ({
      ...{ ...candidate(index), release: '', addresses: [], sinceMs: 0, state, services },
    })
    const members = [member(1, 'up', ['store']), member(2, 'down', ['store']), member(3, 'up', ['compute'])]
    assert.deepEqual(
      candidatesOf(members).map(({ node }) => node),
      [testNodeId(1)],
    )
  })
})
