import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ByteReader,
  ByteWriter,
  compareBytes,
  decodeShardList,
  encodeShardList,
  shardListHash,
} from '@borgios/protocol'
import fc from 'fast-check'
import { orderedCounter, risingHashes, wideLayout } from '../src/modules/service/records.ts'
import { serviceModules } from '../src/modules/service-modules.ts'
import type { OperationType } from '../src/modules/state-module.ts'
import { named, operations } from './support/money-world.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const job = fc.uint8Array({ minLength: 16, maxLength: 16 })
const amount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const byte = fc.integer({ min: 0, max: 255 })
const reading = fc.record({ cpuMs: counter, mibMs: counter })
const hashes = fc.uniqueArray(hash, { maxLength: 5, comparator: (a, b) => compareBytes(a, b) === 0 })
const rising = hashes.map((list) => list.sort(compareBytes))
const entries = rising.chain((holders) =>
  fc.tuple(
    ...holders.map((holder) => fc.record({ holder: fc.constant(holder), bytes: counter, shards: u32, list: hash })),
  ),
)

interface Case {
  readonly type: OperationType<unknown>
  readonly body: fc.Arbitrary<unknown>
}

const { job: jobs, lease } = operations
const readingBody = fc.record({ payer: hash, job, node: hash, reading })
const CASES: readonly Case[] = [
  { type: operations.hold, body: fc.record({ label: hash, payee: hash, amount, lifeMs: counter }) },
  { type: operations.payFromHold, body: fc.record({ hold: hash, amount }) },
  { type: operations.claimFromHold, body: fc.record({ hold: hash, amount }) },
  { type: jobs.hold, body: fc.record({ job, node: hash, most: reading, mostAmount: amount, lifeMs: counter }) },
  { type: jobs.countersign, body: readingBody },
  { type: jobs.claim, body: readingBody },
  { type: jobs.assign, body: fc.record({ job, node: hash }) },
  { type: jobs.cancel, body: job },
  {
    type: lease.reserve,
    body: fc.record({ label: hash, bytes: counter, forMs: counter, mostAmount: amount, lifeMs: counter }),
  },
  { type: lease.cancel, body: hash },
  {
    type: lease.open,
    body: fc.record({ label: hash, isReserved: fc.boolean(), data: byte, parity: byte, amount, entries }),
  },
  { type: lease.accept, body: fc.record({ node: hash, leases: rising }) },
  { type: lease.release, body: fc.record({ node: hash, leases: rising }) },
  { type: lease.extend, body: fc.record({ lease: hash, amount }) },
  { type: lease.assign, body: fc.record({ lease: hash, entries }) },
  { type: lease.dismiss, body: fc.record({ lease: hash, nodes: rising }) },
  { type: lease.end, body: hash },
  {
    type: operations.report,
    body: rising.chain((nodes) =>
      fc.record({
        auditor: hash,
        epoch: counter,
        answers: hash,
        findings: fc.tuple(
          ...nodes.map((node) => fc.record({ node: fc.constant(node), passes: fc.integer({ min: 0, max: 65_535 }) })),
        ),
      }),
    ),
  },
  { type: operations.grant, body: fc.record({ node: hash, to: hash, amount }) },
]

const malformed = { code: 'PROTOCOL_MALFORMED' }

test('every body has one encoding, which is read back; what is cut off or added is refused', () => {
  const all = serviceModules.flatMap((module) => module.operations)
  assert.equal(CASES.length, all.length)
  for (const { type, body } of CASES) {
    fc.assert(
      fc.property(body, fc.nat(), byte, (one, at, more) => {
        const bytes = type.encode(one).slice()
        assert.deepEqual(type.encode(type.decode(bytes)), bytes)
        assert.throws(() => type.decode(bytes.subarray(0, at % bytes.length)), malformed)
        assert.throws(() => type.decode(Uint8Array.of(...bytes, more)), malformed)
      }),
      { numRuns: 40 },
    )
  }
})

test('arbitrary bytes are refused, or are the one encoding of what they say', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const { type } of CASES) {
        try {
          assert.deepEqual(type.encode(type.decode(bytes)), bytes)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'PROTOCOL_MALFORMED')
        }
      }
    }),
  )
})

test('lists rise and are bounded', () => {
  const layout = risingHashes(2)
  const [low = named('a'), high = named('b')] = [named('a'), named('b')].sort(compareBytes)
  const read = (...list: readonly Uint8Array[]) => {
    const writer = new ByteWriter().u16(list.length)
    for (const one of list) writer.fixed(one)
    return layout.read(new ByteReader(writer.finish()))
  }
  assert.equal(read(low, high).length, 2)
  assert.throws(() => read(high, low), malformed)
  assert.throws(() => read(low, low), malformed)
  assert.throws(() => read(low, high, new Uint8Array(32).fill(255)), malformed)
})

test('counters in keys come in the order of their numbers', () => {
  const encode = (value: number): Uint8Array => {
    const writer = new ByteWriter()
    orderedCounter.write(writer, value)
    return writer.finish()
  }
  fc.assert(
    fc.property(counter, counter, (one, other) => {
      assert.equal(Math.sign(compareBytes(encode(one), encode(other))), Math.sign(one - other))
      assert.equal(orderedCounter.read(new ByteReader(encode(one))), one)
    }),
  )
  assert.throws(() => orderedCounter.read(new ByteReader(new Uint8Array(8).fill(255))), malformed)
})

test('products of sixteen bytes are read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
      const writer = new ByteWriter()
      wideLayout.write(writer, value)
      assert.equal(wideLayout.read(new ByteReader(writer.finish())), value)
    }),
  )
})

test('a list of shards is read back, has one order, and its hash says all of it', () => {
  const [low = named('a'), high = named('b')] = [named('a'), named('b')].sort(compareBytes)
  const list = [
    { shard: low, bytes: 5 },
    { shard: high, bytes: 2 ** 20 },
  ]
  assert.deepEqual(decodeShardList(encodeShardList(list)), list)
  assert.throws(() => decodeShardList(encodeShardList([...list].reverse())), malformed)
  assert.throws(() => decodeShardList(encodeShardList(list).subarray(1)), malformed)
  assert.notDeepEqual(shardListHash(list), shardListHash([{ shard: low, bytes: 6 }, ...list.slice(1)]))
})
