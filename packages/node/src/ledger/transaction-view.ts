import { limits, TransactionId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import { type Ledger, type ModuleRegistry, stateText, type TransactionState } from '@borgios/ledger'
import {
  ACCOUNTS_MODULE,
  decodeTransaction,
  decodeTransfer,
  type Operation,
  type OperationView,
  type Receipt,
  TRANSFER,
  type TransactionView,
  transactionId,
} from '@borgios/protocol'
import { unknownSubject } from '../errors.ts'
import { unitsText } from './amount.ts'
import type { LedgerIndex } from './ledger-index.ts'

/** Where transactions are looked for. */
export interface TransactionSources {
  readonly ledger: Ledger
  readonly index: LedgerIndex
}

/** What is known of a transaction: what its user's node follows, else what a final block says. Undefined if neither. */
export async function transactionView(
  id: Uint8Array,
  { ledger, index }: TransactionSources,
): Promise<TransactionView | undefined> {
  const { registry, network } = ledger.chain.modules
  const followed = ledger.followed(id)
  const place = await index.place(id)
  if (place !== undefined) {
    const bytes = (await ledger.block(place.height))?.block.transactions[place.position]
    const receipt = (await index.receipts(place.height))?.[place.position]
    // Another than the one that was asked for would be worse than none.
    const isIt = bytes !== undefined && Buffer.compare(transactionId(network, decodeTransaction(bytes)), id) === 0
    if (isIt && receipt !== undefined) {
      const state = { kind: receipt.status === 0 ? 'final' : 'failed', height: place.height, receipt } as const
      return { ...viewOf(id, bytes, state, registry), position: place.position }
    }
  }
  return followed === undefined ? undefined : viewOf(id, followed.bytes, followed.state, registry)
}

/** The same for an id as somebody typed it, or the beginning of one. Throws NODE_UNKNOWN. */
export async function transactionViewOf(text: string, sources: TransactionSources): Promise<TransactionView> {
  const ids = TransactionId.is(text) ? [TransactionId.toBytes(text)] : await idsBeginning(text, sources.index)
  const [id] = ids
  if (ids.length > 1)
    throw unknownSubject(`${ids.length} transactions or more begin with "${text}": give more of the id`)
  const view = id === undefined ? undefined : await transactionView(id, sources)
  if (view !== undefined) return view
  throw unknownSubject(
    `no transaction "${text.slice(0, 80)}" is known here: the id is another one, it never came to this node, or it is too long ago`,
  )
}

/** The fewest characters that are taken for the beginning of an id. */
const MIN_BEGINNING_CHARS = 4

/** At most two ids of final transactions that begin so. */
export async function idsBeginning(text: string, index: LedgerIndex): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  if (text.length < MIN_BEGINNING_CHARS || !/^t[a-z2-7]*$/.test(text)) return found
  for await (const id of index.idsFrom(wholeBytesOf(text.slice(1)))) {
    if (TransactionId.fromBytes(id).startsWith(text) && found.push(id) === 2) break
  }
  return found
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const CHAR_BITS = 5

/** The bytes that the beginning of a base32 text settles. */
function wholeBytesOf(text: string): Uint8Array {
  let bits = 0n
  for (const char of text) bits = (bits << BigInt(CHAR_BITS)) | BigInt(ALPHABET.indexOf(char))
  const spare = (text.length * CHAR_BITS) % 8
  const count = (text.length * CHAR_BITS - spare) / 8
  return Buffer.from((bits >> BigInt(spare)).toString(16).padStart(2 * count, '0'), 'hex')
}

/** What one operation of a transaction asks for. */
export function operationView({ module, kind, body }: Operation, registry: ModuleRegistry): OperationView {
  const name = registry.operation(module, kind)?.name ?? ''
  if (module !== ACCOUNTS_MODULE || kind !== TRANSFER) return { module, kind, name, to: null, amount: null, memo: '' }
  const { to, amount, memo } = decodeTransfer(body)
  return { module, kind, name, to: accountIdOf(to), amount: String(amount), memo: memoText(memo) }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A memo as text; one that is none in hexadecimal. */
export function memoText(memo: Uint8Array): string {
  try {
    return utf8.decode(memo)
  } catch {
    return `0x${Buffer.from(memo).toString('hex')}`
  }
}

function viewOf(id: Uint8Array, bytes: Uint8Array, state: TransactionState, registry: ModuleRegistry): TransactionView {
  const { account, nonce, lastHeight, operations } = decodeTransaction(bytes)
  return {
    transaction: TransactionId.fromBytes(id),
    state: state.kind,
    ...words(state, registry),
    height: 'height' in state ? state.height : null,
    position: null,
    account: accountIdOf(account),
    nonce,
    lastHeight,
    fee: 'receipt' in state ? String(state.receipt.feePaid) : null,
    operations: operations.map((operation) => operationView(operation, registry)),
  }
}

function words(state: TransactionState, registry: ModuleRegistry): Pick<TransactionView, 'why' | 'todo'> {
  const why = state.kind === 'failed' ? failedText(state.height, state.receipt, registry) : stateText(state)
  return { why: why.slice(0, limits.node.maxWhyChars), todo: TODO[state.kind] }
}

const TODO: Readonly<Record<TransactionState['kind'], string>> = {
  sent: 'Wait: it is sent again by itself. "borgios ledger status" says whether the ledger makes blocks',
  pending: 'Wait a moment. "borgios ledger status" says whether the ledger makes blocks',
  inBlock: 'Wait a moment',
  final: 'Nothing',
  failed: 'Remove the cause and send a new one',
  replaced: 'Send it again if it is still wanted: it gets a nonce of its own',
  expired: 'Send it again if it is still wanted',
  decided: 'Look at "borgios wallet history" on another node',
}

function failedText(height: number, { status, feePaid }: Receipt, registry: ModuleRegistry): string {
  const code = registry.codeOf(status) ?? `reason ${status}`
  const cause =
    code === 'LEDGER_FUNDS_SHORT'
      ? 'the account did not hold enough when its turn came'
      : `the ledger refused it (${code})`
  return `failed at height ${height}: ${cause}; only its fee of ${unitsText(feePaid)} was taken`
}
