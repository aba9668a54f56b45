import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '@borgios/protocol'
import fc from 'fast-check'
import { dealingBytes, makeDealing } from '../src/beacon/dealing.ts'
import { ownSeed } from '../src/beacon/shares.ts'
import { beaconDuties } from '../src/modules/beacon/beacon-duties.ts'
import { BeaconRounds } from '../src/modules/beacon/beacon-rounds.ts'
import {
  type BeaconRecord,
  beaconTable,
  dealingTable,
  openingTable,
  verdictTable,
} from '../src/modules/beacon/beacon-tables.ts'
import { dealOperation } from '../src/modules/beacon/deal.ts'
import { openSharesOperation } from '../src/modules/beacon/open-shares.ts'
import { phaseAt } from '../src/modules/beacon/schedule.ts'
import { propertyRuns } from './full-slice.ts'
import { BeaconWorld, OPERATED } from './support/beacon-world.ts'
import { NETWORK, named } from './support/small-ledger.ts'

const EPOCH_BLOCKS = 12
const SIZE = 4

const all = (world: BeaconWorld): number[] => [...world.keys.keys()]

/** Lets these members do what they have to, in one block. */
function doDuties(world: BeaconWorld, members: readonly number[]): string[] {
  return world.block(members.flatMap((member) => world.dutyOf(member) ?? []))
}

/** A whole epoch. */
function runEpoch(world: BeaconWorld, dealers: readonly number[], openers: readonly number[]): BeaconRecord {
  doDuties(world, dealers)
  world.goTo('open')
  doDuties(world, openers)
  return world.endEpoch()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('every member deals and opens; the beacon becomes that of the next epoch, and each epoch has another', () => {
  const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
  const beacons = new Set([hex(world.ledger.chain.beacon)])
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    const { beacon, ...rest } = runEpoch(world, all(world), all(world))
    assert.deepEqual(rest, { isWeak: false, dealt: SIZE, recovered: SIZE, faulty: [] })
    assert.deepEqual(world.ledger.chain.beacon, beacon)
    beacons.add(hex(beacon))
  }
  assert.equal(beacons.size, 4)
})

test('of an epoch that has ended only its beacon stays, and of those the last ones', () => {
  const world = new BeaconWorld(1, 4)
  runEpoch(world, [0], [0])
  for (const table of [dealingTable, openingTable, verdictTable]) {
    assert.deepEqual([...world.ledger.state.list<number, unknown>(table)], [])
  }
  for (let epoch = 1; epoch < 20; epoch += 1) world.endEpoch()
  const epochs = Array.from(world.ledger.state.list(beaconTable), ([epoch]) => epoch)
  assert.deepEqual(
    epochs,
    Array.from({ length: 16 }, (_, index) => index + 5),
  )
})

test('duties are there once, at their time, and for members of the committee only', () => {
  const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
  const first = world.dutyOf(0)
  assert.ok(first !== undefined)
  assert.deepEqual(beaconDuties(world.rounds, world.ledger.state, world.key(0)).length, 1, 'again until it stands')
  assert.deepEqual(world.block([first]), ['done'])
  assert.equal(world.dutyOf(0), undefined)
  const [stranger] = new BeaconWorld(SIZE + 1, EPOCH_BLOCKS).keys.filter(
    ({ publicKey }) => !world.keys.some((key) => hex(key.publicKey) === hex(publicKey)),
  )
  assert.ok(stranger !== undefined)
  assert.deepEqual(beaconDuties(world.rounds, world.ledger.state, stranger), [])
  world.goTo('open')
  assert.deepEqual(doDuties(world, all(world)), Array(SIZE).fill('done'))
  assert.deepEqual(
    all(world).map((member) => world.dutyOf(member)),
    Array(SIZE).fill(undefined),
  )
  world.goTo('settle')
  assert.deepEqual(
    all(world).map((member) => world.dutyOf(member)),
    Array(SIZE).fill(undefined),
  )
})

