import type { Receipt, Transaction } from '@borgios/protocol'
import { ACCOUNTS_MODULE, compareBytes, decodeTransfer, TRANSFER } from '@borgios/protocol'

export const MOVEMENT_KINDS = ['received', 'sent', 'fee', 'opening', 'other'] as const
export type MovementKind = (typeof MOVEMENT_KINDS)[number]

/** One change of an account's balance. Amounts in micro-units. */
export interface Movement {
  readonly kind: MovementKind
  readonly height: number
  /** Unix time of the block. */
  readonly timeMs: number
  /** To the balance, the fee apart. */
  readonly amount: bigint
  readonly fee: bigint
  /** After it. */
  readonly balance: bigint
  /** 32 bytes: the other account of a transfer. */
  readonly counterpart: Uint8Array | undefined
  readonly memo: Uint8Array
  /** 32 bytes; none for what no single transaction did. */
  readonly transaction: Uint8Array | undefined
}

/** A transaction of a final block, and what became of it. */
export interface SettledTransaction {
  readonly transaction: Transaction
  readonly receipt: Receipt
}

export interface SettledBlock {
  readonly height: number
  readonly timeMs: number
  readonly transactions: readonly SettledTransaction[]
}

/** What is known of an account around a block. */
export interface BalanceStep {
  /** 32 bytes. */
  readonly account: Uint8Array
  readonly before: bigint
  readonly after: bigint
  /** What opening an account cost in this block. */
  readonly accountPrice: bigint
}

type Change = Omit<Movement, 'height' | 'timeMs' | 'balance'>

const NO_MEMO = new Uint8Array(0)
const isSame = (left: Uint8Array, right: Uint8Array): boolean => compareBytes(left, right) === 0

/**
 * Every change of an account's balance in one block, in order: together exactly what the balance changed. What its transactions do not
 * explain comes last: the price of accounts they opened, and what state modules did (rewards, deposits, holds).
 */
export function movementsOf(
  { height, timeMs, transactions }: SettledBlock,
  { account, before, after, accountPrice }: BalanceStep,
): Movement[] {
  const changes = transactions.flatMap((settled) => changesBy(settled, account))
  const explained = changes.reduce((sum, { amount, fee }) => sum + amount - fee, 0n)
  const rest = after - before - explained
  if (rest !== 0n) {
    const sent = BigInt(changes.filter(({ kind }) => kind === 'sent').length)
    const isOpening = rest < 0n && accountPrice > 0n && rest % accountPrice === 0n && -rest <= sent * accountPrice
    changes.push(changeOf(isOpening ? 'opening' : 'other', rest))
  }
  let balance = before
  return changes.map((change) => {
    balance += change.amount - change.fee
    return { ...change, height, timeMs, balance }
  })
}

function changesBy({ transaction, receipt }: SettledTransaction, account: Uint8Array): Change[] {
  const isOwn = isSame(transaction.account, account)
  const changes: Change[] = []
  if (receipt.status === 0) {
    for (const { module, kind, body } of transaction.operations) {
      if (module !== ACCOUNTS_MODULE || kind !== TRANSFER) continue
      const { to, amount, memo } = decodeTransfer(body)
      const about = { fee: 0n, memo, transaction: receipt.transaction }
      if (isOwn) changes.push({ kind: 'sent', amount: -amount, counterpart: to, ...about })
      if (isSame(to, account)) {
        changes.push({ kind: 'received', amount, counterpart: transaction.account, ...about })
      }
    }
  }
  if (!isOwn) return changes
  const [first] = changes
  if (first === undefined) return [{ ...changeOf('fee', 0n, receipt.transaction), fee: receipt.feePaid }]
  return [{ ...first, fee: receipt.feePaid }, ...changes.slice(1)]
}

const changeOf = (kind: MovementKind, amount: bigint, transaction?: Uint8Array): Change => ({
  kind,
  amount,
  fee: 0n,
  counterpart: undefined,
  memo: NO_MEMO,
  transaction,
})
