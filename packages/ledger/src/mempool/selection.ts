import { limits } from '@borgios/core'
import type { AccountQueue } from './account-queue.ts'
import { Heap } from './heap.ts'
import { effectiveTip, type PendingTransaction } from './pending-transaction.ts'

/** What a block to be proposed has room for, and what stands before it. */
export interface SelectionRequest {
  /** Of the block that is being made. */
  readonly height: number
  /** Micro-units a unit. */
  readonly baseFee: bigint
  /** Of the payload's encoding. */
  readonly maxBytes: number
  readonly maxUnits: number
  readonly maxTransactions: number
  /** Next nonces of the accounts, as map keys, that have transactions in the block's ancestors that are not final yet. */
  readonly nonces?: ReadonlyMap<string, number>
}

/** The next transaction of an account that may be taken. */
interface Head {
  readonly queue: AccountQueue
  index: number
  entry: PendingTransaction
  tip: number
  /** How many of the account were taken before it. */
  taken: number
}

/** In a payload each transaction stands behind its length, and all behind their number. */
const LENGTH_BYTES = 4

const comesBefore = (left: Head, right: Head): boolean => {
  if (left.tip !== right.tip) return left.tip > right.tip
  if (left.taken !== right.taken) return left.taken < right.taken
  return left.entry.arrival < right.entry.arrival
}

/**
 * Fills a block: always the one of all accounts' next transactions that gives the leader most for a unit. Of equal ones those of
 * accounts that have less in the block go first, then those that came first. Whether each can still pay, its executor sees.
 */
export function select(queues: Iterable<AccountQueue>, request: SelectionRequest): PendingTransaction[] {
  const heads = headsOf(queues, request)
  const selected: PendingTransaction[] = []
  let bytesLeft = request.maxBytes - LENGTH_BYTES
  let unitsLeft = request.maxUnits
  let misfits = 0
  while (selected.length < request.maxTransactions && misfits < limits.ledgerMempool.misfits) {
    const head = heads.pop()
    if (head === undefined) break
    const { entry } = head
    const bytes = entry.bytes.length + LENGTH_BYTES
    if (bytes > bytesLeft || entry.units > unitsLeft) {
      misfits += 1
      continue
    }
    misfits = 0
    selected.push(entry)
    bytesLeft -= bytes
    unitsLeft -= entry.units
    if (advance(head, request)) heads.push(head)
  }
  return selected
}

function headsOf(queues: Iterable<AccountQueue>, request: SelectionRequest): Heap<Head> {
  const baseFee = Number(request.baseFee)
  const heads: Head[] = []
  for (const queue of queues) {
    const nonce = request.nonces?.get(queue.key) ?? queue.account.nonce
    const isFirst = nonce === queue.first?.nonce
    const index = isFirst ? 0 : queue.indexFrom(nonce)
    const entry = isFirst ? queue.first : queue.at(index)
    if (entry === undefined || entry.nonce !== nonce) continue
    const tip = effectiveTip(entry, baseFee)
    if (mayEnter(entry, tip, request)) heads.push({ queue, index, entry, tip, taken: 0 })
  }
  return new Heap(comesBefore, heads)
}

/** Moves on to the account's next transaction; false if there is none that may be taken. */
function advance(head: Head, request: SelectionRequest): boolean {
  const next = head.queue.at(head.index + 1)
  if (next === undefined || next.nonce !== head.entry.nonce + 1) return false
  const tip = effectiveTip(next, Number(request.baseFee))
  if (!mayEnter(next, tip, request)) return false
  head.index += 1
  head.entry = next
  head.tip = tip
  head.taken += 1
  return true
}

/** One too large for any block is no misfit: however much it offers, it keeps nothing else out. */
const mayEnter = ({ lastHeight, units }: PendingTransaction, tip: number, request: SelectionRequest): boolean =>
  tip >= 0 && lastHeight >= request.height && units <= request.maxUnits
