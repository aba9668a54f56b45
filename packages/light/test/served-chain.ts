import assert from 'node:assert/strict'
import { MINUTE_MS, TransactionId } from '@borgios/core'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type AskLedger, LedgerReader } from '@borgios/light'
import {
  ACCOUNTS_TABLE,
  type Checkpoint,
  compareBytes,
  encodeAccount,
  encodeEpochProof,
  encodeFinalityProof,
  encodeHeaders,
  encodeReceiptProof,
  encodeStateProof,
  type LightRequest,
  proveReceipt,
  type Receipt,
  receiptsRoot,
} from '@borgios/protocol'
import { Chain, type ChainOptions, named, START_MS } from './chain-maker.ts'
import { SparseState } from './sparse-state.ts'

const EPOCHS = 5
export const EPOCH_BLOCKS = 4
export const UNBONDING_MS = 30 * MINUTE_MS
export const RICH = named('rich')
export const POOR = named('poor')
export const NOBODY = named('nobody')
const account = (balance: bigint) => encodeAccount({ balance, nonce: 1, policy: undefined })
export const state = new SparseState([
  [ACCOUNTS_TABLE, RICH, account(2n ** 60n)],
  [ACCOUNTS_TABLE, POOR, account(1n)],
])
export const receipts: Receipt[] = ['first', 'second', 'third'].map((name, status) => ({
  transaction: named(name),
  status,
  usedUnits: 1,
  feePaid: 5n,
}))
export const options: ChainOptions = {
  name: 'reader',
  epochs: EPOCHS,
  epochBlocks: EPOCH_BLOCKS,
  stateRoot: state.root,
  receiptsRoot: receiptsRoot(receipts),
}
export const chain = new Chain(options)
/** Headers of one answer, however many were asked for. */
const PAGE = 3
export const TOP = EPOCHS * EPOCH_BLOCKS - 1

interface Serving {
  /** Height of what it says is the newest block. */
  readonly top?: number
  /** In which the transactions are. */
  readonly at?: number
  readonly from?: Pick<Chain, 'proofAt' | 'epochProof' | 'headerAt'>
}

/** Answers as a node does that has this chain. */
export const serving =
  ({ top = TOP, at = 2, from = chain }: Serving = {}): AskLedger =>
  async (request) => {
    const head = encodeFinalityProof(from.proofAt(top))
    switch (request.ask) {
      case 'head':
        return [head]
      case 'epochs': {
        const over = Math.floor(top / EPOCH_BLOCKS)
        const count = Math.min(request.limit, Math.max(0, over - request.from))
        return Array.from({ length: count }, (_, index) =>
          encodeEpochProof(from.epochProof(request.from + index, index % 2)),
        )
      }
      case 'record':
        return [
          head,
          encodeStateProof(state.prove(request.table, new Uint8Array(Buffer.from(request.key, 'base64url')))),
        ]
      case 'receipt': {
        const id = TransactionId.toBytes(request.transaction)
        const position = receipts.findIndex(({ transaction }) => compareBytes(transaction, id) === 0)
        return [encodeFinalityProof(from.proofAt(at)), encodeReceiptProof(proveReceipt(receipts, position))]
      }
      case 'headers': {
        const { height, limit } = request
        return [encodeHeaders(Array.from({ length: Math.min(limit, PAGE) }, (_, down) => from.headerAt(height - down)))]
      }
      default:
        return assert.fail(`nobody asks for ${request.ask}`)
    }
  }

/** Answers honestly but for one kind of question. */
export const lying =
  (
    ask: LightRequest['ask'],
    lie: (parts: readonly Uint8Array[]) => readonly Uint8Array[],
    honest = serving(),
  ): AskLedger =>
  async (request) =>
    request.ask === ask ? lie(await honest(request)) : honest(request)

export interface Reading {
  readonly checkpoint?: Checkpoint
  readonly kept?: Uint8Array
  readonly nowMs?: number
  readonly unbondingMs?: number
}

export const reading = (
  ask: AskLedger,
  { checkpoint = chain.checkpoint, kept, nowMs = START_MS + 60_000, unbondingMs = UNBONDING_MS }: Reading = {},
) => new LedgerReader({ checkpoint, kept, unbondingMs }, { ask, ed25519: sodiumEd25519, clock: { nowMs: () => nowMs } })
