import { type BorgError, isBorgError, limits, type Timers } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { accountOf, type Ledger, stateText, type TransactionState } from '@borgios/ledger'
import { encodeTransaction, type Operation, type Transaction, transactionSigningBytes } from '@borgios/protocol'
import { fundsShort, ledgerStill, paymentOpen, paymentRefused, stopping } from '../errors.ts'
import { unitsText } from './amount.ts'
import { greatestFee, leavingOf } from './leaving.ts'

const bounds = limits.node

export interface WalletSenderModules {
  readonly ledger: Ledger
  /** The key of the account that pays. */
  readonly signer: Signer
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly timers: Timers
  /** Why no payment can become final now, as far as this node sees: asked before new work. */
  readonly whyStill?: () => string | undefined
}

export interface Payment {
  readonly operations: readonly Operation[]
  /** Micro-units that they set aside or give away, beside the fee: refused before it is sent if they are not there. */
  readonly amount?: bigint
  /** What is paid for, for people: `this put`. */
  readonly what: string
  /**
   * `short` for work not begun yet: given up early while the ledger stands still. `endless` when nobody waits: followed until it is decided.
   * Otherwise it is waited for `limits.node.finalWaitMs`.
   */
  readonly patience?: 'short' | 'endless'
  /** It may enter a block so long; `limits.node.paymentLifeBlocks` unless it says otherwise. */
  readonly lifeBlocks?: number
  /** What is said when the money is not there, in place of the usual. */
  readonly short?: (funds: Funds) => Error
}

/** What an account has, and what of it is spoken for, in micro-units. */
export interface Funds {
  readonly balance: bigint
  /** What the payment's fee can be at most. */
  readonly fee: bigint
  /** For what is under way already. */
  readonly leaving: bigint
}

/** Errors after which the same operations, signed anew with the next nonce, may do well: the nonce was somebody else's. */
const NONCE_REASONS: readonly unknown[] = ['nonceUsed', 'raiseTooSmall']

/**
 * Pays from one account and waits until that is final. Other processes may pay from the same account at the same time: of two transactions
 * with one nonce one is final, and the other is made anew.
 */
export class WalletSender {
  readonly #modules: WalletSenderModules
  readonly #stopping = new AbortController()

  constructor(modules: WalletSenderModules) {
    this.#modules = modules
  }

  /** 32 bytes. */
  get account(): Uint8Array {
    return this.#modules.signer.publicKey
  }

  /** From now on nobody waits: what was sent is followed by the ledger, and after a restart sent again. */
  stop(): void {
    this.#stopping.abort(stopping('the node is stopping; what was sent may still take effect'))
  }

  /** Throws NODE_FUNDS_SHORT or NODE_LEDGER_STILL for a payment that would be refused now. */
  assertPayable(payment: Payment): void {
    const still = this.#still(payment)
    if (still !== undefined) throw still
    this.#signed(payment)
  }

  /**
   * Sends operations in one transaction; resolves when they took effect for good. Throws NODE_FUNDS_SHORT before anything is sent,
   * NODE_PAYMENT_REFUSED when they cannot take effect any more; NODE_PAYMENT_OPEN, NODE_LEDGER_STILL, NODE_STOPPING or the signal's
   * reason while they still may.
   */
  async pay(payment: Payment, signal?: AbortSignal): Promise<void> {
    const still = this.#still(payment)
    if (still !== undefined) throw still
    for (let triesLeft = bounds.paymentTries; ; triesLeft -= 1) {
      signal?.throwIfAborted()
      const state = await this.#try(payment, signal)
      if (state.kind === 'final') return
      const isNext = NEXT_TRY.includes(state.kind) || (state.kind === 'expired' && payment.patience === 'endless')
      if (isNext && triesLeft > 1) continue
      if (state.kind === 'decided')
        throw paymentOpen(`it is not known here whether ${payment.what} was paid: ${textOf(state)}`)
      if (state.kind === 'failed') throw this.#refused(payment, state.receipt.status)
      throw paymentRefused(`${payment.what} was not paid: ${textOf(state)}`, { meta: { reason: state.kind } })
    }
  }

