import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError, MINUTE_MS } from '@borgios/core'
import { refusal } from '@borgios/core/testing'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type AskLedger, accountRecords, LedgerReader } from '@borgios/light'
import {
  ACCOUNTS_TABLE,
  type BlockHeader,
  committeeHash,
  decodeFinalityProof,
  encodeEpochProof,
  encodeFinalityProof,
  encodeReceiptProof,
  encodeStateProof,
  headerHash,
  proveReceipt,
} from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { Chain, named, START_MS, signersOf } from './chain-maker.ts'
import {
  chain,
  EPOCH_BLOCKS,
  lying,
  NOBODY,
  options,
  POOR,
  type Reading,
  RICH,
  reading,
  receipts,
  serving,
  state,
  TOP,
  UNBONDING_MS,
} from './served-chain.ts'

const balanceRefusal = (ask: AskLedger, how: Reading = {}): Promise<string> =>
  refusal(reading(ask, how).record(accountRecords, RICH))

test('from genesis over all epochs to a balance, to that there is none, and to a receipt of any epoch', async () => {
  const reader = reading(serving())
  const { value, block, ageMs } = await reader.record(accountRecords, RICH)
  assert.equal(value?.balance, 2n ** 60n)
  assert.equal(block.header.height, TOP)
  assert.deepEqual(block.support, { signatures: 4, validators: 4, weight: 4, totalWeight: 4, quorum: 3 })
  assert.equal(ageMs, 60_000 - TOP * 1_000)
  assert.equal((await reader.record(accountRecords, NOBODY)).value, undefined)
  for (let height = 1; height <= TOP; height += 1) {
    const reader = reading(serving({ at: height }))
    await reader.head()
    const proven = await reader.receipt(named('second'))
    assert.deepEqual([proven.value.status, proven.block.header.height], [1, height])
  }
})

test('how old the newest block is that somebody shows is said: a stale one cannot be told from a network that stands still', async () => {
  const reader = reading(serving({ top: 5 }), { nowMs: START_MS + 10 * MINUTE_MS })
  assert.equal((await reader.head()).ageMs, 10 * MINUTE_MS - 5_000)
})

test('what was seen is kept: nobody shows an older state as the newest', async () => {
  const reader = reading(serving({ top: 10 }))
  await reader.head()
  const kept = reader.save()
  for (const top of [9, 8, 6, 1]) {
    const again = reading(serving({ top }), { kept })
    for (const asked of [again.head(), again.record(accountRecords, RICH)]) {
      assert.equal(await refusal(asked), 'LIGHT_ROLLED_BACK')
    }
  }
  for (const top of [10, 11, 12, TOP]) {
    assert.equal((await reading(serving({ top }), { kept }).head()).block.header.height, top)
  }
  const foreign = new Chain({ ...options, name: 'foreign' })
  assert.throws(
    () =>
      new LedgerReader(
        { checkpoint: foreign.checkpoint, kept, unbondingMs: UNBONDING_MS },
        {
          ask: serving(),
          ed25519: sodiumEd25519,
          clock: { nowMs: () => START_MS },
        },
      ),
    { code: 'LIGHT_STATE_CORRUPT' },
  )
})

test('a whole chain by other keys is refused, also one that names the committee', async () => {
  const own = new Chain({ ...options, name: 'usurpers', network: chain.network })
  assert.equal(await balanceRefusal(serving({ from: own })), 'LIGHT_CHAIN_BROKEN')
  assert.equal(await balanceRefusal(serving({ from: own, top: 2 })), 'LIGHT_CHAIN_BROKEN')
  const strangers = signersOf('strangers', 0, [1, 1, 1, 1])
  const forged = encodeFinalityProof(chain.proofOf([chain.headerAt(2)], { by: strangers }))
  assert.equal(
    await balanceRefusal(lying('record', ([, proof]) => [forged, proof ?? forged])),
    'LIGHT_CERTIFICATE_FORGED',
  )
  const elsewhere = new Chain({ ...options, name: 'elsewhere' })
  assert.equal(await balanceRefusal(serving({ from: elsewhere })), 'LIGHT_CHAIN_BROKEN')
})

