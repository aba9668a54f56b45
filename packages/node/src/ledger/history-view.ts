import { TransactionId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { ModuleRegistry } from '@borgios/ledger'
import type { HistoryView, MovementView } from '@borgios/protocol'
import type { History } from './ledger-index.ts'
import type { Movement } from './movements.ts'
import { subjectText } from './subject-text.ts'
import { memoText } from './transaction-view.ts'

export const historyView = (
  account: Uint8Array,
  { from, movements, balance, height }: History,
  registry: ModuleRegistry,
): HistoryView => ({
  account: accountIdOf(account),
  from: { ...from, balance: String(from.balance) },
  movements: movements.map((movement) => movementView(movement, registry)),
  balance: String(balance),
  height,
})

function movementView(movement: Movement, registry: ModuleRegistry): MovementView {
  const { height, timeMs, kind, amount, fee, balance, subject, memo, transaction } = movement
  const isTransfer = kind === 'sent' || kind === 'received'
  return {
    height,
    timeMs,
    kind,
    amount: String(amount),
    fee: String(fee),
    balance: String(balance),
    counterpart: isTransfer && subject !== undefined ? accountIdOf(subject) : null,
    about: subjectText(movement, registry),
    memo: memoText(memo),
    transaction: transaction === undefined ? null : TransactionId.fromBytes(transaction),
  }
}
