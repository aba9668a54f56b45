import { assert, type Logger, silentLogger } from '@borgios/core'
import { accountIdOf, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import {
  accountOf,
  applyGenesis,
  buildBlock,
  type Chain,
  chainOf,
  coreModules,
  Duties,
  type Duty,
  type ExecutionModules,
  type FinalState,
  type Ledger,
  ModuleRegistry,
  openMemoryState,
  RememberingVerifier,
  type StateReader,
  serviceModules,
  type TransactionState,
} from '@borgios/ledger'
import { decodeTransaction, type Receipt, taggedHash, transactionId } from '@borgios/protocol'
import { type FoundingMember, ledgerGenesis } from '../src/ledger/ledger-genesis.ts'

export const NETWORK: Uint8Array = new Uint8Array(32).fill(7)
const BLOCK_MS = 1_000

export const keyOf = (name: string): Signer =>
  sodiumEd25519.signerFromSeed(taggedHash('test-key', new TextEncoder().encode(name)))

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A transaction that somebody sent, until it is in a block. */
interface Waiting {
  readonly bytes: Uint8Array
  readonly id: Uint8Array
  readonly account: string
  readonly nonce: number
  readonly lastHeight: number
}

/** One chain of real blocks over real modules, made when the test says so: all its nodes see the same at once. */
export class ScriptedChain {
  readonly modules: ExecutionModules
  readonly state: FinalState
  /** Micro-units that each account paid in fees. */
  readonly fees = new Map<string, bigint>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #outcomes = new Map<string, TransactionState>()
  readonly #listeners = new Set<() => void>()
  #height = 0

  constructor(wallet: Signer, members: readonly FoundingMember[], balance: bigint, epochBlocks = 1_000_000) {
    const registry = new ModuleRegistry([
      ...coreModules({ network: NETWORK, ed25519: sodiumEd25519 }),
      ...serviceModules,
    ])
    this.modules = { registry, network: NETWORK, verifier: new RememberingVerifier(sodiumEd25519, NETWORK) }
    this.state = openMemoryState(registry.tables)
    const plan = { nowMs: 1_700_000_000_000, release: '0.1.0', governor: wallet.publicKey, wallet: wallet.publicKey }
    const { timeMs, modules } = ledgerGenesis({ ...plan, members }) as unknown as PlannedLedger
    const account = accountIdOf(wallet.publicKey)
    const accounts = modules.accounts.map((one) =>
      one.account === account ? { ...one, balance: String(balance) } : one,
    )
    const values = { epochBlocks }
    const layer = this.state.layer()
    applyGenesis(this.modules, layer, {
      timeMs,
      modules: { ...modules, accounts, parameters: { ...modules.parameters, values } },
    })
    this.#finalize(layer)
  }

  get record(): Chain {
    const chain = chainOf(this.state)
    assert(chain !== undefined, 'there is a genesis')
    return chain
  }

  submit(bytes: Uint8Array): Uint8Array {
    const transaction = decodeTransaction(bytes)
    const id = transactionId(NETWORK, transaction)
    const { nonce, lastHeight } = transaction
    const account = textOf(transaction.account)
    this.#waiting.set(textOf(id), { bytes, id, account, nonce, lastHeight })
    return id
  }

  stateOf(id: Uint8Array): TransactionState | undefined {
    const isWaiting = this.#waiting.has(textOf(id))
    return isWaiting ? { kind: 'pending', why: { reason: 'ready' } } : this.#outcomes.get(textOf(id))
  }

  undecided(account: Uint8Array): ReadonlyMap<number, Uint8Array> {
    const own = [...this.#waiting.values()].filter((one) => one.account === textOf(account))
    return new Map(own.map(({ nonce, bytes }) => [nonce, bytes]))
  }

  onFinal(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One block, so long after the last, of what waits. Throws where a block's supply is not what it was. */
  block(afterMs = BLOCK_MS): void {
    const { height, epoch, timeMs, baseFee, lastHeight } = this.record
    const layer = this.state.layer()
    const waiting = [...this.#waiting.values()].sort((one, other) => one.nonce - other.nonce)
    const facts = { height: height + 1, epoch, timeMs: timeMs + afterMs, leader: NETWORK, baseFee }
    const built = buildBlock(
      this.modules,
      layer,
      { ...facts, nextBeacon: height + 1 === lastHeight ? taggedHash('test-beacon', Uint8Array.of(epoch)) : undefined },
      waiting.map(({ bytes }) => bytes),
    )
    this.#finalize(layer)
    for (const receipt of built.receipts) this.#decide(receipt)
    for (const one of this.#waiting.values()) this.#drop(one)
    for (const listener of [...this.#listeners]) listener()
  }

  #decide(receipt: Receipt): void {
    const key = textOf(receipt.transaction)
    const account = this.#waiting.get(key)?.account
    assert(account !== undefined, 'only what waits enters a block')
    this.fees.set(account, (this.fees.get(account) ?? 0n) + receipt.feePaid)
    this.#waiting.delete(key)
    const kind = receipt.status === 0 ? 'final' : 'failed'
    this.#outcomes.set(key, { kind, height: this.#height, receipt })
  }

  /** What cannot enter a block any more. */
  #drop({ id, account, nonce, lastHeight }: Waiting): void {
    const used = accountOf(this.state, Buffer.from(account, 'hex'))?.nonce ?? 0
    if (nonce >= used && lastHeight > this.#height) return
    this.#waiting.delete(textOf(id))
    this.#outcomes.set(textOf(id), nonce < used ? { kind: 'decided' } : { kind: 'expired', lastHeight })
  }

  #finalize(layer: ReturnType<FinalState['layer']>): void {
    layer.complete()
    const chain = chainOf(layer)
    assert(chain !== undefined, 'every block leaves a chain')
    this.#height = chain.height
    this.state.finalize(layer, { height: chain.height, epoch: chain.epoch, block: NETWORK })
  }
}

/** What one process sees of the chain. It ends without a word when it is killed; what it sent goes on. */
export class ScriptedLedger {
  readonly #chain: ScriptedChain
  readonly #stopListening: (() => void)[] = []
  #isKilled = false

  constructor(chain: ScriptedChain) {
    this.#chain = chain
  }

  get state(): StateReader {
    return this.#chain.state
  }

  get chain() {
    return { record: this.#chain.record, modules: this.#chain.modules }
  }

  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    assert(!this.#isKilled, 'a killed process sends nothing')
    return this.#chain.submit(bytes)
  }

  transactionState(id: Uint8Array): TransactionState | undefined {
    return this.#chain.stateOf(id)
  }

  undecided(account: Uint8Array): ReadonlyMap<number, Uint8Array> {
    return this.#chain.undecided(account)
  }

  nextNonce(account: Uint8Array): number {
    const undecided = this.undecided(account)
    let nonce = accountOf(this.state, account)?.nonce ?? 0
    while (undecided.has(nonce)) nonce += 1
    return nonce
  }

  onFinal(listener: () => void): () => void {
    const stop = this.#chain.onFinal(listener)
    this.#stopListening.push(stop)
    return stop
  }

  kill(): void {
    this.#isKilled = true
    for (const stop of this.#stopListening) stop()
  }

  /** As the product's classes want it. */
  asLedger(): Ledger {
    return this as unknown as Ledger
  }

  duties(duties: readonly Duty[], payer: Signer, logger: Logger = silentLogger): Duties {
    return new Duties(duties, { ledger: this, payer, network: NETWORK, logger })
  }
}

interface PlannedLedger {
  readonly timeMs: number
  readonly modules: {
    readonly accounts: readonly { readonly account: string; readonly balance: string }[]
    readonly parameters: { readonly governors: { readonly needed: number; readonly keys: readonly string[] } }
    readonly members: readonly { readonly node: string }[]
  }
}
