import { type Logger, limits, messageOf } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { encodeTransaction, type Operation, transactionSigningBytes } from '@borgios/protocol'
import { accountOf } from '../modules/accounts/account-table.ts'
import type { StateReader } from '../state/state.ts'
import type { Ledger } from './ledger.ts'

/** What this node owes the network: gives what is to be sent now, and the same again until it stands in the state. */
export type Duty = (state: StateReader) => readonly Operation[]

export interface DutiesModules {
  readonly ledger: Ledger
  /** Pays for them: the key of an account. */
  readonly payer: Signer
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly logger: Logger
}

/** More than what stands around one operation, and around all of them with one signature. */
const FRAME_BYTES = 256

/**
 * Sends what the node owes, one transaction at a time, each until it is decided: as many operations as fit. If one fails all are undone, so
 * after a failure they are sent one by one, from another one on each time, until one did well.
 */
export class Duties {
  readonly #modules: DutiesModules
  readonly #duties: readonly Duty[]
  readonly #stopListening: () => void
  #sent: Uint8Array | undefined
  /** Transactions in a row that failed. */
  #failures = 0
  #isBusy = false
  #isStopped = false

  constructor(duties: readonly Duty[], modules: DutiesModules) {
    this.#duties = duties
    this.#modules = modules
    this.#stopListening = modules.ledger.onFinal(() => this.#look())
  }

  stop(): void {
    this.#isStopped = true
    this.#stopListening()
  }

  /** Something is owed: it need not wait for the next block. */
  wake(): void {
    this.#look()
  }

  #look(): void {
    const { ledger, logger } = this.#modules
    if (this.#isStopped || this.#isBusy || (this.#sent !== undefined && isUnderWay(ledger, this.#sent))) return
    if (this.#sent !== undefined) this.#ended(this.#sent)
    this.#sent = undefined
    this.#isBusy = true
    this.#send()
      .catch((error) => logger.warn('a duty of this node could not be sent', { why: messageOf(error) }))
      .finally(() => {
        this.#isBusy = false
      })
  }

  #ended(id: Uint8Array): void {
    const { ledger, logger } = this.#modules
    const state = ledger.transactionState(id)
    if (state?.kind !== 'failed') {
      this.#failures = 0
      return
    }
    this.#failures += 1
    const why = ledger.chain.modules.registry.codeOf(state.receipt.status) ?? String(state.receipt.status)
    logger.info('what this node sent as its duty was refused', { why })
  }

  async #send(): Promise<void> {
    const { ledger, payer, network } = this.#modules
    const owed = this.#duties.flatMap((duty) => duty(ledger.state))
    const account = accountOf(ledger.state, payer.publicKey)
    const operations = this.#failures === 0 ? fitting(owed) : owed.slice((this.#failures - 1) % owed.length).slice(0, 1)
    if (operations.length === 0 || account === undefined) return
    const { baseFee, height } = ledger.chain.record
    const transaction = {
      account: payer.publicKey,
      nonce: account.nonce,
      lastHeight: height + limits.ledgerDuties.lifeBlocks,
      maxFeePerUnit: baseFee * limits.ledgerDuties.feeFactor + 1n,
      tipPerUnit: 1n,
      operations,
    }
    const signature = payer.sign(transactionSigningBytes(network, transaction))
    this.#sent = await ledger.submit(encodeTransaction({ ...transaction, signatures: [{ key: 0, signature }] }))
  }
}

/** The first of these that one transaction has room for, at least one. */
function fitting(owed: readonly Operation[]): readonly Operation[] {
  const { maxOperations, maxTransactionBytes } = limits.ledgerCodec
  let bytes = 0
  const over = owed.findIndex(({ body }, index) => {
    bytes += body.length + FRAME_BYTES
    return index >= maxOperations || (index > 0 && bytes > maxTransactionBytes - FRAME_BYTES)
  })
  return over === -1 ? owed : owed.slice(0, over)
}

function isUnderWay(ledger: Ledger, id: Uint8Array): boolean {
  const kind = ledger.transactionState(id)?.kind
  return kind === 'sent' || kind === 'pending' || kind === 'inBlock'
}
