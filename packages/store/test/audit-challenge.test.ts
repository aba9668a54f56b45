import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NodeId, ShardId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import fc from 'fast-check'
import { AuditBudget } from '../src/audit/audit-budget.ts'
import { type AuditTarget, challengeOf, sampleOf } from '../src/audit/challenge.ts'
import { LEAF_BYTES, leafCountOf, merkleRoot, merkleTree } from '../src/coding/merkle.ts'
import { leafBytesAt, merklePath, pathBytesAt, rootOfPath } from '../src/coding/merkle-path.ts'
import { propertyRuns } from './full-slice.ts'
import { sampleBytes } from './store-cluster.ts'

const node = (fill: number): NodeId => NodeId.fromBytes(new Uint8Array(32).fill(fill))
const beacon = (seed: number): Uint8Array => new SeededRandom(seed).bytes(32)
const shard = (index: number): ShardId => ShardId.fromBytes(new SeededRandom(1_000_000 + index).bytes(32))
const equal = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.from(one).equals(other)

describe('Merkle paths', () => {
  const shardSizes = [
    ...[1, 64, LEAF_BYTES - 1, LEAF_BYTES, LEAF_BYTES + 1, 2 * LEAF_BYTES, 2 * LEAF_BYTES + 1],
    ...[3, 5, 6, 7, 11, 13].flatMap((leaves) => [leaves * LEAF_BYTES, leaves * LEAF_BYTES - 5_000]),
  ]

  test('of every leaf lead to the root, whatever the number of leaves', () => {
    for (const shardBytes of shardSizes) {
      const bytes = sampleBytes(shardBytes)
      const [tree, root] = [merkleTree(bytes), merkleRoot(bytes)]
      for (let leaf = 0; leaf < leafCountOf(shardBytes); leaf += 1) {
        const place = { shardBytes, leaf }
        const part = bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES)
        const path = merklePath(tree, leaf)
        assert.equal(part.length, leafBytesAt(place))
        assert.equal(path.length, pathBytesAt(place))
        assert.ok(equal(rootOfPath(place, part, path), root), `leaf ${leaf} of ${shardBytes} bytes`)
      }
    }
  })

  test('prove nothing once a bit of leaf or path is another', () => {
    const shardBytes = 7 * LEAF_BYTES - 3
    const bytes = sampleBytes(shardBytes)
    const [tree, root] = [merkleTree(bytes), merkleRoot(bytes)]
    fc.assert(
      fc.property(fc.nat(6), fc.nat(), fc.nat(7), fc.boolean(), (leaf, at, bit, inPath) => {
        const place = { shardBytes, leaf }
        const part = Uint8Array.from(bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES))
        const path = Uint8Array.from(merklePath(tree, leaf))
        const target = inPath ? path : part
        const index = at % target.length
        target[index] = (target[index] ?? 0) ^ (1 << bit)
        return !equal(rootOfPath(place, part, path), root)
      }),
      { numRuns: propertyRuns(200) },
    )
  })

  test('prove nothing for another place, another length, or a leaf that is not there', () => {
    const shardBytes = 6 * LEAF_BYTES
    const bytes = sampleBytes(shardBytes)
    const [tree, root] = [merkleTree(bytes), merkleRoot(bytes)]
    const part = bytes.subarray(LEAF_BYTES, 2 * LEAF_BYTES)
    const path = merklePath(tree, 1)
    assert.ok(equal(rootOfPath({ shardBytes, leaf: 1 }, part, path), root))
    for (const leaf of [0, 2, 3, 4, 5]) assert.ok(!equal(rootOfPath({ shardBytes, leaf }, part, path), root))
    for (const leaf of [-1, 6, 64]) assert.equal(rootOfPath({ shardBytes, leaf }, part, path), undefined)
    const whole = { shardBytes, leaf: 1 }
    assert.equal(rootOfPath(whole, part.subarray(1), path), undefined)
    assert.equal(rootOfPath(whole, Buffer.concat([part, part]), path), undefined)
    assert.equal(rootOfPath(whole, part, path.subarray(32)), undefined)
    assert.equal(rootOfPath(whole, part, Buffer.concat([path, path.subarray(0, 32)])), undefined)
  })

  test('do not let two hashes pass for a leaf', () => {
    const bytes = sampleBytes(4 * LEAF_BYTES)
    const tree = merkleTree(bytes)
    const [left, right] = [tree[1]?.[0], tree[1]?.[1]]
    assert.ok(left !== undefined && right !== undefined)
    // A tree of one leaf of 64 bytes that spells the two nodes below the root.
    assert.ok(
      !equal(
        rootOfPath({ shardBytes: 64, leaf: 0 }, Buffer.concat([left, right]), new Uint8Array()),
        merkleRoot(bytes),
      ),
    )
  })
})