test('as many signers as may lie are too few, for a block and for a step', async () => {
  for (const voters of [[3], [0, 2]]) {
    const head = encodeFinalityProof(chain.proofOf([{ ...chain.headerAt(2), stateRoot: named('mine') }], { voters }))
    assert.equal(await refusal(reading(lying('head', () => [head])).head()), 'LIGHT_QUORUM_SHORT')
    const step = { last: chain.proofOf([chain.headerAt(EPOCH_BLOCKS)], { voters }), next: chain.signersAt(1).committee }
    assert.equal(await balanceRefusal(lying('epochs', () => [encodeEpochProof(step)])), 'LIGHT_QUORUM_SHORT')
  }
})

test('a committee that was put in the place of the next one is refused', async () => {
  const mine = signersOf('mine', 1, [1, 1, 1, 1]).committee
  const swapped = encodeEpochProof({ ...chain.epochProof(0), next: mine })
  assert.equal(await balanceRefusal(lying('epochs', () => [swapped])), 'LIGHT_COMMITTEE_WRONG')
  const last = chain.headerAt(EPOCH_BLOCKS)
  assert.ok(last.seal !== undefined)
  const resealed = { ...last, seal: { ...last.seal, nextCommittee: committeeHash(mine) } }
  const certificate = chain.epochProof(0).last.certificate
  const inHeader = encodeEpochProof({ last: { headers: [resealed], certificate }, next: mine })
  assert.equal(await balanceRefusal(lying('epochs', () => [inHeader])), 'LIGHT_CERTIFICATE_FOREIGN')
})

/** What those who once decided can sign when they have left: a history that goes on from the epoch in which they did. */
function otherHistory(): Pick<Chain, 'proofAt' | 'epochProof' | 'headerAt'> {
  const other = new Chain({ ...options, name: 'long range', network: chain.network })
  const last: BlockHeader = chain.headerAt(EPOCH_BLOCKS)
  assert.ok(last.seal !== undefined)
  const turned = { ...last, seal: { ...last.seal, nextCommittee: committeeHash(other.signersAt(1).committee) } }
  const by = chain.signersAt(0)
  const rest = other.headers
    .slice(EPOCH_BLOCKS)
    .map((header, index) =>
      index === 0 ? { ...header, parent: { slot: -1, hash: headerHash(chain.network, turned) } } : header,
    )
  return {
    epochProof: (epoch) =>
      epoch === 0
        ? { last: other.proofOf([turned], { by }), next: other.signersAt(1).committee }
        : other.epochProof(epoch),
    headerAt: (height) => other.headerAt(height),
    proofAt: (height) => other.proofOf(rest.slice(height - EPOCH_BLOCKS - 1).slice(0, 1)),
  }
}

test('validators of long ago who sign another history are believed by nobody whose trust is that old, or went on', async () => {
  const ask = serving({ from: otherHistory(), top: EPOCH_BLOCKS + 1 })
  // While their deposits are locked they do not dare to: else this would be a test that sees nothing.
  assert.equal((await reading(ask).record(accountRecords, RICH)).value?.balance, 2n ** 60n)
  assert.throws(() => reading(ask, { nowMs: START_MS + UNBONDING_MS }), { code: 'LIGHT_TRUST_EXPIRED' })
  const ahead = reading(serving())
  await ahead.head()
  assert.equal(await balanceRefusal(ask, { kept: ahead.save() }), 'LIGHT_ROLLED_BACK')
  const beside = reading(serving({ top: EPOCH_BLOCKS }))
  await beside.head()
  assert.equal(await balanceRefusal(ask, { kept: beside.save() }), 'LIGHT_FORK')
})

test('two blocks of one height that a quorum signed are told with both as evidence', async () => {
  const first = reading(serving({ top: 10 }))
  await first.head()
  const other = chain.proofOf([{ ...chain.headerAt(10), stateRoot: named('another state') }])
  const reader = reading(
    lying('head', () => [encodeFinalityProof(other)]),
    { kept: first.save() },
  )
  assert.equal(await refusal(reader.head()), 'LIGHT_FORK')
  assert.deepEqual(reader.fork, { first: chain.proofAt(10), second: other })
  assert.equal((await reading(serving({ top: 10 }), { kept: reader.save() }).head()).block.header.height, 10)
})

