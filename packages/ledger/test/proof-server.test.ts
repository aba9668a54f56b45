import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeBase64Url, HOUR_MS, isBorgError, TransactionId } from '@borgios/core'
import { systemClock } from '@borgios/core/adapters'
import { refusal } from '@borgios/core/testing'
import { nobleEd25519 } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type AskLedger, accountRecords, LedgerReader } from '@borgios/light'
import {
  decodeCheckpoint,
  decodeEpochProof,
  decodeHeaders,
  decodeTransaction,
  type LightRequest,
  transactionId,
} from '@borgios/protocol'
import fc from 'fast-check'
import { memberTable } from '../src/modules/members/member.ts'
import { MEMBERS_MODULE } from '../src/modules/members/members-module.ts'
import { drain } from '../src/modules/members/membership.ts'
import { checkpointOf, genesisCheckpoint, genesisTrust } from '../src/proofs/checkpoint-of.ts'
import { ProofServer } from '../src/proofs/proof-server.ts'
import { propertyRuns } from './full-slice.ts'
import {
  type ClusterNode,
  chainFromGenesis,
  genesisOf,
  keysOf,
  LedgerCluster,
  NETWORK,
  QUICK,
  signedBy,
  transferBy,
} from './support/ledger-cluster.ts'

const EPOCH_BLOCKS = 5
const options = { nodes: 4, epochBlocks: EPOCH_BLOCKS, timing: { ...QUICK, idleMs: 20 } }
const OPERATOR = 'operator of node 3'
const LEAVER = keysOf('node 3').publicKey
/** The clusters' genesis is of years ago. */
const UNBONDING_MS = 24 * HOUR_MS * 365 * 50

let cluster: LedgerCluster
let server: ClusterNode
const sent: Uint8Array[] = []

const idOf = (transaction: Uint8Array): Uint8Array => transactionId(NETWORK, decodeTransaction(transaction))

function send(transaction: Uint8Array): void {
  server.add(transaction)
  sent.push(idOf(transaction))
}

const setDraining = (nonce: number, isDraining: boolean): Uint8Array =>
  signedBy(OPERATOR, nonce, {
    module: MEMBERS_MODULE,
    kind: drain.kind,
    body: drain.encode({ node: LEAVER, isDraining }),
  })

const validators = (): number => server.engine.rules.committee.validators.length

before(async () => {
  cluster = await LedgerCluster.open(options)
  server = cluster.node(1)
  send(transferBy('alice', OPERATOR, 0, 1_000_000_000n))
  await server.until(() => server.balance(OPERATOR) > 0n)
  for (const [nonce, isDraining] of [true, false].entries()) {
    send(setDraining(nonce, isDraining))
    await server.until(() => validators() === (isDraining ? 3 : 4))
    send(transferBy('alice', 'bob', nonce + 1, 7n))
  }
  await server.until(() => server.balance('bob') === 1_000_000_000_014n && server.chain.record.epoch >= 4)
  // What is read does not change any more.
  for (const node of cluster.nodes) await node.stop()
})

after(() => cluster[Symbol.asyncDispose]())

const trust = genesisTrust(NETWORK, genesisOf(options), sodiumEd25519)
const reading = (ask: AskLedger, kept?: Uint8Array, ed25519 = sodiumEd25519): LedgerReader =>
  new LedgerReader(
    { checkpoint: trust.checkpoint, kept, unbondingMs: UNBONDING_MS },
    { ask, ed25519, clock: systemClock },
  )
const honest: AskLedger = (request) => server.proofs.answer(request)

test('the genesis document alone leads to the checkpoint that every node has', () => {
  const { state } = chainFromGenesis(options)
  assert.deepEqual(trust.checkpoint, genesisCheckpoint(state, NETWORK))
  assert.equal(trust.unbondingMs, 100 * EPOCH_BLOCKS * 5_000)
})

