import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@borgios/core'
import { decodeTransaction, type Operation } from '@borgios/protocol'
import { Duties, type Ledger, type TransactionState } from '../src/index.ts'
import { keysOf, NETWORK } from './support/ledger-cluster.ts'

const operation = (kind: number, bytes = 10): Operation => ({ module: 9, kind, body: new Uint8Array(bytes) })

/** What duties ask of a ledger, with blocks made by hand. */
class LedgerStub {
  readonly sent: number[][] = []
  outcome: TransactionState['kind'] = 'pending'
  #listener = (): void => undefined
  readonly state = { get: () => ({ balance: 1n, nonce: 0, policy: undefined }) }
  readonly chain = { record: { baseFee: 1n, height: 1 }, modules: { registry: { codeOf: () => 'REFUSED' } } }

  onFinal(listener: () => void): () => void {
    this.#listener = listener
    return () => undefined
  }

  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    this.sent.push(decodeTransaction(bytes).operations.map(({ kind }) => kind))
    return new Uint8Array(32)
  }

  transactionState() {
    return { kind: this.outcome, receipt: { status: 1 } }
  }

  /** A block after which the last transaction stands so. */
  async block(outcome: TransactionState['kind']): Promise<void> {
    this.outcome = outcome
    this.#listener()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function dutiesOf(owed: () => readonly Operation[]): LedgerStub {
  const stub = new LedgerStub()
  const modules = { payer: keysOf('operator'), network: NETWORK, logger: silentLogger }
  new Duties([owed], { ...modules, ledger: stub as unknown as Ledger })
  return stub
}

test('what is owed goes out in one transaction, and the next when that is decided', async () => {
  const stub = dutiesOf(() => [operation(1), operation(2)])
  await stub.block('final')
  await stub.block('pending')
  await stub.block('inBlock')
  assert.deepEqual(stub.sent, [[1, 2]])
  await stub.block('final')
  assert.deepEqual(stub.sent, [
    [1, 2],
    [1, 2],
  ])
})

test('a transaction takes as many as it may, and at least one', async () => {
  const many = dutiesOf(() => Array.from({ length: 40 }, (_, kind) => operation(kind)))
  await many.block('final')
  assert.equal(many.sent[0]?.length, 32)
  const large = dutiesOf(() => Array.from({ length: 6 }, (_, kind) => operation(kind, 16 * 1024)))
  await large.block('final')
  assert.deepEqual(large.sent, [[0, 1, 2]])
})

test('after a failure they go one by one until one did well: a bad one stops no other', async () => {
  const stub = dutiesOf(() => [operation(1), operation(2), operation(3)])
  await stub.block('final')
  await stub.block('failed')
  await stub.block('failed')
  await stub.block('final')
  assert.deepEqual(stub.sent, [[1, 2, 3], [1], [2], [1, 2, 3]])
})
