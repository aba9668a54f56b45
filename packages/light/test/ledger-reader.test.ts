import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError, MINUTE_MS, TransactionId } from '@borgios/core'
import { refusal } from '@borgios/core/testing'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type AskLedger, accountRecords, confirmKept, LedgerReader } from '@borgios/light'
import {
  ACCOUNTS_TABLE,
  type BlockHeader,
  type Checkpoint,
  committeeHash,
  compareBytes,
  decodeFinalityProof,
  decodeHeaders,
  encodeAccount,
  encodeEpochProof,
  encodeFinalityProof,
  encodeHeaders,
  encodeReceiptProof,
  encodeStateProof,
  headerHash,
  type LightRequest,
  proveReceipt,
  type Receipt,
  receiptsRoot,
} from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { Chain, type ChainOptions, named, START_MS, signersOf } from './chain-maker.ts'
import { SparseState } from './sparse-state.ts'

const EPOCHS = 5
const EPOCH_BLOCKS = 4
const UNBONDING_MS = 30 * MINUTE_MS
const RICH = named('rich')
const POOR = named('poor')
const NOBODY = named('nobody')
const account = (balance: bigint) => encodeAccount({ balance, nonce: 1, policy: undefined })
const state = new SparseState([
  [ACCOUNTS_TABLE, RICH, account(2n ** 60n)],
  [ACCOUNTS_TABLE, POOR, account(1n)],
])
const receipts: Receipt[] = ['first', 'second', 'third'].map((name, status) => ({
  transaction: named(name),
  status,
  usedUnits: 1,
  feePaid: 5n,
}))
const options: ChainOptions = {
  name: 'reader',
  epochs: EPOCHS,
  epochBlocks: EPOCH_BLOCKS,
  stateRoot: state.root,
  receiptsRoot: receiptsRoot(receipts),
}
const chain = new Chain(options)
/** Headers of one answer, however many were asked for. */
const PAGE = 3
const TOP = EPOCHS * EPOCH_BLOCKS - 1

interface Serving {
  /** Height of what it says is the newest block. */
  readonly top?: number
  /** In which the transactions are. */
  readonly at?: number
  readonly from?: Pick<Chain, 'proofAt' | 'epochProof' | 'headerAt'>
}

/** Answers as a node does that has this chain. */
const serving =
  ({ top = TOP, at = 2, from = chain }: Serving = {}): AskLedger =>
  async (request) => {
    const head = encodeFinalityProof(from.proofAt(top))
    switch (request.ask) {
      case 'head':
        return [head]
      case 'epochs': {
        const over = Math.floor(top / EPOCH_BLOCKS)
        const count = Math.min(request.limit, Math.max(0, over - request.from))
        return Array.from({ length: count }, (_, index) =>
          encodeEpochProof(from.epochProof(request.from + index, index % 2)),
        )
      }
      case 'record':
        return [
          head,
          encodeStateProof(state.prove(request.table, new Uint8Array(Buffer.from(request.key, 'base64url')))),
        ]
      case 'receipt': {
        const id = TransactionId.toBytes(request.transaction)
        const position = receipts.findIndex(({ transaction }) => compareBytes(transaction, id) === 0)
        return [encodeFinalityProof(from.proofAt(at)), encodeReceiptProof(proveReceipt(receipts, position))]
      }
      case 'headers': {
        const { height, limit } = request
        return [encodeHeaders(Array.from({ length: Math.min(limit, PAGE) }, (_, down) => from.headerAt(height - down)))]
      }
      default:
        return assert.fail(`nobody asks for ${request.ask}`)
    }
  }

/** Answers honestly but for one kind of question. */
const lying =
  (
    ask: LightRequest['ask'],
    lie: (parts: readonly Uint8Array[]) => readonly Uint8Array[],
    honest = serving(),
  ): AskLedger =>
  async (request) =>
    request.ask === ask ? lie(await honest(request)) : honest(request)

interface Reading {
  readonly checkpoint?: Checkpoint
  readonly kept?: Uint8Array
  readonly nowMs?: number
  readonly unbondingMs?: number
}

const reading = (
  ask: AskLedger,
  { checkpoint = chain.checkpoint, kept, nowMs = START_MS + 60_000, unbondingMs = UNBONDING_MS }: Reading = {},
) => new LedgerReader({ checkpoint, kept, unbondingMs }, { ask, ed25519: sodiumEd25519, clock: { nowMs: () => nowMs } })

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

test('a receipt of long ago is proved where genesis is too old, and where a checkpoint lies above it', async () => {
  const unbondingMs = 10_000
  const young = reading(serving({ top: 12 }), { unbondingMs, nowMs: START_MS + 9_000 })
  await young.head()
  const begun = { checkpoint: checkpointOf(chain, 14) }
  for (const how of [{ kept: young.save() }, begun]) {
    for (let height = 1; height <= TOP; height += 1) {
      const reader = reading(serving({ at: height }), { ...how, unbondingMs, nowMs: START_MS + 20_000 })
      await reader.head()
      assert.equal((await reader.receipt(named('second'))).block.header.height, height)
    }
  }
})

