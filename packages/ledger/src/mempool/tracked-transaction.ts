import { limits } from '@borgios/core'
import {
  ByteReader,
  ByteWriter,
  decodeReceipt,
  decodeTransaction,
  encodeReceipt,
  HASH_BYTES,
  malformed,
  type Receipt,
  type Transaction,
} from '@borgios/protocol'
import { mapKey } from './account-view.ts'
import type { Refusal } from './refusal.ts'

/** How a transaction ended: nothing changes it any more. */
export type Outcome =
  | { readonly kind: 'final'; readonly height: number; readonly receipt: Receipt }
  /** In a final block, but nothing except its fee took effect. */
  | { readonly kind: 'failed'; readonly height: number; readonly receipt: Receipt }
  /** Another transaction used its nonce: the one of this id (32 bytes). */
  | { readonly kind: 'replaced'; readonly height: number; readonly by: Uint8Array }
  | { readonly kind: 'expired'; readonly lastHeight: number }
  /** Its nonce is used, and nothing here says any more by what, or what it came to. */
  | { readonly kind: 'decided' }

export type PendingReason =
  | { readonly reason: 'ready' }
  | { readonly reason: 'nonceMissing'; readonly nonce: number }
  /** In micro-units a unit. */
  | { readonly reason: 'feeBelowBase'; readonly offered: number; readonly baseFee: bigint }

export type TransactionState =
  /** Not in this node's mempool; the refusal says why, if it was tried again. */
  | { readonly kind: 'sent'; readonly refusal: Refusal | undefined }
  | { readonly kind: 'pending'; readonly why: PendingReason }
  /** In a block that is not final. */
  | { readonly kind: 'inBlock'; readonly height: number }
  | Outcome

/** A transaction that a user of this node watches. */
export interface TrackedTransaction {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  /** 32 bytes, and the same as the key of a map. */
  readonly account: Uint8Array
  readonly accountKey: string
  readonly nonce: number
  readonly lastHeight: number
  /** Unix time. */
  readonly sentMs: number
  /** Final when it was sent: it is in no block up to there. */
  readonly sentHeight: number
  outcome: Outcome | undefined
}

/** `transaction`: what the bytes say. */
export function makeTracked(
  id: Uint8Array,
  bytes: Uint8Array,
  { account, nonce, lastHeight }: Transaction,
  sentMs: number,
  sentHeight: number,
  outcome?: Outcome,
): TrackedTransaction {
  return { id, bytes, account, accountKey: mapKey(account), nonce, lastHeight, sentMs, sentHeight, outcome }
}

const FORMAT = 1
const KINDS = ['open', 'final', 'failed', 'replaced', 'expired', 'decided'] as const

/** What is kept of it across restarts: format u8 = 1, id 32, sent u64, height u64, transaction, kind u8 and what belongs to it. */
export function encodeTracked({ id, bytes, sentMs, sentHeight, outcome }: TrackedTransaction): Uint8Array {
  const writer = new ByteWriter().u8(FORMAT).fixed(id).u64(Math.floor(sentMs)).u64(sentHeight).bytes(bytes)
  writer.u8(KINDS.indexOf(outcome?.kind ?? 'open'))
  switch (outcome?.kind) {
    case 'final':
    case 'failed':
      writer.u64(outcome.height).bytes(encodeReceipt(outcome.receipt))
      break
    case 'replaced':
      writer.u64(outcome.height).fixed(outcome.by)
      break
    case 'expired':
      writer.u64(outcome.lastHeight)
  }
  return writer.finish()
}

/** Throws PROTOCOL_MALFORMED. */
export function decodeTracked(record: Uint8Array): TrackedTransaction {
  const reader = new ByteReader(record)
  if (reader.u8() !== FORMAT) throw malformed('a followed transaction in a format that this version does not know')
  const id = reader.fixed(HASH_BYTES)
  const sentMs = reader.u64()
  const sentHeight = reader.u64()
  const bytes = reader.bytes(limits.ledgerCodec.maxTransactionBytes)
  const outcome = readOutcome(reader)
  reader.end()
  return makeTracked(id, bytes, decodeTransaction(bytes), sentMs, sentHeight, outcome)
}

function readOutcome(reader: ByteReader): Outcome | undefined {
  const kind = KINDS[reader.u8()]
  switch (kind) {
    case 'open':
      return undefined
    case 'final':
    case 'failed':
      return { kind, height: reader.u64(), receipt: decodeReceipt(reader.bytes(HASH_BYTES * 4)) }
    case 'replaced':
      return { kind, height: reader.u64(), by: reader.fixed(HASH_BYTES) }
    case 'expired':
      return { kind, lastHeight: reader.u64() }
    case 'decided':
      return { kind }
    default:
      throw malformed('a followed transaction in no known state')
  }
}
