import { type Logger, limits, messageOf } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { encodeTransaction, type Operation, transactionSigningBytes } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
import type { TransactionState } from '../mempool/tracked-transaction.ts'
import { accountOf } from '../modules/accounts/account-table.ts'
import type { StateReader } from '../state/state.ts'
import type { Ledger } from './ledger.ts'

/** An operation that is owed. */
export interface OwedOperation extends Operation {
  /** Called each time it went out. */
  readonly onSent?: () => void
}

/** What this node owes the network: gives what is to be sent now, and the same again until it stands in the state. Asked more often than it is sent. */
export type Duty = (state: StateReader) => readonly OwedOperation[]

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
  readonly operations: readonly OwedOperation[]
  readonly untilHeight: number
}

interface Sent {
  readonly id: Uint8Array
  readonly operations: readonly Operation[]
  readonly nonce: number
  /** Micro-units a unit. */
  readonly tip: bigint
}

const bounds = limits.ledgerDuties
const FIRST_TIP = 1n
/** More than what stands around one operation, and around all of them with one signature. */
const FRAME_BYTES = 256

/**
 * Sends what the node owes, one transaction at a time, each until it is decided: as many operations as fit. If one fails all are undone, so
 * after a failure they are sent one by one until one did well; the one that failed alone is left out for a while.
 */
export class Duties {
  readonly #modules: DutiesModules
  readonly #duties: readonly Duty[]
  readonly #stopListening: () => void
  #task: Task | undefined
  #sent: Sent | undefined
  /** Operations that were refused, and up to which height they are not tried again: each try costs a fee. */
  readonly #refused = new Map<string, number>()
  #isOneByOne = false
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
    if (this.#isBusy || this.#isStopped) return
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
      if (isTooCheap) await this.#send(sent.operations, sent.nonce, raised(sent.tip))
      return
    }
    this.#noteEnd(state)
    if (accountOf(ledger.state, payer.publicKey) === undefined) return
    const { height } = ledger.chain.record
    if (this.#task === undefined || this.#task.untilHeight < height) this.#task = this.#nextTask(height)
    if (this.#task === undefined) return
    const { operations } = this.#task
    await this.#send(operations, ledger.nextNonce(payer.publicKey), FIRST_TIP)
    this.#task = undefined
    for (const { onSent } of operations) onSent?.()
  }

  #nextTask(height: number): Task | undefined {
    const owed = this.#duties
      .flatMap((duty) => duty(this.#modules.ledger.state))
      .filter((operation) => (this.#refused.get(nameOf(operation)) ?? 0) <= height)
    const operations = this.#isOneByOne ? owed.slice(0, 1) : fitting(owed)
    return operations.length === 0 ? undefined : { operations, untilHeight: height + bounds.askAgainBlocks }
  }

  async #send(operations: readonly Operation[], nonce: number, tipPerUnit: bigint): Promise<void> {
    const { ledger, payer, network } = this.#modules
    const { baseFee, height } = ledger.chain.record
    const transaction = {
      account: payer.publicKey,
      nonce,
      lastHeight: height + bounds.lifeBlocks,
      maxFeePerUnit: baseFee * bounds.feeFactor + tipPerUnit,
      tipPerUnit,
      operations,
    }
    const signature = payer.sign(transactionSigningBytes(network, transaction))
    const id = await ledger.submit(encodeTransaction({ ...transaction, signatures: [{ key: 0, signature }] }))
    this.#sent = { id, operations, nonce, tip: tipPerUnit }
  }

  #noteEnd(state: TransactionState | undefined): void {
    const sent = this.#sent
    this.#sent = undefined
    if (sent === undefined) return
    this.#isOneByOne = state?.kind === 'failed'
    if (state?.kind !== 'failed') return
    this.#modules.logger.info('what this node sent as its duty was refused', { status: state.receipt.status })
    const [only, ...others] = sent.operations
    if (only === undefined || others.length > 0) return
    const { height } = this.#modules.ledger.chain.record
    for (const [name, until] of this.#refused) if (until <= height) this.#refused.delete(name)
    this.#refused.set(nameOf(only), height + bounds.refusedBlocks)
  }
}

/** The first of these that one transaction has room for, at least one. */
function fitting(owed: readonly OwedOperation[]): readonly OwedOperation[] {
  const { maxOperations, maxTransactionBytes } = limits.ledgerCodec
  let bytes = 0
  const over = owed.findIndex(({ body }, index) => {
    bytes += body.length + FRAME_BYTES
    return index >= maxOperations || (index > 0 && bytes > maxTransactionBytes - FRAME_BYTES)
  })
  return over === -1 ? owed : owed.slice(0, over)
}

const nameOf = ({ module, kind, body }: Operation): string => `${module} ${kind} ${hashKey(body)}`

const isUnderWay = ({ kind }: TransactionState): boolean => kind === 'sent' || kind === 'pending' || kind === 'inBlock'

/** What the mempool takes in the place of an offer. */
const raised = (tip: bigint): bigint => tip + tip / BigInt(limits.ledgerMempool.raiseDivisor) + 1n