test('a proof about another record, or of another transaction, proves nothing', async () => {
  const head = encodeFinalityProof(chain.proofAt(TOP))
  for (const key of [POOR, NOBODY]) {
    const proof = encodeStateProof(state.prove(ACCOUNTS_TABLE, key))
    assert.equal(await balanceRefusal(lying('record', () => [head, proof])), 'LIGHT_PROOF_WRONG')
  }
  const empty = encodeStateProof({ ...state.prove(ACCOUNTS_TABLE, RICH), bucket: new Uint8Array() })
  assert.equal(await balanceRefusal(lying('record', () => [head, empty])), 'LIGHT_PROOF_WRONG')
  const of = (position: number) => encodeReceiptProof(proveReceipt(receipts, position))
  const swapped = lying('receipt', ([finality]) => [finality ?? head, of(2)])
  assert.equal(await refusal(reading(swapped).receipt(named('first'))), 'LIGHT_PROOF_WRONG')
  const renamed = lying('receipt', ([finality]) => {
    const proof = {
      ...proveReceipt(receipts, 2),
      receipt: { ...proveReceipt(receipts, 2).receipt, transaction: named('first') },
    }
    return [finality ?? head, encodeReceiptProof(proof)]
  })
  assert.equal(await refusal(reading(renamed).receipt(named('first'))), 'LIGHT_PROOF_WRONG')
})

test('parts that are missing, doubled or too many, and steps that lead nowhere, are refused', async () => {
  for (const ask of ['head', 'record', 'receipt'] as const) {
    const asked = (lie: AskLedger): Promise<string> => {
      const reader = reading(lie)
      if (ask === 'head') return refusal(reader.head())
      return refusal(ask === 'record' ? reader.record(accountRecords, RICH) : reader.receipt(named('first')))
    }
    assert.equal(await asked(lying(ask, () => [])), 'LIGHT_ANSWER_WRONG')
    assert.equal(await asked(lying(ask, (parts) => [...parts, ...parts])), 'LIGHT_ANSWER_WRONG')
  }
  assert.equal(await balanceRefusal(lying('epochs', () => [])), 'LIGHT_EPOCH_UNKNOWN')
  assert.equal(await balanceRefusal(lying('epochs', (steps) => steps.toReversed())), 'LIGHT_EPOCH_UNKNOWN')
  assert.equal(await balanceRefusal(lying('epochs', (steps) => [...steps, ...steps])), 'LIGHT_ANSWER_WRONG')
  const { headers, certificate } = decodeFinalityProof(encodeFinalityProof(chain.proofAt(TOP)))
  const far = encodeFinalityProof({ headers: headers.map((header) => ({ ...header, epoch: 2 ** 40 })), certificate })
  assert.equal(await refusal(reading(lying('head', () => [far])).head()), 'LIGHT_EPOCH_UNKNOWN')
})

/** One thing done to one part of one answer. */
const damage = fc.record({
  answer: fc.nat(4),
  part: fc.nat(8),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom('flip', 'cut', 'grow', 'drop', 'swap'),
  xor: fc.integer({ min: 1, max: 255 }),
})

test('whatever is done to an answer, what is read is the truth or nothing', async () => {
  const truth = async (ask: AskLedger) => {
    const reader = reading(ask)
    const { value, block } = await reader.record(accountRecords, RICH)
    const receipt = await reader.receipt(named('third'))
    return [value, block.hash, receipt.value, receipt.block.hash]
  }
  const honest = await truth(serving())
  let refused = 0
  const check = fc.asyncProperty(damage, async ({ answer, part, at, kind, xor }) => {
    let count = 0
    const ask: AskLedger = async (request) => {
      const parts = [...(await serving()(request))].map((bytes) => bytes.slice())
      if (count++ !== answer) return parts
      const place = part % Math.max(1, parts.length)
      const bytes = parts[place] ?? new Uint8Array()
      const index = Math.floor(at * bytes.length)
      if (kind === 'flip') bytes[index] = (bytes[index] ?? 0) ^ xor
      else if (kind === 'cut') parts[place] = bytes.subarray(0, index)
      else if (kind === 'grow') parts[place] = Uint8Array.of(...bytes, xor)
      else if (kind === 'drop') parts.splice(place, 1)
      else parts.reverse()
      return parts
    }
    try {
      assert.deepEqual(await truth(ask), honest)
    } catch (error) {
      if (!isBorgError(error)) throw error
      assert.match(error.code, /^(PROTOCOL_MALFORMED|LIGHT_)/)
      assert.notEqual(error.blame, 'self')
      refused += 1
    }
  })
  await fc.assert(check, { numRuns: RUNS * 2 })
  assert.ok(refused > 0)
})
