import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { limits, ShardId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { testNodeId } from '@borgios/peertree/testing'
import { OpenPuts, type PutOrigin } from '../src/shards/open-puts.ts'

const shard = (index: number): ShardId =>
  ShardId.fromBytes(Uint8Array.from({ length: 32 }, (_, at) => (index >> (8 * at)) & 255))
const origin = (node: number, put: number): PutOrigin => ({ node: testNodeId(node), put: `put-${put}` })

describe('puts under way', () => {
  test('a put may take back what it alone brought, once', () => {
    const puts = new OpenPuts(new ManualTime())
    assert.ok(puts.claim(shard(1), origin(1, 1), true))
    assert.ok(puts.claim(shard(2), origin(1, 1), true))
    assert.ok(puts.claim(shard(2), origin(1, 1), false), 'the same again changes nothing')
    assert.deepEqual(puts.settle(origin(1, 1)), [shard(1), shard(2)])
    assert.ok(puts.release(shard(1)))
    assert.ok(!puts.release(shard(1)))
    assert.deepEqual(puts.settle(origin(1, 1)), [])
  })

  test('nobody else can, nor another put of the same node', () => {
    const puts = new OpenPuts(new ManualTime())
    puts.claim(shard(1), origin(1, 1), true)
    assert.deepEqual(puts.settle(origin(2, 1)), [])
    assert.deepEqual(puts.settle(origin(1, 2)), [])
    assert.ok(puts.has(shard(1)))
  })

  for (const [what, other] of [
    ['another node', origin(2, 1)],
    ['another put of the same node', origin(1, 2)],
    ['a repair', undefined],
  ] as const) {
    test(`what ${what} brings, too, stays`, () => {
      const puts = new OpenPuts(new ManualTime())
      puts.claim(shard(1), origin(1, 1), true)
      assert.ok(puts.claim(shard(1), other, false))
      assert.ok(!puts.has(shard(1)))
      assert.deepEqual(puts.settle(origin(1, 1)), [])
      if (other !== undefined) assert.deepEqual(puts.settle(other), [])
    })

    test(`what ${what} brings while it is being taken back stays`, () => {
      const puts = new OpenPuts(new ManualTime())
      puts.claim(shard(1), origin(1, 1), true)
      assert.deepEqual(puts.settle(origin(1, 1)), [shard(1)])
      assert.ok(puts.claim(shard(1), other, false))
      assert.ok(!puts.release(shard(1)))
    })
  }

  test('what was here before stays', () => {
    const puts = new OpenPuts(new ManualTime())
    puts.claim(shard(1), origin(1, 1), false)
    assert.deepEqual(puts.settle(origin(1, 1)), [])
  })

  test('a put that is over brings nothing any more', () => {
    const puts = new OpenPuts(new ManualTime())
    puts.settle(origin(1, 1))
    assert.ok(!puts.claim(shard(1), origin(1, 1), true))
    assert.ok(puts.claim(shard(1), origin(2, 1), true))
  })

  test('after a long silence, or when its node went down, it can take nothing back', () => {
    const time = new ManualTime()
    const puts = new OpenPuts(time)
    puts.claim(shard(1), origin(1, 1), true)
    time.advance(limits.store.openPutMs)
    assert.ok(puts.has(shard(1)))
    puts.claim(shard(2), origin(1, 1), true)
    time.advance(limits.store.openPutMs + 1)
    assert.ok(!puts.has(shard(1)))
    puts.claim(shard(3), origin(1, 1), true)
    assert.deepEqual(puts.settle(origin(1, 1)), [shard(3)])
    puts.claim(shard(4), origin(2, 1), true)
    time.advance(limits.store.openPutMs + 1)
    assert.deepEqual(puts.settle(origin(2, 1)), [])
    puts.claim(shard(5), origin(3, 1), true)
    puts.forget(testNodeId(3))
    assert.ok(!puts.has(shard(5)))
    assert.deepEqual(puts.settle(origin(3, 1)), [])
  })

  test('one node has a bounded part of the memory', () => {
    const { openPutsPerNode, openShardsPerNode, settledPutsPerNode } = limits.store
    const puts = new OpenPuts(new ManualTime())
    for (let at = 0; at <= openPutsPerNode; at += 1) puts.claim(shard(at), origin(1, at), true)
    assert.ok(!puts.has(shard(openPutsPerNode)))
    puts.claim(shard(1000), origin(2, 1), true)
    assert.ok(puts.has(shard(1000)), 'another one has its own')
    for (let at = 0; at <= openShardsPerNode; at += 1) puts.claim(shard(2000 + at), origin(3, 1), true)
    assert.equal(puts.settle(origin(3, 1)).length, openShardsPerNode)
    for (let at = 0; at <= settledPutsPerNode; at += 1) puts.settle(origin(4, at))
    assert.ok(puts.claim(shard(1), origin(4, 0), true), 'the oldest is forgotten')
    assert.ok(!puts.claim(shard(1), origin(4, settledPutsPerNode), true))
  })
})