test('from genesis over epochs with changing committees to balances, members and receipts', async () => {
  for (const ed25519 of [sodiumEd25519, nobleEd25519]) {
    const reader = reading(honest, undefined, ed25519)
    const { value, block } = await reader.record(accountRecords, keysOf('bob').publicKey)
    assert.equal(value?.balance, 1_000_000_000_014n)
    assert.deepEqual(block.hash, server.chain.point.block)
    assert.ok(block.support.weight >= block.support.quorum)
    assert.equal((await reader.record(accountRecords, keysOf('nobody').publicKey)).value, undefined)
    const member = await reader.record(memberTable, LEAVER)
    assert.equal(member.value?.state, 'active')
    assert.equal((await reader.record(memberTable, keysOf('alice').publicKey)).value, undefined)
    for (const id of sent) {
      const { value: receipt } = await reader.receipt(id)
      assert.deepEqual([receipt.transaction, receipt.status], [id, 0])
    }
  }
  const steps = await honest({ ask: 'epochs', from: 0, limit: 32 })
  const sizes = steps.map((step) => decodeEpochProof(step).next.validators.length)
  assert.ok(sizes.includes(3) && sizes.includes(4), `committees of ${sizes.join(', ')}`)
  assert.equal(steps.length, server.chain.record.epoch)
})

test('steps come in pages, from any epoch on, and end where the chain is', async () => {
  const { epoch } = server.chain.record
  const all = await honest({ ask: 'epochs', from: 0, limit: 32 })
  for (let from = 0; from <= epoch + 1; from += 1) {
    assert.deepEqual(await honest({ ask: 'epochs', from, limit: 2 }), all.slice(from, from + 2))
  }
})

test('a checkpoint of a node serves those who trust the node', async () => {
  const [bytes] = await honest({ ask: 'checkpoint' })
  assert.ok(bytes)
  const checkpoint = decodeCheckpoint(bytes)
  const { epoch } = server.chain.record
  const { height, block } = server.chain.point
  const { read } = server.disk.archive.store.epochs
  assert.deepEqual(checkpoint, await checkpointOf(server.chain.state, { read }, NETWORK))
  assert.deepEqual([checkpoint.height, checkpoint.committee.epoch], [(epoch - 1) * EPOCH_BLOCKS, epoch - 1])
  const reader = new LedgerReader(
    { checkpoint, unbondingMs: UNBONDING_MS },
    { ask: honest, ed25519: sodiumEd25519, clock: systemClock },
  )
  const proven = await reader.record(accountRecords, keysOf('bob').publicKey)
  assert.deepEqual([proven.value?.balance, proven.block.hash], [1_000_000_000_014n, block])
  assert.equal(proven.block.header.height, height)
})

test('in the first two epochs genesis is the checkpoint; later a node that did not see the epoch before begin has none', async () => {
  const unseen = { read: async () => undefined }
  const { state } = chainFromGenesis(options)
  const sources = { network: NETWORK, blocks: { ...unseen, heights: undefined }, epochs: unseen, receipts: undefined }
  assert.deepEqual(await new ProofServer({ ...sources, state }).answer({ ask: 'checkpoint' }), [])
  const late = new ProofServer({ ...sources, state: server.chain.state })
  assert.equal(await refusal(late.answer({ ask: 'checkpoint' })), 'LEDGER_PROOF_MISSING')
})

test('before the first block there is nothing to prove by, and of what is not known it is said', async () => {
  const { state } = chainFromGenesis(options)
  const young = new ProofServer({
    network: NETWORK,
    state,
    blocks: { read: async () => undefined, heights: undefined },
    epochs: { read: async () => undefined },
    receipts: undefined,
  })
  assert.equal(await refusal(young.answer({ ask: 'head' })), 'LEDGER_PROOF_MISSING')
  assert.equal(await refusal(young.answer({ ask: 'record', table: 1, key: 'AAAA' })), 'LEDGER_PROOF_MISSING')
  assert.deepEqual(await young.answer({ ask: 'epochs', from: 0, limit: 1 }), [])
  const id = TransactionId.fromBytes(keysOf('nobody').publicKey)
  for (const proofs of [young, server.proofs]) {
    assert.equal(await refusal(proofs.answer({ ask: 'receipt', transaction: id })), 'LEDGER_PROOF_UNKNOWN')
  }
})