describe('challenges', () => {
  const base = { beacon: beacon(1), node: node(1), shard: shard(1), leaves: 64, count: 8 }

  test('are the same for everybody', () => {
    assert.deepEqual(challengeOf(base), challengeOf({ ...base }))
    // Whoever writes this in another language finds here whether it is the same.
    const fixed = { beacon: new Uint8Array(32).fill(1), node: node(2), shard: ShardId.fromBytes(new Uint8Array(32)) }
    assert.deepEqual(challengeOf({ ...fixed, leaves: 64, count: 5 }), [0, 15, 48, 55, 58])
  })

  test('are others for another beacon, node or shard', () => {
    const others = [
      { ...base, beacon: beacon(2) },
      { ...base, node: node(2) },
      { ...base, shard: shard(2) },
    ]
    for (const other of others) assert.notDeepEqual(challengeOf(other), challengeOf(base))
  })

  test('are distinct leaves of the shard, as many as asked for', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 70 }), fc.nat(100), (seed, leaves, count) => {
        const drawn = challengeOf({ ...base, beacon: beacon(seed), leaves, count })
        return (
          drawn.length === Math.min(leaves, count) &&
          new Set(drawn).size === drawn.length &&
          drawn.every((leaf) => Number.isInteger(leaf) && leaf >= 0 && leaf < leaves)
        )
      }),
      { numRuns: propertyRuns(100) },
    )
  })

  test('prefer no leaf', () => {
    const leaves = 10
    const seen = new Array<number>(leaves).fill(0)
    const rounds = 3_000
    for (let seed = 0; seed < rounds; seed += 1) {
      for (const leaf of challengeOf({ ...base, beacon: beacon(seed), leaves, count: 2 })) {
        seen[leaf] = (seen[leaf] ?? 0) + 1
      }
    }
    const expected = (2 * rounds) / leaves
    const chiSquared = seen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // Of nine degrees of freedom one in a thousand is above; the seeds are fixed.
    assert.ok(chiSquared < 27.9, `${seen}`)
  })
})

describe('samples', () => {
  const held = (count: number): readonly AuditTarget[] =>
    Array.from({ length: count }, (_, index) => ({ shard: shard(index), bytes: (1 + (index % 64)) * LEAF_BYTES }))
  const space = { beacon: beacon(3), node: node(1) }
  const total = (samples: ReturnType<typeof sampleOf>): number =>
    samples.reduce((sum, { leaves }) => sum + leaves.length, 0)

  test('are as many as asked for, each shard named once, and the order of the list does not matter', () => {
    const targets = held(500)
    const samples = sampleOf(space, targets, 300)
    assert.equal(total(samples), 300)
    assert.equal(new Set(samples.map((sample) => sample.shard)).size, samples.length)
    assert.deepEqual(sampleOf(space, [...targets.toReversed(), ...targets], 300), samples)
    assert.notDeepEqual(sampleOf({ ...space, beacon: beacon(4) }, targets, 300), samples)
    assert.notDeepEqual(sampleOf({ ...space, node: node(2) }, targets, 300), samples)
  })

  test('take every leaf of a node that holds little, and nothing of one that holds nothing', () => {
    const targets = held(4)
    const samples = sampleOf(space, targets, 300)
    assert.equal(total(samples), 1 + 2 + 3 + 4)
    for (const { bytes, leaves } of samples) {
      assert.deepEqual(
        leaves.toSorted((one, other) => one - other),
        Array.from({ length: leafCountOf(bytes) }, (_, leaf) => leaf),
      )
    }
    assert.deepEqual(sampleOf(space, [], 300), [])
  })

  test('take a shard the more often the larger it is', () => {
    const targets = [
      { shard: shard(1), bytes: 60 * LEAF_BYTES },
      { shard: shard(2), bytes: 30 * LEAF_BYTES },
    ]
    let large = 0
    const rounds = 600
    for (let seed = 0; seed < rounds; seed += 1) {
      large += sampleOf({ ...space, beacon: beacon(seed) }, targets, 1)[0]?.shard === shard(1) ? 1 : 0
    }
    assert.ok(Math.abs(large / rounds - 2 / 3) < 0.06, `${large} of ${rounds}`)
  })

  for (const [lostOfHundred, count, expected] of [
    [1, 300, 0.951],
    [1, 459, 0.99],
    [10, 44, 0.99],
    [10, 300, 1],
  ] as const) {
    test(`${count} of them find a loss of ${lostOfHundred} % with ${expected * 100} %`, () => {
      const targets = Array.from({ length: 1_000 }, (_, index) => ({ shard: shard(index), bytes: 8 * LEAF_BYTES }))
      const rounds = propertyRuns(200)
      let found = 0
      for (let seed = 0; seed < rounds; seed += 1) {
        const random = new SeededRandom(seed)
        const lost = new Set<ShardId>()
        while (lost.size < targets.length * (lostOfHundred / 100)) lost.add(shard(random.below(targets.length)))
        const samples = sampleOf({ ...space, beacon: beacon(10_000 + seed) }, targets, count)
        if (samples.some((sample) => lost.has(sample.shard))) found += 1
      }
      // Three standard deviations; the seeds are fixed.
      const margin = 3 * Math.sqrt((expected * (1 - expected)) / rounds) + 0.002
      assert.ok(Math.abs(found / rounds - expected) <= margin, `${found} of ${rounds}`)
    })
  }
})

describe('what a peer may ask for', () => {
  test('is a burst, then a rate', () => {
    const budget = new AuditBudget<string>({ burst: 100, perSecond: 2, accounts: 8 })
    assert.ok(budget.take('a', 60, 0))
    assert.ok(!budget.take('a', 60, 0))
    assert.ok(budget.take('a', 40, 0))
    assert.ok(budget.take('b', 100, 0), 'each has its own')
    assert.ok(!budget.take('a', 21, 10_000))
    assert.ok(budget.take('a', 20, 10_000))
    assert.ok(!budget.take('a', 101, 10_000_000), 'no more than the burst is saved up')
  })

  test('is kept for so many peers only, and forgotten once it is whole again', () => {
    const budget = new AuditBudget<string>({ burst: 10, perSecond: 1, accounts: 2 })
    assert.ok(budget.take('a', 5, 0))
    assert.ok(budget.take('b', 10, 0))
    assert.ok(!budget.take('c', 1, 4_000))
    assert.ok(budget.take('c', 1, 5_000), 'a is whole again')
    assert.ok(!budget.take('d', 1, 5_000))
  })
})
