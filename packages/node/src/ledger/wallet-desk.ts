import { limits, NetworkId } from '@borgios/core'
import { accountTable, type Ledger, parameter } from '@borgios/ledger'
import { ACCOUNTS_MODULE, encodeTransfer, TRANSFER, type Transfer } from '@borgios/protocol'
import { loadWallet, recordsOf, walletKeyIn } from '../config/wallet.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { fundsShort, noLedger } from '../errors.ts'
import { unitsText } from './amount.ts'
import { type Funds, WalletSender } from './wallet-sender.ts'

const bounds = limits.node

/** Sends for the user of this node, with the key in the records folder. The key leaves it for nothing else. */
export class WalletDesk {
  readonly #context: RoomsContext
  readonly #ledger: Ledger | undefined
  #sender: Promise<WalletSender> | undefined

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

  /** The 32 bytes of the user's account. Throws NODE_NO_LEDGER, NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
  async account(): Promise<Uint8Array> {
    return (await this.#open()).account
  }

  /**
   * Sends from the user's account; resolves with the transaction's id once it is not forgotten any more. It takes its nonce where the
   * payments of this node take theirs. Throws NODE_NO_LEDGER, NODE_FUNDS_SHORT, NODE_PAYMENT_REFUSED, LEDGER_TRANSACTION_NOT_TAKEN,
   * LEDGER_TRACKER_FULL.
   */
  async send(transfer: Transfer): Promise<Uint8Array> {
    const { ledger } = this
    const sender = await this.#open()
    const { epoch } = ledger.chain.record
    const isNew = ledger.state.get(accountTable, transfer.to) === undefined
    const price = isNew ? parameter({ state: ledger.state, epoch }, 'accountPrice') : 0n
    // Two daemons that send the same at the same moment must not make one transaction of it.
    const apart = this.#context.random.bytes(2).reduce((sum, byte) => sum * 256 + byte, 0) % bounds.sendLifeSpread
    return sender.send({
      operations: [{ module: ACCOUNTS_MODULE, kind: TRANSFER, body: encodeTransfer(transfer) }],
      amount: transfer.amount + price,
      lifeBlocks: bounds.sendLifeBlocks + apart,
      what: 'this transfer',
      short: (funds) => transferShort(transfer.amount, price, funds),
    })
  }

  #open(): Promise<WalletSender> {
    const { ledger } = this
    this.#sender ??= this.#load(ledger).catch((error: unknown) => {
      this.#sender = undefined
      throw error
    })
    return this.#sender
  }

  async #load(ledger: Ledger): Promise<WalletSender> {
    const { paths, config, identity, timers } = this.#context
    const signer = await loadWallet(walletKeyIn(recordsOf(paths, config)), this.#context)
    return new WalletSender({ ledger, signer, network: NetworkId.toBytes(identity.network), timers })
  }
}

/** What would fail in its block would cost the fee: it is refused before. */
function transferShort(amount: bigint, price: bigint, { balance, fee, leaving }: Funds): Error {
  const parts = [
    `${unitsText(amount)} to send`,
    ...(price === 0n ? [] : [`${unitsText(price)} to open that account`]),
    `${unitsText(fee)} for the fee at most`,
    ...(leaving === 0n ? [] : [`${unitsText(leaving)} for what is already under way`]),
  ]
  return fundsShort(`the wallet holds ${unitsText(balance)}, and ${parts.join(', ')} are needed. Nothing was sent`, {
    meta: { balance: String(balance), needed: String(amount + price + fee + leaving) },
  })
}
