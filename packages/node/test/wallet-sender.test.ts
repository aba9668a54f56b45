import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { type Ledger, type TransactionState, transfer } from '@borgios/ledger'
import { ACCOUNTS_MODULE } from '@borgios/protocol'
import { type Payment, WalletSender } from '../src/ledger/wallet-sender.ts'
import { keyOf, NETWORK, ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

const WALLET = keyOf('wallet')
const MEMBERS = [{ node: keyOf('node').publicKey, operator: keyOf('operator').publicKey, capacityBytes: 1 }]
const body = transfer.encode({ to: keyOf('somebody').publicKey, amount: 1n, memo: new Uint8Array() })
const PAYMENT: Payment = { operations: [{ module: ACCOUNTS_MODULE, kind: transfer.kind, body }], what: 'a test' }
const EXPIRED: TransactionState = { kind: 'expired', lastHeight: 1 }
const DECIDED: TransactionState = { kind: 'decided' }

/** Pays where what is sent comes to these ends, one after another; the last one again and again. */
async function paid(patience: Payment['patience'], ...ends: readonly TransactionState[]) {
  const ledger = new ScriptedLedger(new ScriptedChain(WALLET, MEMBERS, 10n ** 9n))
  let sent = 0
  const scripted = {
    state: ledger.state,
    chain: ledger.chain,
    undecided: () => new Map(),
    onFinal: () => () => undefined,
    submit: async () => {
      sent += 1
      return new Uint8Array(32).fill(sent)
    },
    transactionState: () => ends[Math.min(sent, ends.length) - 1],
  } as unknown as Ledger
  const sender = new WalletSender({ ledger: scripted, signer: WALLET, network: NETWORK, timers: new ManualTime() })
  const payment = patience === undefined ? PAYMENT : { ...PAYMENT, patience }
  const outcome = await sender.pay(payment).then(
    () => 'paid',
    (error: { code: string }) => error.code,
  )
  return { outcome, sent }
}

const FINAL = { kind: 'final', height: 1 } as unknown as TransactionState

test('what is decided, nobody here knows how, may have been paid: it is neither sent again nor called refused', async () => {
  for (const patience of [undefined, 'short', 'endless'] as const)
    assert.deepEqual(await paid(patience, DECIDED), { outcome: 'NODE_PAYMENT_OPEN', sent: 1 })
})

test('what expired is sent anew by who waits without end, and refused to who waits for it', async () => {
  assert.deepEqual(await paid('endless', EXPIRED, EXPIRED, FINAL), { outcome: 'paid', sent: 3 })
  for (const patience of [undefined, 'short'] as const)
    assert.deepEqual(await paid(patience, EXPIRED, FINAL), { outcome: 'NODE_PAYMENT_REFUSED', sent: 1 })
  assert.deepEqual(await paid('endless', EXPIRED), { outcome: 'NODE_PAYMENT_REFUSED', sent: limits.node.paymentTries })
})

test('what another transaction replaced is sent anew, however long anybody waits', async () => {
  const replaced = { kind: 'replaced', by: new Uint8Array(32) } as unknown as TransactionState
  for (const patience of [undefined, 'short', 'endless'] as const)
    assert.deepEqual(await paid(patience, replaced, FINAL), { outcome: 'paid', sent: 2 })
})
