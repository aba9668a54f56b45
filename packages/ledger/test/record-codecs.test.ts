import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError } from '@borgios/core'
import fc from 'fast-check'
import { accountTable } from '../src/modules/accounts/account-table.ts'
import { createMajorityAccount, rotatePolicy } from '../src/modules/accounts/majority.ts'
import { transfer } from '../src/modules/accounts/transfer.ts'
import { chainTable } from '../src/modules/chain/chain-table.ts'
import { coreModules } from '../src/modules/core-modules.ts'
import { committeeTable } from '../src/modules/members/committee-table.ts'
import { joinOperation } from '../src/modules/members/join.ts'
import { memberTable } from '../src/modules/members/member.ts'
import { drain, leave, update } from '../src/modules/members/membership.ts'
import { slashOperation } from '../src/modules/members/slash.ts'
import { governorsTable } from '../src/modules/parameters/governors-table.ts'
import { parameterTable } from '../src/modules/parameters/parameter-table.ts'
import { setParameter } from '../src/modules/parameters/set-parameter.ts'
import { ONLY } from '../src/modules/singleton.ts'
import { supplyTable } from '../src/modules/supply/supply-table.ts'
import { propertyRuns } from './full-slice.ts'
import * as values from './support/record-values.ts'
import { fakeEd25519, NETWORK } from './support/small-ledger.ts'

interface Codec<Value> {
  encode(value: Value): Uint8Array
  decode(bytes: Uint8Array): Value
}
interface Case {
  readonly name: string
  readonly codec: Codec<unknown>
  readonly value: fc.Arbitrary<unknown>
}

const codecOf = <Value>(name: string, codec: Codec<Value>, value: fc.Arbitrary<Value>): Case => ({ name, codec, value })
const keyCodec = <Key>(table: { encodeKey(key: Key): Uint8Array; decodeKey(bytes: Uint8Array): Key }): Codec<Key> => ({
  encode: (key) => table.encodeKey(key),
  decode: (bytes) => table.decodeKey(bytes),
})

const options = { network: NETWORK, ed25519: fakeEd25519 }
const joining = joinOperation(options)
const slashing = slashOperation(options)

const RECORDS: readonly Case[] = [
  codecOf(accountTable.name, accountTable, values.account),
  codecOf(supplyTable.name, supplyTable, values.supply),
  codecOf(chainTable.name, chainTable, values.chain),
  codecOf(parameterTable.name, parameterTable, values.parameterRecord),
  codecOf(governorsTable.name, governorsTable, values.hash),
  codecOf(memberTable.name, memberTable, values.member),
  codecOf(committeeTable.name, committeeTable, values.committee),
]
const KEYS: readonly Case[] = [
  codecOf('32 bytes', keyCodec(accountTable), values.hash),
  codecOf('only', keyCodec(supplyTable), fc.constant(ONLY)),
  codecOf('number', keyCodec(parameterTable), fc.nat({ max: 0xffff })),
  codecOf('epoch', keyCodec(committeeTable), values.counter),
]
const OPERATIONS: readonly Case[] = [
  codecOf(transfer.name, transfer, values.transfer),
  codecOf(createMajorityAccount.name, createMajorityAccount, values.policy),
  codecOf(rotatePolicy.name, rotatePolicy, values.policy),
  codecOf(setParameter.name, setParameter, values.parameterChange),
  codecOf(joining.name, joining, values.join),
  codecOf(update.name, update, values.update),
  codecOf(drain.name, drain, values.drain),
  codecOf(leave.name, leave, values.hash),
  codecOf(slashing.name, slashing, values.accusation),
]

test('every table and operation is among the cases', () => {
  const modules = coreModules(options)
  const named = (cases: readonly Case[]) => cases.map(({ name }) => name).sort()
  assert.deepEqual(named(RECORDS), modules.flatMap(({ tables }) => tables.map(({ name }) => name)).sort())
  assert.deepEqual(named(OPERATIONS), modules.flatMap(({ operations }) => operations.map(({ name }) => name)).sort())
})

for (const { name, codec, value } of [...RECORDS, ...KEYS, ...OPERATIONS]) {
  test(`${name}: what was encoded is decoded as it was`, () => {
    fc.assert(
      fc.property(value, (wanted) => assert.deepEqual(codec.decode(codec.encode(wanted).slice()), wanted)),
      { numRuns: propertyRuns(100) },
    )
  })

  test(`${name}: other bytes are refused, or are the encoding of something else`, () => {
    const damaged = value.chain((wanted) => damage(codec.encode(wanted)))
    const bytes = fc.oneof({ weight: 4, arbitrary: damaged }, { weight: 1, arbitrary: fc.uint8Array() })
    fc.assert(
      fc.property(bytes, (encoded) => {
        try {
          assert.deepEqual(codec.encode(codec.decode(encoded)), encoded)
        } catch (error) {
          if (!isBorgError(error)) throw error
          assert.equal(error.code, 'PROTOCOL_MALFORMED')
        }
      }),
      { numRuns: propertyRuns(400) },
    )
  })
}

/** Bytes that are nearly an encoding: one changed, some missing, some too many. */
const damage = (encoded: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc
      .record({ at: fc.nat({ max: Math.max(0, encoded.length - 1) }), to: fc.nat({ max: 255 }) })
      .map(({ at, to }) => encoded.map((byte, place) => (place === at ? to : byte))),
    fc.nat({ max: encoded.length }).map((length) => encoded.slice(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 3 }).map((more) => Uint8Array.of(...encoded, ...more)),
  )
