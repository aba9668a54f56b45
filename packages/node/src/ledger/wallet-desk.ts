import { assert, limits, NetworkId } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { accountOf, accountTable, type Ledger, parameter, unitsBy } from '@borgios/ledger'
import {
  ACCOUNTS_MODULE,
  decodeTransaction,
  decodeTransfer,
  encodeTransaction,
  encodeTransfer,
  SIGNATURE_BYTES,
  TRANSFER,
  type Transaction,
  type Transfer,
  transactionSigningBytes,
  type UnsignedTransaction,
} from '@borgios/protocol'
import { loadWallet, recordsOf, walletKeyIn } from '../config/wallet.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { fundsShort, noLedger } from '../errors.ts'
import { unitsText } from './amount.ts'

const bounds = limits.node

/** What the undecided transactions of an account move and may cost, and the nonce of its next one. */
export interface Leaving {
  readonly amount: bigint
  readonly count: number
  readonly nextNonce: number
}

/** Signs and sends for the user of this node, with the key in the records folder. The key leaves it for nothing else. */
export class WalletDesk {
  readonly #context: RoomsContext
  readonly #ledger: Ledger | undefined
  #signer: Promise<Signer> | undefined

  constructor(context: RoomsContext, ledger: Ledger | undefined) {
    this.#context = context
    this.#ledger = ledger
  }

  /** Throws NODE_NO_LEDGER. */
  get ledger(): Ledger {
    if (this.#ledger !== undefined) return this.#ledger
    throw noLedger(
      `the network "${this.#context.identity.genesis.name}" began without a ledger, and cannot get one: networks made by this release have one`,
    )
  }

  /** The 32 bytes of the user's account. Throws NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
  async account(): Promise<Uint8Array> {
    return (await this.#load()).publicKey
  }

  /**
   * Sends from the user's account; resolves with the transaction's id once it is not forgotten any more. Two at once take two nonces.
   * Throws NODE_NO_LEDGER, NODE_FUNDS_SHORT, LEDGER_TRANSACTION_NOT_TAKEN, LEDGER_TRACKER_FULL.
   */
  async send(transfer: Transfer): Promise<Uint8Array> {
    const { ledger } = this
    const signer = await this.#load()
    // Nothing is awaited from here until the ledger has the transaction: two sends at once see each other.
    const { nextNonce } = leavingOf(ledger, signer.publicKey)
    const { height, baseFee } = ledger.chain.record
    const tipPerUnit = 1n
    // Two daemons that send the same at the same moment must not make one transaction of it.
    const apart = this.#context.random.bytes(2).reduce((sum, byte) => sum * 256 + byte, 0) % bounds.sendLifeSpread
    const unsigned: UnsignedTransaction = {
      account: signer.publicKey,
      nonce: nextNonce,
      lastHeight: height + bounds.sendLifeBlocks + apart,
      maxFeePerUnit: baseFee * BigInt(bounds.sendBaseFees) + tipPerUnit,
      tipPerUnit,
      operations: [{ module: ACCOUNTS_MODULE, kind: TRANSFER, body: encodeTransfer(transfer) }],
    }
    const network = NetworkId.toBytes(this.#context.identity.network)
    const signature = signer.sign(transactionSigningBytes(network, unsigned))
    assert(signature.length === SIGNATURE_BYTES, 'an Ed25519 signature')
    const transaction = { ...unsigned, signatures: [{ key: 0, signature }] }
    assertFunds(ledger, transaction, transfer)
    return await ledger.submit(encodeTransaction(transaction))
  }

  #load(): Promise<Signer> {
    const { paths, config } = this.#context
    this.#signer ??= loadWallet(walletKeyIn(recordsOf(paths, config)), this.#context).catch((error: unknown) => {
      this.#signer = undefined
      throw error
    })
    return this.#signer
  }
}

/** What an account has under way. */
export function leavingOf(ledger: Ledger, account: Uint8Array): Leaving {
  const nonce = accountOf(ledger.state, account)?.nonce ?? 0
  const undecided = ledger.undecided(account)
  let amount = 0n
  let count = 0
  for (const [at, bytes] of undecided) {
    if (at < nonce) continue
    const transaction = decodeTransaction(bytes)
    amount += greatestFee(ledger, transaction) + movedBy(transaction)
    count += 1
  }
  let nextNonce = nonce
  while (undecided.has(nextNonce)) nextNonce += 1
  return { amount, count, nextNonce }
}

/** Most that a transaction can cost in fees, in micro-units. */
export function greatestFee(ledger: Ledger, transaction: Transaction): bigint {
  const units = unitsBy(ledger.chain.modules.registry)(transaction, encodeTransaction(transaction).length)
  return BigInt(units) * transaction.maxFeePerUnit
}

const movedBy = ({ operations }: Transaction): bigint =>
  operations
    .filter(({ module, kind }) => module === ACCOUNTS_MODULE && kind === TRANSFER)
    .reduce((sum, { body }) => sum + decodeTransfer(body).amount, 0n)

/** What would fail in its block would cost the fee: it is refused before. Throws NODE_FUNDS_SHORT. */
function assertFunds(ledger: Ledger, transaction: Transaction, { to, amount }: Transfer): void {
  const { state } = ledger
  const { epoch } = ledger.chain.record
  const balance = accountOf(state, transaction.account)?.balance ?? 0n
  const leaving = leavingOf(ledger, transaction.account).amount
  const price = state.get(accountTable, to) === undefined ? parameter({ state, epoch }, 'accountPrice') : 0n
  const fee = greatestFee(ledger, transaction)
  const needed = amount + price + fee
  if (balance >= leaving + needed) return
  const parts = [
    `${unitsText(amount)} to send`,
    ...(price === 0n ? [] : [`${unitsText(price)} to open that account`]),
    `${unitsText(fee)} for the fee at most`,
    ...(leaving === 0n ? [] : [`${unitsText(leaving)} for what is already under way`]),
  ]
  throw fundsShort(`the wallet holds ${unitsText(balance)}, and ${parts.join(', ')} are needed. Nothing was sent`, {
    meta: { balance: String(balance), needed: String(needed + leaving) },
  })
}
