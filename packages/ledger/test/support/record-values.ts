import { limits } from '@borgios/core'
import { type AccountPolicy, type BlockHeader, compareBytes, noBlock, type Vote } from '@borgios/protocol'
import fc from 'fast-check'
import { isRelease, MEMBER_STATES, type Offer } from '../../src/modules/members/member.ts'

const { maxAccountKeys, maxMemoBytes, maxValidators } = limits.ledgerCodec

/** Objects with a prototype, as our own are. */
const record = <Values>(model: { [Name in keyof Values]: fc.Arbitrary<Values[Name]> }): fc.Arbitrary<Values> =>
  fc.record(model, { noNullPrototype: true })

export const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
export const hash = bytesOf(32)
export const signature = bytesOf(64)
export const counter = fc.nat({ max: Number.MAX_SAFE_INTEGER })
export const amount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const u16 = fc.nat({ max: 0xffff })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const keys = (maxLength: number) =>
  fc
    .uniqueArray(hash, { minLength: 1, maxLength, comparator: (one, other) => compareBytes(one, other) === 0 })
    .map((list) => list.sort(compareBytes))

export const policy: fc.Arbitrary<AccountPolicy> = keys(maxAccountKeys).chain((list) =>
  record({ needed: fc.integer({ min: 1, max: list.length }), keys: fc.constant(list) }),
)
export const account = record({ balance: amount, nonce: counter, policy: maybe(policy) })
export const transfer = record({ to: hash, amount, memo: fc.uint8Array({ maxLength: maxMemoBytes }) })
export const supply = record({ treasury: amount, burned: amount, minted: amount })
export const chain = record({
  height: counter,
  timeMs: counter,
  epoch: counter,
  beacon: hash,
  lastHeight: counter,
  baseFee: amount,
})
export const parameterRecord = record({
  value: amount,
  later: maybe(record({ value: amount, fromEpoch: counter })),
})
export const parameterChange = record({ number: u16, value: amount })

const offer = {
  account: hash,
  capacityBytes: counter,
  cores: u16,
  release: fc.stringMatching(/^[0-9a-z][0-9a-z.+-]{0,31}$/).filter(isRelease),
} satisfies Record<keyof Offer, unknown>

export const member = record({
  ...offer,
  state: fc.constantFrom(...MEMBER_STATES),
  operator: hash,
  payer: hash,
  sponsor: maybe(hash),
  deposit: amount,
  sponsored: fc.nat({ max: 2 ** 32 - 1 }),
  joinedEpoch: counter,
  freeEpoch: counter,
})
export const committee = record({
  epoch: counter,
  validators: keys(maxValidators).map((list) => list.map((key, place) => ({ key, weight: place + 1 }))),
})
export const join = record({
  ...offer,
  node: hash,
  operator: hash,
  sponsor: maybe(hash),
  untilEpoch: counter,
  nodeSignature: signature,
}).chain((terms) =>
  (terms.sponsor === undefined ? fc.constant(undefined) : signature).map((operatorSignature) => ({
    ...terms,
    operatorSignature,
  })),
)
export const update = record({ ...offer, node: hash })
export const drain = record({ node: hash, isDraining: fc.boolean() })

const cast = { epoch: counter, slot: counter, voter: fc.nat({ max: maxValidators - 1 }), signature }
export const vote: fc.Arbitrary<Vote> = fc.oneof(
  record({ ...cast, kind: fc.constantFrom('notar' as const, 'final' as const), block: hash }),
  record({ ...cast, kind: fc.constant('skip' as const), block: fc.constant(noBlock()) }),
)
export const header: fc.Arbitrary<BlockHeader> = record({
  epoch: counter,
  slot: counter,
  height: counter,
  parent: record({ slot: fc.integer({ min: -1, max: 2 ** 40 }), hash }),
  timeMs: counter,
  leader: fc.nat({ max: maxValidators - 1 }),
  baseFee: amount,
  usedUnits: counter,
  payload: hash,
  stateRoot: hash,
  receiptsRoot: hash,
  committee: hash,
  seal: maybe(record({ lastHeight: counter, beacon: hash, nextCommittee: hash })),
})
const signedHeader = record({ header, signature })
export const accusation = record({
  node: hash,
  evidence: fc.oneof(
    record({ kind: fc.constant('votes' as const), first: vote, second: vote }),
    record({ kind: fc.constant('proposals' as const), first: signedHeader, second: signedHeader }),
  ),
})