test('what is late, double, for another, of another length or a wrong share is refused', () => {
  const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
  const { round } = world.running
  const dealingOf = (dealer: number) =>
    makeDealing(round, dealer, ownSeed(round, dealer, world.key(dealer)).value).bytes
  const again = makeDealing(round, 0, new Uint8Array(32)).bytes
  assert.deepEqual(
    world.block([
      world.open(0, 0, []),
      world.deal(0, 1, dealingOf(1)),
      world.deal(0, SIZE, dealingOf(0)),
      world.deal(0, 0, dealingOf(0).subarray(1)),
      world.deal(0, 0, dealingOf(0)),
      world.deal(0, 0, again),
    ]),
    [
      'LEDGER_BEACON_CLOSED',
      'LEDGER_BEACON_NOT_MEMBER',
      'LEDGER_BEACON_NOT_MEMBER',
      'LEDGER_BEACON_REFUSED',
      'done',
      'LEDGER_BEACON_SAID',
    ],
  )
  assert.deepEqual(world.ledger.state.get(dealingTable, 0), dealingOf(0))
  world.goTo('open')
  const share = { dealer: 0, value: new Uint8Array(32) }
  assert.deepEqual(
    world.block([
      world.deal(1, 1, dealingOf(1)),
      world.open(1, 2, []),
      world.open(1, 1, [share]),
      world.open(1, 1, [{ ...share, dealer: 3 }]),
      world.open(1, 1, []),
      world.open(1, 1, []),
    ]),
    [
      'LEDGER_BEACON_CLOSED',
      'LEDGER_BEACON_NOT_MEMBER',
      'LEDGER_BEACON_REFUSED',
      'LEDGER_BEACON_REFUSED',
      'done',
      'LEDGER_BEACON_SAID',
    ],
  )
  world.goTo('settle')
  assert.deepEqual(world.block([world.open(2, 2, [])]), ['LEDGER_BEACON_CLOSED'])
})

test('the operator of a validator and the account it earns for may act for it', () => {
  const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
  const { round } = world.running
  const { bytes } = makeDealing(round, OPERATED, new Uint8Array(32))
  assert.deepEqual(
    [0, 1, 2].map((sender) => world.block([world.deal(sender, OPERATED, bytes)])),
    [['LEDGER_BEACON_NOT_MEMBER'], ['done'], ['LEDGER_BEACON_SAID']],
  )
})

test('with too few dealers or openers the epoch goes on, and says that its beacon is weak', () => {
  const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
  const seen: string[] = []
  const weak = (dealers: readonly number[], openers: readonly number[], recovered: number) => {
    const record = runEpoch(world, dealers, openers)
    assert.deepEqual(
      { ...record, beacon: undefined },
      { beacon: undefined, isWeak: true, dealt: dealers.length, recovered, faulty: [] },
    )
    seen.push(hex(record.beacon))
  }
  weak([], [], 0)
  weak([0], all(world), 1)
  weak(all(world), [], 0)
  weak(all(world), [3], 0)
  weak(all(world), [1, 3], SIZE)
  assert.equal(new Set(seen).size, seen.length)
  assert.equal(runEpoch(world, [0, 1], [0, 1, 2]).isWeak, false)
})

test('who opens, and whether somebody more does, never changes the value once enough have', () => {
  const values = [
    [0, 1],
    [2, 3],
    [1, 2, 3],
    [0, 1, 2, 3],
  ].map((openers) => {
    const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
    return hex(runEpoch(world, all(world), openers).beacon)
  })
  assert.equal(new Set(values).size, 1)
})

test('a beacon without any honest seed still cannot be known long before', () => {
  const values = [1, 2].map((timeMs) => {
    const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
    world.ledger.block([], world.ledger.facts({ timeMs: world.ledger.chain.timeMs + timeMs }))
    return hex(world.endEpoch().beacon)
  })
  assert.notEqual(values[0], values[1])
})

test('dealings are settled a few in a block, so that the last block has none left', () => {
  const world = new BeaconWorld(SIZE, 34)
  doDuties(world, all(world))
  world.goTo('open')
  doDuties(world, all(world))
  world.goTo('settle')
  const settled: number[] = []
  while (world.nextHeight < world.ledger.chain.lastHeight) {
    world.block()
    settled.push([...world.ledger.state.list(verdictTable)].length)
  }
  assert.deepEqual(settled, [1, 2, 3, 4])
})

test('a seal with any other beacon makes the block invalid', () => {
  const world = new BeaconWorld(SIZE, EPOCH_BLOCKS)
  doDuties(world, all(world))
  while (world.nextHeight < world.ledger.chain.lastHeight) world.block()
  const facts = world.ledger.facts({ nextBeacon: named('what the leader would like') })
  assert.throws(() => world.ledger.block([], facts), { code: 'LEDGER_BLOCK_INVALID' })
  assert.doesNotThrow(() => world.block())
})