/** As a node of some chain gives it at this block. */
const checkpointOf = (from: Chain, height: number): Checkpoint => {
  const header = from.headerAt(height)
  const epoch = header.seal === undefined ? header.epoch : header.epoch + 1
  const { committee } = from.signersAt(epoch)
  const { stateRoot, timeMs } = header
  const blockHash = headerHash(from.network, header)
  return {
    network: from.network,
    committee,
    lastHeight: (epoch + 1) * EPOCH_BLOCKS,
    height,
    blockHash,
    stateRoot,
    timeMs,
  }
}

test('a checkpoint agrees with what was proved, or is refused; what was proved stays either way', async () => {
  const other = new Chain({ ...options, name: 'another story', network: chain.network })
  for (const top of [1, 4, 6, 8, 10]) {
    const reader = reading(serving({ top }))
    await reader.head()
    const kept = reader.save()
    for (let height = 1; height < TOP; height += 1) {
      const at = `checkpoint ${height}, proved ${top}`
      const again = reading(serving(), { kept })
      await again.confirm(checkpointOf(chain, height))
      assert.equal((await again.head()).block.header.height, TOP, at)
      confirmKept(kept, checkpointOf(chain, height))
      // An epoch that is neither under way nor the one before is not known any more.
      const isKnown = Math.floor(height / EPOCH_BLOCKS) >= Math.floor(top / EPOCH_BLOCKS) - 1
      if (!isKnown) continue
      const lied = reading(serving(), { kept })
      assert.equal(await refusal(lied.confirm(checkpointOf(other, height))), 'LIGHT_CHECKPOINT_CONFLICT', at)
      assert.equal((await lied.head()).block.header.height, TOP, at)
    }
  }
})

test('each thing that a checkpoint says must agree', async () => {
  const reader = reading(serving({ top: 10 }))
  await reader.head()
  const kept = reader.save()
  const good = checkpointOf(chain, 9)
  confirmKept(kept, good)
  const of = (epoch: number) => chain.signersAt(epoch).committee
  const wrong: readonly Partial<Checkpoint>[] = [
    { network: named('elsewhere') },
    { timeMs: checkpointOf(chain, 10).timeMs },
    { timeMs: checkpointOf(chain, 8).timeMs },
    { lastHeight: 13 },
    { committee: signersOf('others', 2, [1, 1, 1, 1]).committee },
    { committee: of(3), lastHeight: 16 },
    { committee: of(1) },
    { height: 10 },
    { height: 8 },
  ]
  for (const [index, difference] of wrong.entries()) {
    assert.throws(
      () => confirmKept(kept, { ...good, ...difference }),
      { code: 'LIGHT_CHECKPOINT_CONFLICT' },
      `${index}`,
    )
  }
})

test('nothing below a checkpoint that was given counts as the newest', async () => {
  const reader = reading(serving({ top: 9 }))
  await reader.head()
  await reader.confirm(checkpointOf(chain, 11))
  assert.equal(await refusal(reader.head()), 'LIGHT_ROLLED_BACK')
  const ahead = reading(serving({ top: 9 }), { kept: reader.save() })
  assert.equal(await refusal(ahead.head()), 'LIGHT_ROLLED_BACK')
  assert.equal((await reading(serving({ top: 11 }), { kept: reader.save() }).head()).block.header.height, 11)
})

test('headers of another chain, or none, lead down to no old block; nor does one go on for ever', async () => {
  const other = new Chain({ ...options, name: 'beside', network: chain.network })
  const encoded = (headers: readonly BlockHeader[]) => [encodeHeaders(headers)]
  const first = async (ask: AskLedger): Promise<string> => {
    const reader = reading(ask)
    await reader.head()
    return refusal(reader.receipt(named('first')))
  }
  // Whoever signed it then: what counts is that the blocks above stand on it.
  const forged = lying('receipt', ([, receipt]) => [
    encodeFinalityProof(chain.proofOf([{ ...chain.headerAt(2), receiptsRoot: named('mine') }])),
    receipt ?? assert.fail(),
  ])
  const reader = reading(forged)
  await reader.head()
  assert.deepEqual((await reader.receipt(named('first'))).block.header, chain.headerAt(2))
  const lies: ((parts: readonly Uint8Array[]) => readonly Uint8Array[])[] = [
    ([list]) => encoded(decodeHeaders(list ?? assert.fail()).map(({ height }) => other.headerAt(height))),
    ([list]) => encoded(decodeHeaders(list ?? assert.fail()).toReversed()),
    ([list]) => encoded(decodeHeaders(list ?? assert.fail()).map((header) => ({ ...header, timeMs: 1 }))),
  ]
  for (const lie of lies) assert.equal(await first(lying('headers', lie)), 'LIGHT_CHAIN_BROKEN')
  const tooMany = lying('headers', () => encoded(Array(1_000).fill(chain.headerAt(2))))
  assert.equal(await first(tooMany), 'LIGHT_ANSWER_WRONG')
  assert.equal(await first(lying('headers', () => [])), 'LIGHT_ANSWER_WRONG')
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
