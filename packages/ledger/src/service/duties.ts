import { type Logger, limits, messageOf } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { encodeTransaction, type Operation, transactionSigningBytes } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
import type { TransactionState } from '../mempool/tracked-transaction.ts'
import { accountOf } from '../modules/accounts/account-table.ts'
import type { StateReader } from '../state/state.ts'
import type { Ledger } from './ledger.ts'

/** What this node owes the network: gives what is to be sent now, and the same again until it stands in the state. */
export type Duty = (state: StateReader) => readonly Operation[]

/** What duties need of the ledger. */
export interface DutiesLedger extends Pick<Ledger, 'state' | 'submit' | 'transactionState' | 'nextNonce'> {
  readonly chain: { readonly record: Pick<Ledger['chain']['record'], 'baseFee' | 'height'> }
  onFinal(listener: () => void): () => void
}

export interface DutiesModules {
  readonly ledger: DutiesLedger
  /** Pays for them: the key of an account. */
  readonly payer: Signer
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly logger: Logger
}

/** What is to be sent, and up to which height nobody is asked for another. */
interface Task {
  readonly operation: Operation
  readonly untilHeight: number
}

interface Sent {
  readonly id: Uint8Array
  readonly operation: Operation
  readonly nonce: number
  /** Micro-units a unit. */
  readonly tip: bigint
}

const bounds = limits.ledgerDuties
const FIRST_TIP = 1n

/** Sends what the node owes as a validator, one transaction at a time, each until it is decided. */
export class Duties {
  readonly #modules: DutiesModules
  readonly #duties: readonly Duty[]
  readonly #stopListening: () => void
  #task: Task | undefined
  #sent: Sent | undefined
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
    if (this.#isBusy) return
    this.#isBusy = true
    this.#advance()
      .catch((error) => this.#modules.logger.warn('a duty of this node could not be sent', { why: messageOf(error) }))
      .finally(() => {
        this.#isBusy = false
      })
  }

  async #advance(): Promise<void> {
    const { ledger, payer } = this.#modules
    const sent = this.#sent
    const state = sent === undefined ? undefined : ledger.transactionState(sent.id)
    if (sent !== undefined && state !== undefined && isUnderWay(state)) {
      const isTooCheap = state.kind === 'pending' && state.why.reason === 'feeBelowBase'
      if (isTooCheap) await this.#send(sent.operation, sent.nonce, raised(sent.tip))
      return
    }
    this.#noteRefusal(state)
    if (accountOf(ledger.state, payer.publicKey) === undefined) return
    const { height } = ledger.chain.record
    if (this.#task === undefined || this.#task.untilHeight < height) this.#task = this.#nextTask(height)
    if (this.#task === undefined) return
    await this.#send(this.#task.operation, ledger.nextNonce(payer.publicKey), FIRST_TIP)
    this.#task = undefined
  }

  #nextTask(height: number): Task | undefined {
    for (const duty of this.#duties) {
      for (const operation of duty(this.#modules.ledger.state)) {
        if ((this.#refused.get(nameOf(operation)) ?? 0) > height) continue
        return { operation, untilHeight: height + bounds.askAgainBlocks }
      }
    }
    return undefined
  }

  async #send(operation: Operation, nonce: number, tipPerUnit: bigint): Promise<void> {
    const { ledger, payer, network } = this.#modules
    const { baseFee, height } = ledger.chain.record
    const transaction = {
      account: payer.publicKey,
      nonce,
      lastHeight: height + bounds.lifeBlocks,
      maxFeePerUnit: baseFee * bounds.feeFactor + tipPerUnit,
      tipPerUnit,
      operations: [operation],
    }
    const signature = payer.sign(transactionSigningBytes(network, transaction))
    const id = await ledger.submit(encodeTransaction({ ...transaction, signatures: [{ key: 0, signature }] }))
    this.#sent = { id, operation, nonce, tip: tipPerUnit }
  }

  #noteRefusal(state: TransactionState | undefined): void {
    const sent = this.#sent
    this.#sent = undefined
    if (sent === undefined || state?.kind !== 'failed') return
    const { height } = this.#modules.ledger.chain.record
    for (const [name, until] of this.#refused) if (until <= height) this.#refused.delete(name)
    this.#refused.set(nameOf(sent.operation), height + bounds.refusedBlocks)
  }
}

const nameOf = ({ module, kind, body }: Operation): string => `${module} ${kind} ${hashKey(body)}`

const isUnderWay = ({ kind }: TransactionState): boolean => kind === 'sent' || kind === 'pending' || kind === 'inBlock'

/** What the mempool takes in the place of an offer. */
const raised = (tip: bigint): bigint => tip + tip / BigInt(limits.ledgerMempool.raiseDivisor) + 1n
