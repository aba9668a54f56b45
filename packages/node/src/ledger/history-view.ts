import { TransactionId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { HistoryView, MovementView } from '@borgios/protocol'
import type { History } from './ledger-index.ts'
import type { Movement } from './movements.ts'
import { memoText } from './transaction-view.ts'

export const historyView = (account: Uint8Array, { from, movements, balance, height }: History): HistoryView => ({
  account: accountIdOf(account),
  from: { ...from, balance: String(from.balance) },
  movements: movements.map(movementView),
  balance: String(balance),
  height,
})

const movementView = ({ height, timeMs, kind, ...movement }: Movement): MovementView => {
  const { amount, fee, balance, counterpart, memo, transaction } = movement
  return {
    height,
    timeMs,
    kind,
    amount: String(amount),
    fee: String(fee),
    balance: String(balance),
    counterpart: counterpart === undefined ? null : accountIdOf(counterpart),
    memo: memoText(memo),
    transaction: transaction === undefined ? null : TransactionId.fromBytes(transaction),
  }
}
