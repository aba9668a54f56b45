import { type Logger, limits, messageOf } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { encodeTransaction, type Operation, transactionSigningBytes } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
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

/** Sends what the node owes as a validator, one transaction at a time, each until it is decided. */
export class Duties {
  readonly #modules: DutiesModules
  readonly #duties: readonly Duty[]
  readonly #stopListening: () => void
  #sent: { readonly id: Uint8Array; readonly operation: string } | undefined
  /** Operations that were refused, and up to which height they are not tried again: each try costs a fee. */
  readonly #refused = new Map<string, number>()
  #isBusy = false

  constructor(duties: readonly Duty[], modules: DutiesModules) {
    this.#duties = duties
    this.#modules = modules
    this.#stopListening = modules.ledger.onFinal(() => this.#look())
  }

  stop(): void {
    this.#stopListening()
  }

  #look(): void {
    const { ledger, logger } = this.#modules
    if (this.#isBusy || (this.#sent !== undefined && isUnderWay(ledger, this.#sent.id))) return
    this.#noteRefusal()
    this.#isBusy = true
    this.#send()
      .catch((error) => logger.warn('a duty of this node could not be sent', { why: messageOf(error) }))
      .finally(() => {
        this.#isBusy = false
      })
  }

  async #send(): Promise<void> {
    const { ledger, payer, network } = this.#modules
    const { baseFee, height } = ledger.chain.record
    const operation = this.#duties
      .flatMap((duty) => duty(ledger.state))
      .find((each) => (this.#refused.get(nameOf(each)) ?? 0) <= height)
    const account = accountOf(ledger.state, payer.publicKey)
    if (operation === undefined || account === undefined) return
    const transaction = {
      account: payer.publicKey,
      nonce: account.nonce,
      lastHeight: height + limits.ledgerDuties.lifeBlocks,
      maxFeePerUnit: baseFee * limits.ledgerDuties.feeFactor + 1n,
      tipPerUnit: 1n,
      operations: [operation],
    }
    const signature = payer.sign(transactionSigningBytes(network, transaction))
    const id = await ledger.submit(encodeTransaction({ ...transaction, signatures: [{ key: 0, signature }] }))
    this.#sent = { id, operation: nameOf(operation) }
  }

  #noteRefusal(): void {
    const { ledger } = this.#modules
    if (this.#sent === undefined) return
    const { id, operation } = this.#sent
    this.#sent = undefined
    if (ledger.transactionState(id)?.kind !== 'failed') return
    const { height } = ledger.chain.record
    for (const [name, until] of this.#refused) if (until <= height) this.#refused.delete(name)
    this.#refused.set(operation, height + limits.ledgerDuties.refusedBlocks)
  }
}

const nameOf = ({ module, kind, body }: Operation): string => `${module} ${kind} ${hashKey(body)}`

function isUnderWay(ledger: Ledger, id: Uint8Array): boolean {
  const kind = ledger.transactionState(id)?.kind
  return kind === 'sent' || kind === 'pending' || kind === 'inBlock'
}
