import { createHash } from 'node:crypto'
import { assert, encodeBase32, type JsonObject } from '@borgios/core'
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
import { applyGenesis, firstBeacon } from '../../src/execution/genesis.ts'
import { accountOf } from '../../src/modules/accounts/account-table.ts'
import { accountsModule } from '../../src/modules/accounts/accounts-module.ts'
import { chainModule } from '../../src/modules/chain/chain-module.ts'
import { type Chain, chainOf } from '../../src/modules/chain/chain-table.ts'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import { parametersModule } from '../../src/modules/parameters/parameters-module.ts'
import { ONLY } from '../../src/modules/singleton.ts'
import type { StateModule } from '../../src/modules/state-module.ts'
import { supplyModule } from '../../src/modules/supply/supply-module.ts'
import { NO_SUPPLY, type Supply, supplyTable } from '../../src/modules/supply/supply-table.ts'
import { type FinalState, openMemoryState } from '../../src/state/final-state.ts'
import type { StateLayer } from '../../src/state/state-layer.ts'

export const NETWORK = new Uint8Array(32).fill(7)
export const START_MS = 1_700_000_000_000

/** An account, node or key of which nobody needs the secret. */
export const named = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest())

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
  readonly parts?: JsonObject
  readonly modules?: readonly StateModule[]
}

/** A network of one state, whose blocks are final at once. Accounts are known by names. */
export class SmallLedger {
  readonly modules: ExecutionModules
  readonly state: FinalState
  readonly #nonces = new Map<string, number>()

  constructor({ balances = {}, parameters = {}, parts = {}, modules = [] }: SmallLedgerOptions = {}) {
    const registry = new ModuleRegistry([parametersModule, supplyModule, accountsModule, chainModule, ...modules])
    this.modules = { registry, network: NETWORK, verifier: fakeVerifier }
    this.state = openMemoryState(registry.tables)
    const layer = this.state.layer()
    const accounts = Object.entries(balances).map(([name, balance]) => ({
      account: encodeBase32(named(name)),
      balance: String(balance),
    }))
    const document = { timeMs: START_MS, modules: { parameters: { values: parameters }, accounts, ...parts } }
    applyGenesis(this.modules, layer, document)
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
      beacon: firstBeacon(NETWORK),
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