test('phases follow each other in epochs of any length, and the last block takes nothing', () => {
  for (let blocks = 2; blocks < 700; blocks += 1) {
    const span = { firstHeight: 1_000, lastHeight: 1_000 + blocks - 1 }
    const phases = Array.from({ length: blocks }, (_, index) => phaseAt(span.firstHeight + index, span))
    assert.equal(phases.at(-1), 'settle')
    assert.deepEqual(
      phases.toSorted(
        (one, other) => ['deal', 'open', 'settle'].indexOf(one) - ['deal', 'open', 'settle'].indexOf(other),
      ),
      phases,
    )
    if (blocks >= 3) assert.ok(phases.includes('deal') && phases.includes('open'), `${blocks} blocks`)
    if (blocks >= 16) assert.ok(phases.filter((phase) => phase === 'settle').length * 10 >= blocks, `${blocks} blocks`)
  }
})

test('the shortest epochs work, too', () => {
  for (const epochBlocks of [2, 3, 4, 5]) {
    const world = new BeaconWorld(SIZE, epochBlocks)
    for (let epoch = 1; epoch <= 2; epoch += 1) {
      while (world.ledger.chain.epoch < epoch) doDuties(world, all(world))
      const record = world.ledger.state.get(beaconTable, epoch)
      assert.equal(record?.isWeak, epochBlocks < 3, `epochs of ${epochBlocks} blocks`)
    }
  }
})

test('operations and records have one encoding, and anything else is refused', () => {
  const rounds = new BeaconRounds(NETWORK)
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const member = fc.nat(63)
  const shares = fc
    .uniqueArray(member, { maxLength: 64 })
    .chain((dealers) =>
      fc.tuple(
        ...dealers.sort((one, other) => one - other).map((dealer) => bytes32.map((value) => ({ dealer, value }))),
      ),
    )
  const faulty = fc.array(bytes32, { maxLength: 64 })
  const record = fc.record(
    { beacon: bytes32, isWeak: fc.boolean(), dealt: member, recovered: member, faulty },
    { noNullPrototype: true },
  )
  const verdict = fc.oneof(
    bytes32.map((seed) => ({ kind: 'recovered' as const, seed })),
    fc.constantFrom({ kind: 'faulty' as const }, { kind: 'short' as const }),
  )
  const check = <Value>(
    codec: { encode(value: Value): Uint8Array; decode(bytes: Uint8Array): Value },
    value: Value,
  ) => {
    const bytes = codec.encode(value)
    assert.deepEqual(codec.decode(bytes), value)
    assert.throws(() => codec.decode(Uint8Array.of(...bytes, 0)), { code: 'PROTOCOL_MALFORMED' })
  }
  const dealing = fc.uint8Array({ minLength: 1, maxLength: dealingBytes(64) })
  fc.assert(
    fc.property(
      fc.record({ dealer: member, dealing }, { noNullPrototype: true }),
      fc.record({ member, shares }, { noNullPrototype: true }),
      record,
      verdict,
      (deal, open, beacon, settled) => {
        check(dealOperation(rounds), deal)
        check(openSharesOperation(rounds), open)
        check(openingTable, open.shares)
        check(beaconTable, beacon)
        check(verdictTable, settled)
      },
    ),
    { numRuns: propertyRuns(50) },
  )
  const junk = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(junk, (bytes) => {
      for (const codec of [
        dealOperation(rounds),
        openSharesOperation(rounds),
        openingTable,
        beaconTable,
        verdictTable,
      ]) {
        try {
          const again = (codec.encode as (value: unknown) => Uint8Array)(codec.decode(bytes))
          assert.deepEqual(again, bytes)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'PROTOCOL_MALFORMED')
        }
      }
    }),
    { numRuns: propertyRuns(200) },
  )
  const twice = new ByteWriter().u16(0).u16(2).u16(5).fixed(NETWORK).u16(5).fixed(NETWORK).finish()
  assert.throws(() => openSharesOperation(rounds).decode(twice), { code: 'PROTOCOL_MALFORMED' })
  assert.throws(
    () =>
      dealOperation(rounds).decode(
        dealOperation(rounds).encode({ dealer: 0, dealing: new Uint8Array(dealingBytes(64) + 1) }),
      ),
    { code: 'PROTOCOL_MALFORMED' },
  )
  assert.ok(dealOperation(rounds).units({ dealer: 0, dealing: new Uint8Array(dealingBytes(64)) }) >= 64 * 50)
})
