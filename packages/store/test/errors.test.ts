import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { testNodeId } from '@borgios/peertree/testing'
import { assertUsableCoding } from '../src/coding/stripe-record.ts'
import { nodeFailure, peerRefused, placementShort, quorumShort, storeFull } from '../src/errors.ts'
import { codingThatFits } from '../src/placement/coding-that-fits.ts'

describe('the coding that fits', () => {
  for (const wished of [
    { data: 3, parity: 2 },
    { data: 10, parity: 4 },
    { data: 2, parity: 1 },
    { data: 1, parity: 5 },
    { data: 4, parity: 0 },
  ]) {
    test(`instead of ${wished.data}+${wished.parity}, for 1 to 20 operators`, () => {
      for (let operators = 1; operators <= 20; operators += 1) {
        const fits = codingThatFits(operators, wished)
        assertUsableCoding(fits)
        if (operators >= wished.data + wished.parity) assert.deepEqual(fits, wished)
        // All operators are used, and from two on the loss of any one is survived.
        else assert.equal(fits.data + fits.parity, operators)
        if (operators > 1 && wished.parity > 0) assert.ok(fits.parity > 0 && fits.parity <= wished.parity)
      }
    })
  }

  test('in the usual case', () => {
    const fits = [1, 2, 3, 4, 5, 6].map((operators) => codingThatFits(operators, { data: 3, parity: 2 }))
    assert.deepEqual(
      fits.map(({ data, parity }) => `${data}+${parity}`),
      ['1+0', '1+1', '2+1', '3+1', '3+2', '3+2'],
    )
  })
})

describe('what people are told', () => {
  test('when there are too few nodes: how many there are and which coding they can hold', () => {
    const coding = { data: 3, parity: 2 }
    assert.match(
      placementShort(coding, 1, 1).message,
      /only 1 node of 1 operator offers to store; start more nodes, or choose the coding 1\+0 \(--coding 1\+0\), with which the file is lost with that node$/,
    )
    assert.match(
      placementShort(coding, 2, 2).message,
      /only 2 nodes of 2 operators offer .* choose the coding 1\+1 \(--coding 1\+1\)$/,
    )
    assert.match(placementShort(coding, 7, 4).message, /only 7 nodes of 4 operators offer .* the coding 3\+1 /)
    assert.match(placementShort(coding, 0, 0).message, /only 0 nodes of 0 operators offer to store; start more nodes$/)
  })

  test('when nodes are full: which, how full, and what to do about it', () => {
    const [here, there] = [testNodeId(1), testNodeId(2)]
    const full = [
      nodeFailure(here, storeFull(0), 1_048_576),
      nodeFailure(there, peerRefused(there, 'exhausted', 'STORE_DISK_FULL', 524_288), 1_048_576),
    ]
    const { message } = quorumShort('stripe 3', 4, 3, full)
    assert.match(message, /only 3 of at least 4 shards of stripe 3/)
    assert.match(
      message,
      /is full \(0 B free, a shard takes 1\.0 MiB\); node \S+ is full \(512 KiB free, a shard takes/,
    )
    assert.match(message, /free some space there, raise their capacity or start more nodes/)
    assert.doesNotMatch(message, /no further node/)
  })

  test('when nodes are not there: that more are needed', () => {
    const { message } = quorumShort('stripe 3', 4, 3, [nodeFailure(testNodeId(1), new Error('it is gone'), 1)])
    assert.match(message, /it is gone.*try again once more nodes are up/)
    assert.match(quorumShort('stripe 3', 4, 3, []).message, /no further node is there/)
  })
})
