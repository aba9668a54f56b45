import type { MoneyMove, MoneyReason } from '@borgios/ledger'
import type { MovementKind, Receipt, Transaction } from '@borgios/protocol'
import { ACCOUNTS_MODULE, ByteWriter, compareBytes, decodeTransfer, HASH_BYTES, TRANSFER } from '@borgios/protocol'

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
  /**
   * What it is about: the other account of a transfer; a job (16 bytes), a lease, a hold, a node; a node and the epoch (u64) of what an
   * epoch paid; module and kind of the first operation of a transaction that moved nothing itself.
   */
  readonly subject: Uint8Array | undefined
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
  readonly epoch: number
  readonly timeMs: number
  readonly transactions: readonly SettledTransaction[]
  /** Every change of every balance, in order. */
  readonly moves: readonly MoneyMove[]
}

/** What is known of an account around a block. */
export interface BalanceStep {
  /** 32 bytes. */
  readonly account: Uint8Array
  readonly before: bigint
  readonly after: bigint
}

type Change = Omit<Movement, 'height' | 'timeMs' | 'balance'>

const NO_MEMO = new Uint8Array(0)
const isSame = (left: Uint8Array, right: Uint8Array): boolean => compareBytes(left, right) === 0

/**
 * Every change of an account's balance in one block, in order: together exactly what the balance changed. The fee of a transaction stands
 * with the first thing it did. What the block's moves did not explain would come last, as a line of its own.
 */
export function movementsOf(block: SettledBlock, { account, before, after }: BalanceStep): Movement[] {
  const changes = changesIn(block, account)
  const explained = changes.reduce((sum, { amount, fee }) => sum + amount - fee, 0n)
  const rest = after - before - explained
  if (rest !== 0n)
    changes.push({ kind: 'other', amount: rest, fee: 0n, subject: undefined, memo: NO_MEMO, transaction: undefined })
  let balance = before
  return changes.map((change) => {
    balance += change.amount - change.fee
    return { ...change, height: block.height, timeMs: block.timeMs, balance }
  })
}

function changesIn(block: SettledBlock, account: Uint8Array): Change[] {
  const changes: Change[] = []
  let isFeeOpen: number | undefined
  const memos = new Map<number, Uint8Array[]>()
  for (const move of block.moves) {
    if (!isSame(move.account, account)) continue
    const { position } = move
    const settled = position === undefined ? undefined : block.transactions[position]
    const transaction = settled?.receipt.transaction
    if (move.reason === 'fee') {
      const subject = settled === undefined ? undefined : firstOperation(settled.transaction)
      changes.push({ kind: 'fee', amount: 0n, fee: -move.amount, subject, memo: NO_MEMO, transaction })
      isFeeOpen = position
      continue
    }
    let memo: Uint8Array = NO_MEMO
    if (move.reason === 'transfer' && position !== undefined && settled !== undefined) {
      const left = memos.get(position) ?? memosOf(settled.transaction, account)
      memo = left.shift() ?? NO_MEMO
      memos.set(position, left)
    }
    const isFirst = isFeeOpen !== undefined && isFeeOpen === position
    const fee = isFirst ? (changes.pop()?.fee ?? 0n) : 0n
    isFeeOpen = undefined
    changes.push({ ...aboutOf(move, block.epoch), amount: move.amount, fee, memo, transaction })
  }
  return changes
}

/** Of the transfers of a transaction that change an account's balance, in the order in which they do. */
function memosOf({ account: sender, operations }: Transaction, account: Uint8Array): Uint8Array[] {
  return operations.flatMap(({ module, kind, body }) => {
    if (module !== ACCOUNTS_MODULE || kind !== TRANSFER) return []
    const { to, amount, memo } = decodeTransfer(body)
    if (amount === 0n) return []
    return [sender, to].filter((one) => isSame(one, account)).map(() => memo)
  })
}

function firstOperation({ operations: [first] }: Transaction): Uint8Array | undefined {
  return first === undefined ? undefined : Uint8Array.of(first.module, first.kind)
}

const OF_EPOCH: readonly MoneyReason[] = ['storage', 'emission']

function aboutOf({ reason, subject, amount }: MoneyMove, epoch: number): Pick<Change, 'kind' | 'subject'> {
  if (reason === 'transfer') return { kind: amount < 0n ? 'sent' : 'received', subject }
  if (OF_EPOCH.includes(reason))
    return { kind: reason, subject: new ByteWriter(HASH_BYTES + 8).fixed(subject).u64(epoch).finish() }
  return { kind: reason, subject: reason === 'tips' ? undefined : subject }
}
