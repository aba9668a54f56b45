import { createHash } from 'node:crypto'
import { assert, type JsonObject, NodeId, OperatorId } from '@borgios/core'
import { accountIdOf, type Ed25519 } from '@borgios/crypto'
import {
  ACCOUNTS_MODULE,
  type AccountPolicy,
  compareBytes,
  encodeTransaction,
  encodeTransfer,
  type Operation,
  type Receipt,
  TRANSFER,
  transactionId,
  type UnsignedTransaction,
} from '@borgios/protocol'
import type { BlockFacts, BlockOutcome, TransactionVerifier } from '../../src/execution/block-facts.ts'
import type { ExecutionModules } from '../../src/execution/block-run.ts'
import { type BuiltBlock, buildBlock, executeBlock } from '../../src/execution/execute-block.ts'
import { applyGenesis, type LedgerGenesis } from '../../src/execution/genesis.ts'
import { accountOf } from '../../src/modules/accounts/account-table.ts'
import { type Chain, chainOf } from '../../src/modules/chain/chain-table.ts'
import { coreModules } from '../../src/modules/core-modules.ts'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import { ONLY } from '../../src/modules/singleton.ts'
import type { StateModule } from '../../src/modules/state-module.ts'
import { NO_SUPPLY, type Supply, supplyTable } from '../../src/modules/supply/supply-table.ts'
import { type FinalState, openMemoryState } from '../../src/state/final-state.ts'
import type { StateLayer } from '../../src/state/state-layer.ts'

export const NETWORK: Uint8Array = new Uint8Array(32).fill(7)
export const START_MS = 1_700_000_000_000

const sha256 = (data: string | Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())

/** An account, node or key of which nobody needs the secret. */
export const named = (name: string): Uint8Array => sha256(name)

export const OFFER = { capacityBytes: 2 ** 40, cores: 8, release: '0.1.0' }
export const LEADER = named('leader')

/** Stands for Ed25519: right for one key and one transaction, and cheap. */
export const fakeSignature = (key: Uint8Array, id: Uint8Array): Uint8Array => Uint8Array.of(...key, ...id)

export const fakeVerifier: TransactionVerifier = {
  verify: ({ transaction, id }, keys) =>
    transaction.signatures.every(({ key: place, signature }) => {
      const key = keys[place]
      return key !== undefined && compareBytes(signature, fakeSignature(key, id)) === 0
    }),
}

/** The same for what members sign: the seed is the key. */
export const fakeEd25519: Ed25519 = {
  signerFromSeed: (seed) => ({ publicKey: seed, sign: (message) => fakeSignature(seed, sha256(message)) }),
  verify: (message, signature, key) => compareBytes(signature, fakeSignature(key, sha256(message))) === 0,
}

export const transferOf = (to: Uint8Array, amount: bigint, memo = new Uint8Array()): Operation => ({
  module: ACCOUNTS_MODULE,
  kind: TRANSFER,
  body: encodeTransfer({ to, amount, memo }),
})

/** Signs with the account's own key, or with those of a policy that stand at these places. */
export function signed(
  transaction: UnsignedTransaction,
  policy?: AccountPolicy,
  places: readonly number[] = [0],
): Uint8Array {
  const id = transactionId(NETWORK, transaction)
  const keys = policy?.keys ?? [transaction.account]
  const signatures = places.map((key) => ({ key, signature: fakeSignature(keys[key] ?? NETWORK, id) }))
  return encodeTransaction({ ...transaction, signatures })
}

export interface SmallLedgerOptions {
  readonly balances?: Readonly<Record<string, bigint>>
  readonly parameters?: JsonObject
  /** Members by node and operator; each pays its deposit from the operator's account. */
  readonly members?: Readonly<Record<string, string>>
  readonly parts?: JsonObject
  readonly modules?: readonly StateModule[]
}

