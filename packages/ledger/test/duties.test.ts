import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, silentLogger } from '@borgios/core'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { Duties, Mempool, type OwedOperation, RememberingVerifier, type TransactionState } from '@borgios/ledger'
import {
  decodeTransaction,
  encodeTransaction,
  type Operation,
  type Transaction,
  transactionId,
} from '@borgios/protocol'
import { unitsBy } from '../src/mempool/units.ts'
import { chainFromGenesis, keysOf, NETWORK, transferBy } from './support/ledger-cluster.ts'

const PAYER = keysOf('alice')
const bounds = limits.ledgerDuties

/** A ledger of which the test says what becomes of what is sent. */
class PlayedLedger {
  readonly chain = { record: { baseFee: 100n, height: 0 } }
  readonly state = chainFromGenesis({ nodes: 1 }).state
  readonly sent: Transaction[] = []
  readonly states = new Map<string, TransactionState>()
  nonce = 7
  isFull = false
  asked = 0
  #listener = (): void => {}

  constructor(owed: readonly OwedOperation[] = decodeTransaction(transferBy('alice', 'bob', 0)).operations) {
    const duty = (): readonly OwedOperation[] => {
      this.asked += 1
      return owed
    }
    new Duties([duty], { ledger: this, payer: PAYER, network: NETWORK, logger: silentLogger })
  }

  onFinal(listener: () => void): () => void {
    this.#listener = listener
    return () => {}
  }

  nextNonce(): number {
    return this.nonce
  }

  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.isFull) throw new Error('the disk is full')
    const transaction = decodeTransaction(bytes)
    this.sent.push(transaction)
    this.become({ kind: 'pending', why: { reason: 'ready' } })
    return transactionId(NETWORK, transaction)
  }

  /** What became of the last one. */
  become(state: TransactionState): void {
    const last = this.sent.at(-1) ?? assert.fail('nothing was sent')
    this.states.set(Buffer.from(transactionId(NETWORK, last)).toString('hex'), state)
  }

  transactionState(id: Uint8Array): TransactionState | undefined {
    return this.states.get(Buffer.from(id).toString('hex'))
  }

  /** Kinds of what was sent, a list for each transaction. */
  get kinds(): readonly (readonly number[])[] {
    return this.sent.map(({ operations }) => operations.map(({ kind }) => kind))
  }

  async block(): Promise<void> {
    this.chain.record.height += 1
    this.#listener()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a duty takes the nonce behind what the account has under way, and is sent once', async () => {
  const ledger = new PlayedLedger()
  for (let blocks = 0; blocks < 5; blocks += 1) await ledger.block()
  assert.deepEqual([ledger.sent.length, ledger.asked], [1, 1])
  assert.equal(ledger.sent[0]?.nonce, 7)
  assert.equal(ledger.sent[0]?.maxFeePerUnit, 100n * bounds.feeFactor + 1n)
})

test('when the base fee overtook it, a duty offers more with the same nonce, as the mempool asks for', async () => {
  const ledger = new PlayedLedger()
  await ledger.block()
  ledger.chain.record.baseFee = 500n
  ledger.become({ kind: 'pending', why: { reason: 'feeBelowBase', offered: 401, baseFee: 500n } })
  ledger.nonce = 8
  await ledger.block()
  const [first, second] = ledger.sent
  assert(first !== undefined && second !== undefined)
  assert.equal(second.nonce, 7)
  const chain = chainFromGenesis({ nodes: 1 })
  const account = { balance: 10n ** 12n, nonce: 7, policy: undefined }
  const mempool = new Mempool(
    { height: 0, baseFee: 100n },
    {
      accounts: { account: () => account },
      verifier: new RememberingVerifier(sodiumEd25519, NETWORK),
      unitsOf: unitsBy(chain.modules.registry),
    },
  )
  assert.deepEqual(
    [first, second].map((each) => mempool.add(encodeTransaction(each)).outcome),
    ['added', 'added'],
  )
})

test('what could not be sent is tried as it is, and not made anew at every block', async () => {
  const ledger = new PlayedLedger()
  ledger.isFull = true
  for (let blocks = 0; blocks < bounds.askAgainBlocks; blocks += 1) await ledger.block()
  assert.equal(ledger.asked, 1)
  ledger.isFull = false
  await ledger.block()
  assert.deepEqual([ledger.sent.length, ledger.asked], [1, 1])
  ledger.become({ kind: 'expired', lastHeight: 1 })
  ledger.isFull = true
  for (let blocks = 0; blocks < 2 * bounds.askAgainBlocks; blocks += 1) await ledger.block()
  assert.equal(ledger.asked, 3, 'now and then the duties are asked again')
})

const operation = (kind: number, bytes = 10): Operation => ({ module: 9, kind, body: new Uint8Array(bytes) })
const FINAL: TransactionState = { kind: 'expired', lastHeight: 1 }
const FAILED: TransactionState = {
  kind: 'failed',
  height: 1,
  receipt: { transaction: new Uint8Array(32), status: 1, usedUnits: 1, feePaid: 1n },
}

test('a duty is told what went out, not what it was asked for', async () => {
  const sent: number[] = []
  const ledger = new PlayedLedger([1, 2].map((kind) => ({ ...operation(kind), onSent: () => void sent.push(kind) })))
  ledger.isFull = true
  for (let blocks = 0; blocks < 3 * bounds.askAgainBlocks; blocks += 1) await ledger.block()
  assert.ok(ledger.asked > 1)
  assert.deepEqual(sent, [])
  ledger.isFull = false
  await ledger.block()
  assert.deepEqual(sent, [1, 2])
  ledger.become(FAILED)
  await ledger.block()
  assert.deepEqual(sent, [1, 2, 1])
})

test('what is owed goes out in one transaction, and the next when that is decided', async () => {
  const ledger = new PlayedLedger([operation(1), operation(2)])
  for (let blocks = 0; blocks < 3; blocks += 1) await ledger.block()
  assert.deepEqual(ledger.kinds, [[1, 2]])
  ledger.become(FINAL)
  await ledger.block()
  assert.deepEqual(ledger.kinds, [
    [1, 2],
    [1, 2],
  ])
})

test('a transaction takes as many as it may, and at least one', async () => {
  const many = new PlayedLedger(Array.from({ length: 40 }, (_, kind) => operation(kind)))
  await many.block()
  assert.equal(many.kinds[0]?.length, limits.ledgerCodec.maxOperations)
  const large = new PlayedLedger(Array.from({ length: 6 }, (_, kind) => operation(kind, 16 * 1024)))
  await large.block()
  assert.deepEqual(large.kinds, [[0, 1, 2]])
})

test('after a failure they go one by one until one did well: a bad one stops no other, and is not paid for again at once', async () => {
  const ledger = new PlayedLedger([operation(1), operation(2), operation(3)])
  await ledger.block()
  for (const outcome of [FAILED, FAILED, FINAL]) {
    ledger.become(outcome)
    await ledger.block()
  }
  assert.deepEqual(ledger.kinds, [[1, 2, 3], [1], [2], [2, 3]])
})