test('of blocks that are forgotten it is said that they are, and from where on there are any', async () => {
  const [id = assert.fail()] = sent
  const { state } = server.chain
  const list = [{ transaction: id, status: 0, usedUnits: 1, feePaid: 1n }]
  const receipts = { place: async () => ({ height: 3, position: 0 }), receipts: async () => list }
  const blocks = { read: async () => undefined, heights: { first: 7, last: 9 } }
  const epochs = { read: async () => undefined }
  const pruned = new ProofServer({ network: NETWORK, state, blocks, epochs, receipts })
  const receipt: LightRequest = { ask: 'receipt', transaction: TransactionId.fromBytes(id) }
  for (const request of [receipt, { ask: 'headers', height: 6, limit: 1 } as const]) {
    await assert.rejects(pruned.answer(request), { code: 'LEDGER_PROOF_PRUNED', message: /those from 7 on/ })
  }
  assert.equal(await refusal(pruned.answer({ ask: 'headers', height: 7, limit: 1 })), 'LEDGER_PROOF_MISSING')
})

test('headers come from a height on down, as many as were asked for', async () => {
  const headersOf = async (height: number, limit: number): Promise<readonly number[]> => {
    const [bytes = assert.fail()] = await honest({ ask: 'headers', height, limit })
    return decodeHeaders(bytes).map((header) => header.height)
  }
  assert.deepEqual(await headersOf(7, 3), [7, 6, 5])
  assert.deepEqual(await headersOf(2, 10), [2, 1])
})

test('another real network with the same id and other keys convinces nobody', { timeout: 60_000 }, async () => {
  await using usurpers = await LedgerCluster.open({ ...options, names: 'usurper' })
  const usurper = usurpers.node(0)
  await usurper.until(() => usurper.chain.record.epoch >= 2)
  const ask: AskLedger = (request) => usurper.proofs.answer(request)
  const young = new LedgerReader(
    {
      checkpoint: genesisCheckpoint(chainFromGenesis({ ...options, names: 'usurper' }).state, NETWORK),
      unbondingMs: UNBONDING_MS,
    },
    { ask, ed25519: sodiumEd25519, clock: systemClock },
  )
  assert.ok((await young.head()).block.header.height > 0)
  const questions = [reading(ask).head(), reading(ask).record(accountRecords, keysOf('bob').publicKey)]
  for (const question of questions) assert.equal(await refusal(question), 'LIGHT_CHAIN_BROKEN')
  const mixed: AskLedger = (request) => (request.ask === 'epochs' ? honest(request) : ask(request))
  assert.equal(await refusal(reading(mixed).head()), 'LIGHT_CHAIN_BROKEN')
})

test('no byte of what a node answers can be altered', async () => {
  const key = encodeBase64Url(keysOf('bob').publicKey)
  const [id = assert.fail()] = sent
  const questions: LightRequest[] = [
    { ask: 'record', table: 1, key },
    { ask: 'epochs', from: 0, limit: 32 },
    { ask: 'receipt', transaction: TransactionId.fromBytes(id) },
    { ask: 'headers', height: 1, limit: 1 },
  ]
  const truth = async (ask: AskLedger) => {
    const reader = reading(ask)
    const { value, block } = await reader.record(accountRecords, keysOf('bob').publicKey)
    const receipt = await reader.receipt(id)
    return [value, block.hash, receipt.value, receipt.block.hash]
  }
  const expected = await truth(honest)
  const damage = fc.tuple(
    fc.constantFrom(...questions),
    fc.nat(31),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.integer({ min: 1, max: 255 }),
  )
  const check = fc.asyncProperty(damage, async ([question, part, at, xor]) => {
    const ask: AskLedger = async (request) => {
      const parts = await honest(request)
      if (request.ask !== question.ask) return parts
      const place = part % parts.length
      return parts.map((bytes, index) => (index === place ? flipped(bytes, Math.floor(at * bytes.length), xor) : bytes))
    }
    const same = (read: unknown): string => {
      assert.deepEqual(read, expected)
      return 'same'
    }
    const codeOf = (error: unknown): string => (isBorgError(error) ? error.code : assert.fail(String(error)))
    // What signed an old block is not looked at any more: headers lead down to it.
    const isUnread = question.ask === 'receipt' && part % 2 === 0
    const allowed = isUnread ? /^(PROTOCOL_MALFORMED|LIGHT_|same$)/ : /^(PROTOCOL_MALFORMED|LIGHT_)/
    assert.match(await truth(ask).then(same, codeOf), allowed)
  })
  await fc.assert(check, { numRuns: propertyRuns(60) })
})

const flipped = (bytes: Uint8Array, at: number, xor: number): Uint8Array => {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ xor
  return copy
}
