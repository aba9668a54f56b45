import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError, MINUTE_MS } from '@borgios/core'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { LightClient } from '@borgios/light'
import {
  type BlockHeader,
  type Checkpoint,
  committeeHash,
  decodeEpochProof,
  decodeFinalityProof,
  type EpochProof,
  encodeEpochProof,
  encodeFinalityProof,
  type FinalityProof,
  headerHash,
} from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { Chain, named, START_MS, signersOf } from './chain-maker.ts'
import { altered, refusalOf } from './refusal.ts'

const EPOCH_BLOCKS = 4
const options = { name: 'forged', epochs: 3, epochBlocks: EPOCH_BLOCKS }
const chain = new Chain(options)

const begin = (from: Checkpoint | Uint8Array = chain.checkpoint): LightClient =>
  new LightClient({ from, unbondingMs: 30 * MINUTE_MS }, { ed25519: sodiumEd25519, clock: { nowMs: () => START_MS } })
const headerRefusal = (proof: FinalityProof, client = begin()): string => refusalOf(() => client.verifyHeader(proof))
const stepRefusal = (proof: EpochProof, client = begin()): string => refusalOf(() => client.advance([proof]))

const first = chain.headerAt(1)
const second = chain.headerAt(2)
const third = chain.headerAt(3)
const sealed = chain.headerAt(EPOCH_BLOCKS)
assert.ok(sealed.seal !== undefined)
const { seal } = sealed

test('too few, doubled, foreign and former signers are refused', () => {
  assert.equal(headerRefusal(chain.proofOf([first], { voters: [0, 2] })), 'LIGHT_QUORUM_SHORT')
  assert.equal(headerRefusal(chain.proofOf([first], { voters: [0, 0, 0] })), 'LIGHT_CERTIFICATE_FORGED')
  const strangers = signersOf('strangers', 0, [1, 1, 1, 1])
  assert.equal(headerRefusal(chain.proofOf([first], { by: strangers })), 'LIGHT_CERTIFICATE_FORGED')

  const client = begin()
  client.advance([chain.epochProof(0)])
  const fifth = chain.headerAt(EPOCH_BLOCKS + 1)
  assert.equal(headerRefusal(chain.proofOf([fifth], { by: chain.signersAt(0) }), client), 'LIGHT_CERTIFICATE_FORGED')
})

test('votes of another kind, network, epoch or slot are refused', () => {
  assert.equal(headerRefusal(chain.proofOf([first], { kind: 'notar' })), 'LIGHT_CERTIFICATE_FOREIGN')
  assert.equal(headerRefusal(chain.proofOf([first], { network: named('another') })), 'LIGHT_CERTIFICATE_FORGED')
  assert.equal(headerRefusal(chain.proofOf([first], { epoch: 1 })), 'LIGHT_CERTIFICATE_FOREIGN')
  assert.equal(headerRefusal(chain.proofOf([first], { slot: first.slot + 1 })), 'LIGHT_CERTIFICATE_FOREIGN')
  assert.equal(headerRefusal({ ...chain.proofOf([first]), headers: [second] }), 'LIGHT_CERTIFICATE_FOREIGN')
  assert.equal(headerRefusal({ ...chain.proofOf([first]), headers: [] }), 'LIGHT_EPOCH_UNKNOWN')
})

test('a chain of another network with the same committee is refused', () => {
  const elsewhere = named('elsewhere')
  const from = { ...chain.checkpoint, network: elsewhere }
  const modules = { ed25519: sodiumEd25519, clock: { nowMs: () => START_MS } }
  const client = new LightClient({ from, unbondingMs: 30 * MINUTE_MS }, modules)
  assert.equal(headerRefusal(chain.proofAt(1), client), 'LIGHT_CERTIFICATE_FOREIGN')
})

