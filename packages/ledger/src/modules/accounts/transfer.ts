import { decodeTransfer, encodeTransfer, TRANSFER, type Transfer } from '@borgios/protocol'
import type { OperationType } from '../state-module.ts'

/** Two records are read and written, like an audit report of the same size. */
const TRANSFER_UNITS = 100

/** Moves currency from the sender to an account, which gets the whole amount: who sends to a new one pays its opening beside it. */
export const transfer: OperationType<Transfer> = {
  kind: TRANSFER,
  name: 'transfer',
  encode: encodeTransfer,
  decode: decodeTransfer,
  units: () => TRANSFER_UNITS,
  apply({ money, sender }, { to, amount }) {
    money.take(sender, amount, { reason: 'transfer', subject: to })
    money.open(to, sender)
    money.give(to, amount, { reason: 'transfer', subject: sender })
  },
}