  /** Resolves when all that this account has under way now is decided, however long the ledger stands still, or the node stops. */
  async decided(): Promise<void> {
    const { ledger, signer } = this.#modules
    const { signal } = this.#stopping
    const nonces = [...ledger.undecided(signer.publicKey).keys()]
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      const next = accountOf(ledger.state, signer.publicKey)?.nonce ?? 0
      const undecided = ledger.undecided(signer.publicKey)
      if (!nonces.some((nonce) => nonce >= next && undecided.has(nonce))) resolve()
    }
    const stopLooking = ledger.onFinal(look)
    const stop = (): void => resolve()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    look()
    await promise
    signal.removeEventListener('abort', stop)
    stopLooking()
  }

  /**
   * Sends operations in one transaction; resolves with its id once it is not forgotten any more, and waits no longer. Throws as
   * {@link pay} does, and LEDGER_TRANSACTION_NOT_TAKEN, LEDGER_TRACKER_FULL.
   */
  async send(payment: Payment): Promise<Uint8Array> {
    for (let triesLeft = bounds.paymentTries; ; triesLeft -= 1) {
      const sent = await this.#submit(payment)
      if (sent instanceof Uint8Array) return sent
      if (triesLeft <= 1)
        throw paymentRefused(`${payment.what} was not sent: ${sent.why}`, { meta: { reason: sent.kind } })
    }
  }

  /** How one transaction ended. */
  async #try(payment: Payment, signal: AbortSignal | undefined): Promise<TransactionState | NotTaken> {
    const sent = await this.#submit(payment)
    return sent instanceof Uint8Array ? this.#decided(sent, payment, signal) : sent
  }

  /** Resolves with the transaction's id. */
  async #submit(payment: Payment): Promise<Uint8Array | NotTaken> {
    try {
      // From the choice of the nonce to the transaction's place in the mempool in one turn: no two of this process take the same.
      return await this.#modules.ledger.submit(this.#signed(payment))
    } catch (error) {
      if (!isBorgError(error)) throw error
      if (NONCE_REASONS.includes(error.meta['reason'])) return { kind: 'nonceTaken', why: error.message }
      if (error.meta['reason'] === 'fundsShort') throw this.#short(payment, error.message, error)
      const isWorthAnother = payment.patience === 'endless' && error.retryable && error.code !== 'NODE_STOPPING'
      if (!isWorthAnother) throw error
      await this.#modules.timers.sleep(bounds.paymentRetryMs, this.#stopping.signal)
      return { kind: 'noRoom', why: error.message }
    }
  }

  /** Throws NODE_FUNDS_SHORT. */
  #signed(payment: Payment): Uint8Array {
    const { ledger, signer, network } = this.#modules
    const { height, baseFee } = ledger.chain.record
    const { nextNonce, amount: leaving } = leavingOf(ledger, signer.publicKey)
    const unsigned = {
      account: signer.publicKey,
      nonce: nextNonce,
      lastHeight: height + (payment.lifeBlocks ?? bounds.paymentLifeBlocks),
      maxFeePerUnit: baseFee * BigInt(bounds.sendBaseFees) + 1n,
      tipPerUnit: 1n,
      operations: payment.operations,
    }
    const signature = signer.sign(transactionSigningBytes(network, unsigned))
    const transaction: Transaction = { ...unsigned, signatures: [{ key: 0, signature }] }
    const fee = greatestFee(ledger, transaction)
    const needed = (payment.amount ?? 0n) + fee + leaving
    const balance = accountOf(ledger.state, signer.publicKey)?.balance ?? 0n
    if (balance < needed) {
      if (payment.short !== undefined) throw payment.short({ balance, fee, leaving })
      const said = `the wallet holds ${unitsText(balance)}, and ${unitsText(needed)} are needed, fees included`
      throw this.#short(payment, `${said}: ${unitsText(needed - balance)} are missing`)
    }
    return encodeTransaction(transaction)
  }

  /** Throws NODE_PAYMENT_OPEN, NODE_LEDGER_STILL, NODE_STOPPING or the signal's reason. */
  #decided(id: Uint8Array, payment: Payment, signal: AbortSignal | undefined): Promise<TransactionState> {
    const { ledger, timers } = this.#modules
    const { promise, resolve, reject } = Promise.withResolvers<TransactionState>()
    const given = AbortSignal.any([this.#stopping.signal, ...(signal === undefined ? [] : [signal])])
    const look = (): void => {
      const state = ledger.transactionState(id) ?? { kind: 'decided' }
      if (!isUnderWay(state)) resolve(state)
    }
    const late = (): void => reject(this.#late(payment.what, ledger.transactionState(id)))
    const lookWhether = (): void => {
      const still = this.#still(payment)
      if (still !== undefined) reject(still)
    }
    const giveUp = (): void => reject(given.reason)
    const undo = [ledger.onFinal(look), timers.after(bounds.stillWaitMs, lookWhether)]
    if (payment.patience !== 'endless') undo.push(timers.after(bounds.finalWaitMs, late))
    given.addEventListener('abort', giveUp)
    if (given.aborted) giveUp()
    look()
    return promise.finally(() => {
      given.removeEventListener('abort', giveUp)
      for (const step of undo) step()
    })
  }

  #still({ what, patience }: Payment): BorgError | undefined {
    const why = patience === 'short' ? this.#modules.whyStill?.() : undefined
    if (why === undefined) return undefined
    return ledgerStill(`${what} cannot be paid for now: ${why}. "borgios ledger status" says what to do`)
  }

  #late(what: string, state: TransactionState | undefined): BorgError {
    const standing = state === undefined ? 'it is not followed any more' : stateText(state)
    return paymentOpen(
      `the payment for ${what} is not final after ${bounds.finalWaitMs / 1000} s (${standing}). "borgios ledger status" says whether the ledger stands still`,
    )
  }

  #refused(payment: Payment, status: number): BorgError {
    const reason = this.#modules.ledger.chain.modules.registry.codeOf(status) ?? String(status)
    if (reason === 'LEDGER_FUNDS_SHORT') return this.#short(payment, 'the wallet was emptied meanwhile')
    return paymentRefused(`the ledger refused the payment for ${payment.what}: ${reason}`, { meta: { reason } })
  }

  #short({ what }: Payment, why: string, cause?: unknown): BorgError {
    return fundsShort(`there is not enough money for ${what}: ${why}. "borgios wallet balance" shows what is there`, {
      cause,
    })
  }
}

/** It never left this node. */
type NotTaken =
  | { readonly kind: 'nonceTaken'; readonly why: string }
  | { readonly kind: 'noRoom'; readonly why: string }

/** Ends after which the same is signed anew. */
const NEXT_TRY: readonly string[] = ['replaced', 'nonceTaken', 'noRoom']

const isUnderWay = ({ kind }: TransactionState): boolean => kind === 'sent' || kind === 'pending' || kind === 'inBlock'

const textOf = (state: TransactionState | NotTaken): string =>
  state.kind === 'nonceTaken' || state.kind === 'noRoom' ? state.why : stateText(state)