test('headers that a quorum signed, but that do not follow one another, are refused', () => {
  const skipping = (change: Partial<BlockHeader>): string =>
    headerRefusal(chain.proofOf([second, { ...third, ...change }]))
  assert.equal(headerRefusal(chain.proofOf([first, third])), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(chain.proofOf([second, first])), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(chain.proofOf([second, second])), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ parent: { ...third.parent, slot: third.parent.slot - 1 } }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ parent: { ...third.parent, hash: named('another') } }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ slot: second.slot }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ height: second.height }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ timeMs: second.timeMs }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ committee: named('another') }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ leader: 4 }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ seal }), 'LIGHT_CHAIN_BROKEN')
  assert.equal(skipping({ epoch: 1 }), 'LIGHT_CHAIN_BROKEN')
  begin().verifyHeader(chain.proofOf([second, third]))
})

test('a block that does not fit what is trusted is refused, whoever signed it', () => {
  const signed = (header: BlockHeader): FinalityProof => chain.proofOf([header])
  const orphan = { ...first, parent: { slot: -1, hash: named('another genesis') } }
  assert.equal(headerRefusal(signed(orphan)), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(signed({ ...first, timeMs: START_MS })), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(signed({ ...second, timeMs: START_MS - 1 })), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(signed({ ...first, height: 0 })), 'LIGHT_CHAIN_BROKEN')

  const client = begin()
  client.verifyHeader(chain.proofAt(2))
  const fork = { ...second, stateRoot: named('another state') }
  assert.equal(headerRefusal(signed(fork), client), 'LIGHT_FORK')
  assert.equal(headerRefusal(signed({ ...third, parent: first.parent }), client), 'LIGHT_FORK')
  assert.equal(headerRefusal(signed({ ...third, timeMs: second.timeMs }), client), 'LIGHT_FORK')
  assert.equal(headerRefusal(signed({ ...first, timeMs: second.timeMs + 1 }), client), 'LIGHT_FORK')
  client.verifyHeader(chain.proofAt(1))
  client.verifyHeader(chain.proofAt(3))
})

test('two blocks of a quorum that cannot be of one chain are evidence, also in what is kept', () => {
  const client = begin()
  const believed = chain.proofAt(2)
  client.verifyHeader(believed)
  const forked = chain.proofOf([{ ...second, stateRoot: named('another state') }])
  for (const each of [client, begin(client.save())]) {
    assert.equal(each.fork, undefined)
    assert.equal(headerRefusal(forked, each), 'LIGHT_FORK')
    assert.deepEqual(each.fork, { first: believed, second: forked })
    assert.equal(each.newest.height, 2)
  }
  const short = chain.proofOf([{ ...second, stateRoot: named('another state') }], { voters: [0, 1] })
  assert.equal(headerRefusal(short, begin(client.save())), 'LIGHT_QUORUM_SHORT')
})

test('an epoch ends where it was said, and fillers are no blocks of the chain', () => {
  const filler = chain.fillerOn(sealed)
  assert.equal(headerRefusal(chain.proofOf([filler])), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(chain.proofOf([{ ...sealed, seal: undefined }])), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(chain.proofOf([{ ...third, seal }])), 'LIGHT_CHAIN_BROKEN')
  begin().verifyHeader(chain.proofOf([sealed, filler]))
  begin().verifyHeader(chain.proofOf([sealed, { ...filler, timeMs: 0 }]))
  const other = { slot: filler.parent.slot, hash: named('another') }
  for (const change of [{ parent: other }, { seal }, { height: filler.height + 1 }, { slot: sealed.slot }]) {
    assert.equal(headerRefusal(chain.proofOf([sealed, { ...filler, ...change }])), 'LIGHT_CHAIN_BROKEN')
  }

  const client = begin()
  client.advance([chain.epochProof(0)])
  assert.equal(headerRefusal(chain.proofOf([filler]), client), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(chain.proofOf([{ ...sealed, usedUnits: 1 }]), client), 'LIGHT_FORK')
  const late = { ...third, timeMs: sealed.timeMs }
  assert.equal(headerRefusal(chain.proofOf([late]), client), 'LIGHT_FORK')
  const orphan = { ...first, parent: { slot: -1, hash: named('another genesis') } }
  assert.equal(headerRefusal(chain.proofOf([orphan]), client), 'LIGHT_CHAIN_BROKEN')
  assert.equal(headerRefusal(chain.proofOf([{ ...second, timeMs: START_MS }]), client), 'LIGHT_CHAIN_BROKEN')
  client.verifyHeader(chain.proofAt(3))
})