/** Deposits are free unless the parameters say otherwise. */
function genesisOf(
  balances: Readonly<Record<string, bigint>>,
  parameters: JsonObject,
  members: Readonly<Record<string, string>>,
): LedgerGenesis {
  const accounts = Object.entries(balances).map(([name, balance]) => ({
    account: accountIdOf(named(name)),
    balance: String(balance),
  }))
  const founders = Object.entries(members).map(([node, operator]) => ({
    node: NodeId.fromBytes(named(node)),
    operator: OperatorId.fromBytes(named(operator)),
    account: accountIdOf(named(operator)),
    ...OFFER,
  }))
  const values = { deposit: '0', ...parameters }
  return { timeMs: START_MS, modules: { parameters: { values }, accounts, members: founders } }
}

/** A network of one state, whose blocks are final at once. Accounts are known by names. */
export class SmallLedger {
  readonly modules: ExecutionModules
  readonly state: FinalState
  readonly #nonces = new Map<string, number>()

  constructor(options: SmallLedgerOptions = {}) {
    const { balances = {}, parameters = {}, parts = {}, modules = [], members = { first: 'founder' } } = options
    const registry = new ModuleRegistry([...coreModules({ network: NETWORK, ed25519: fakeEd25519 }), ...modules])
    this.modules = { registry, network: NETWORK, verifier: fakeVerifier }
    this.state = openMemoryState(registry.tables)
    const layer = this.state.layer()
    const document = genesisOf(balances, parameters, members)
    applyGenesis(this.modules, layer, { ...document, modules: { ...document.modules, ...parts } })
    this.finalize(layer)
  }

  get chain(): Chain {
    const chain = chainOf(this.state)
    assert(chain !== undefined, 'genesis was applied')
    return chain
  }

  get supply(): Supply {
    return this.state.get(supplyTable, ONLY) ?? NO_SUPPLY
  }

  balance(name: string): bigint {
    return accountOf(this.state, named(name))?.balance ?? 0n
  }

  facts(changes: Partial<BlockFacts> = {}): BlockFacts {
    const { height, epoch, timeMs, baseFee, lastHeight } = this.chain
    return {
      height: height + 1,
      epoch,
      timeMs: timeMs + 1,
      leader: LEADER,
      baseFee,
      nextBeacon: height + 1 === lastHeight ? named(`beacon ${epoch + 1}`) : undefined,
      ...changes,
    }
  }

  /** The next transaction of an account, counting by itself. */
  unsigned(
    from: string,
    operations: readonly Operation[],
    changes: Partial<UnsignedTransaction> = {},
  ): UnsignedTransaction {
    const nonce = changes.nonce ?? this.#nonces.get(from) ?? 0
    this.#nonces.set(from, nonce + 1)
    const lastHeight = this.chain.height + 100
    return { account: named(from), nonce, lastHeight, maxFeePerUnit: 10n, tipPerUnit: 0n, operations, ...changes }
  }

  transaction(from: string, operations: readonly Operation[], changes: Partial<UnsignedTransaction> = {}): Uint8Array {
    return signed(this.unsigned(from, operations, changes))
  }

  build(candidates: Iterable<Uint8Array>, facts = this.facts()): BuiltBlock {
    return buildBlock(this.modules, this.state.layer(), facts, candidates)
  }

  /** Executes a block and makes it final. */
  block(transactions: readonly Uint8Array[], facts = this.facts()): BlockOutcome {
    const layer = this.state.layer()
    const outcome = executeBlock(this.modules, layer, facts, transactions)
    this.finalize(layer)
    return outcome
  }

  /** Makes a block of one transaction final: the code of its error, or `done`. */
  try(from: string, operations: readonly Operation[]): string | undefined {
    return this.results(this.block([this.transaction(from, operations)]).receipts)[0]
  }

  /** The receipts' errors by code; `done` for none. */
  results(receipts: readonly Receipt[]): string[] {
    return receipts.map(({ status }) => (status === 0 ? 'done' : (this.modules.registry.codeOf(status) ?? 'unknown')))
  }

  finalize(layer: StateLayer): void {
    layer.complete()
    const chain = chainOf(layer)
    assert(chain !== undefined, 'every block leaves a chain')
    this.state.finalize(layer, { height: chain.height, epoch: chain.epoch, block: NETWORK })
  }
}
