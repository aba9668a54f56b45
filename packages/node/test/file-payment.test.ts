import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR_MS, isBorgError, LeaseId, limits, MIB, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import type { Signer } from '@borgios/crypto'
import { accountOf, LEASES_MODULE, leaseIdOf, moneyOperations, transfer } from '@borgios/ledger'
import { ACCOUNTS_MODULE, type Operation, TRANSFER, taggedHash } from '@borgios/protocol'
import { filePayment } from '../src/ledger/file-payment.ts'
import { LedgerLeases } from '../src/ledger/ledger-leases.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { keyOf, NETWORK, ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

const DAY_MS = 24 * HOUR_MS
const NOW_MS = 1_800_000_000_000
const WALLET = keyOf('wallet')
const NODE = keyOf('node')
const LABEL = taggedHash('test-label')
const LEASE = leaseIdOf(WALLET.publicKey, LABEL)
const { leaseMarginMs, leaseGraceMs, maxClockStepMs } = limits.ledgerMoney

async function calm(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

class World {
  readonly chain: ScriptedChain
  readonly ledger: ScriptedLedger
  readonly leases: LedgerLeases

  constructor(balance: bigint) {
    const members = [{ node: NODE.publicKey, operator: NODE.publicKey, capacityBytes: 2 ** 40 }]
    this.chain = new ScriptedChain(WALLET, members, balance)
    this.ledger = new ScriptedLedger(this.chain)
    const ledger = this.ledger.asLedger()
    const lists = { deliver: () => undefined }
    this.leases = new LedgerLeases({ ledger, sender: this.#sender(WALLET), lists, node: LABEL, logger: silentLogger })
  }

  #sender = (signer: Signer): WalletSender =>
    new WalletSender({ ledger: this.ledger.asLedger(), signer, network: NETWORK, timers: new ManualTime() })

  async during<Result>(work: Promise<Result>): Promise<Result> {
    await calm()
    this.chain.block()
    return work
  }

  send(signer: Signer, operation: Operation): Promise<void> {
    return this.during(this.#sender(signer).pay({ operations: [operation], what: 'a test' }))
  }

  /** A lease that lasts a day, of a GiB. */
  async open(): Promise<void> {
    const { open } = moneyOperations.lease
    const entries = [{ holder: NODE.publicKey, bytes: 1024 * MIB, shards: 1, list: LABEL }]
    const body = open.encode({ label: LABEL, isReserved: false, data: 1, parity: 1, amount: 1_050n, entries })
    await this.send(WALLET, { module: LEASES_MODULE, kind: open.kind, body })
  }

  async accept(): Promise<void> {
    const { accept } = moneyOperations.lease
    const body = accept.encode({ node: NODE.publicKey, leases: [LEASE] })
    await this.send(NODE, { module: LEASES_MODULE, kind: accept.kind, body })
  }

  pass(durationMs: number): void {
    for (let left = durationMs; left > 0; left -= maxClockStepMs) this.chain.block(Math.min(left, maxClockStepMs))
  }

  payment = () => filePayment(this.chain.state, LeaseId.fromBytes(LEASE), NOW_MS)
}

test('until when a file is paid, that it ran out, and that it is over', async () => {
  const world = new World(10n ** 9n)
  assert.deepEqual(world.payment(), { state: 'over', untilMs: null })
  await world.open()
  assert.deepEqual(world.payment(), { state: 'waiting', untilMs: null })
  await world.accept()
  const { state, untilMs } = world.payment()
  assert.equal(state, 'paid')
  assert(untilMs !== null && untilMs >= NOW_MS + DAY_MS && untilMs < NOW_MS + DAY_MS + leaseMarginMs)
  world.pass(untilMs - NOW_MS)
  assert.deepEqual(world.payment(), { state: 'grace', untilMs: NOW_MS + leaseGraceMs })
})

test('who cannot pay for a renewal is told what is missing, and the file is paid to the end it had', async () => {
  const world = new World(10n ** 7n)
  await world.open()
  await world.accept()
  const before = world.payment()
  const balance = accountOf(world.chain.state, WALLET.publicKey)?.balance ?? 0n
  const body = transfer.encode({ to: NODE.publicKey, amount: balance - 20_000n, memo: new Uint8Array() })
  await world.send(WALLET, { module: ACCOUNTS_MODULE, kind: TRANSFER, body })
  const short = (error: unknown): boolean =>
    isBorgError(error) && error.code === 'NODE_FUNDS_SHORT' && /are missing/.test(error.message)
  await assert.rejects(world.leases.renew(LEASE, 365 * DAY_MS), short)
  assert.equal(world.payment().state, 'paid')
  assert((world.payment().untilMs ?? 0) <= (before.untilMs ?? 0))
  await world.during(world.leases.renew(LEASE, 2 * DAY_MS))
  const longerMs = (world.payment().untilMs ?? 0) - (before.untilMs ?? 0)
  assert(Math.abs(longerMs - 2 * DAY_MS) < 2 * 60_000, `${longerMs}`)
})

test('one that ran out lives again when it is renewed in its grace; one that is gone must be put again', async () => {
  const world = new World(10n ** 9n)
  const over = (error: unknown): boolean => isBorgError(error) && error.code === 'NODE_LEASE_OVER'
  await assert.rejects(world.leases.renew(LEASE, DAY_MS), over)
  await world.open()
  await assert.rejects(world.leases.renew(LEASE, DAY_MS), over)
  await world.accept()
  world.pass((world.payment().untilMs ?? 0) - NOW_MS)
  assert.equal(world.payment().state, 'grace')
  await world.during(world.leases.renew(LEASE, 2 * DAY_MS))
  assert.equal(world.payment().state, 'paid')
})