test('the next committee is the one that the last header names', () => {
  const { last } = chain.epochProof(0)
  const usurpers = signersOf('usurpers', 1, [1, 1, 1, 1]).committee
  assert.equal(stepRefusal({ last, next: usurpers }), 'LIGHT_COMMITTEE_WRONG')
  assert.equal(stepRefusal({ last, next: chain.signersAt(0).committee }), 'LIGHT_COMMITTEE_WRONG')
  assert.equal(stepRefusal({ ...chain.epochProof(0), last: chain.proofAt(3) }), 'LIGHT_CHAIN_BROKEN')

  const resealed = (change: Partial<typeof seal>): FinalityProof =>
    chain.proofOf([{ ...sealed, seal: { ...seal, ...change } }])
  const skipping = chain.signersAt(2).committee
  const named = resealed({ nextCommittee: committeeHash(skipping) })
  assert.equal(stepRefusal({ last: named, next: skipping }), 'LIGHT_COMMITTEE_WRONG')
  const { next } = chain.epochProof(0)
  assert.equal(stepRefusal({ last: resealed({ lastHeight: sealed.height }), next }), 'LIGHT_CHAIN_BROKEN')
})

test('steps cannot be left out, doubled or turned round', () => {
  const client = begin()
  assert.equal(stepRefusal(chain.epochProof(1), client), 'LIGHT_EPOCH_UNKNOWN')
  client.advance([chain.epochProof(0)])
  assert.equal(stepRefusal(chain.epochProof(0), client), 'LIGHT_EPOCH_UNKNOWN')
  client.advance([chain.epochProof(1)])
  assert.equal(client.epoch, 2)
})

/** Decoding or checking refuses it, and whoever is blamed is not this machine. */
function assertRefused(action: () => unknown): void {
  try {
    action()
  } catch (error) {
    if (!isBorgError(error)) throw error
    assert.match(error.code, /^(PROTOCOL_MALFORMED|LIGHT_)/)
    assert.match(error.blame, /^(peer|none)$/, error.code)
    return
  }
  assert.fail('a forged proof was taken for true')
}

test('no byte of a proof of finality or of a step can be altered', () => {
  const finality = encodeFinalityProof(chain.proofAt(2, 3))
  const step = encodeEpochProof(chain.epochProof(0, 1))
  for (const xor of [1, 0x80]) {
    for (const bytes of altered(finality, xor)) assertRefused(() => begin().verifyHeader(decodeFinalityProof(bytes)))
    for (const bytes of altered(step, xor)) assertRefused(() => begin().advance([decodeEpochProof(bytes)]))
  }
})

test('an adversary with less than a quorum gets no block of its own past a client', () => {
  const change = fc.record<Partial<BlockHeader>>(
    {
      stateRoot: fc.constant(named('a better state')),
      timeMs: fc.integer({ min: START_MS, max: START_MS + 100_000 }),
      slot: fc.nat(10),
      height: fc.nat(EPOCH_BLOCKS + 2),
      epoch: fc.nat(2),
      seal: fc.constantFrom(undefined, seal),
    },
    { requiredKeys: ['stateRoot'] },
  )
  const voters = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 }).map((positions) => positions.sort())
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: EPOCH_BLOCKS }),
      change,
      voters,
      fc.boolean(),
      (height, changes, signing, child) => {
        const forged = { ...chain.headerAt(height), ...changes }
        const heirs = child
          ? [{ ...chain.fillerOn(forged), parent: { slot: forged.slot, hash: headerHash(chain.network, forged) } }]
          : []
        const proof = chain.proofOf([forged, ...heirs], { by: chain.signersAt(0), voters: signing })
        if (signing.length < 3) assertRefused(() => begin().verifyHeader(proof))
      },
    ),
    { numRuns: RUNS * 2 },
  )
})
