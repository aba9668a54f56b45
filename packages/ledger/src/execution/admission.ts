import { isBorgError, limits } from '@borgios/core'
import { type Account, decodeTransaction } from '@borgios/protocol'
import { accountOf } from '../modules/accounts/account-table.ts'
import type { ModuleRegistry } from '../modules/module-registry.ts'
import type { OperationType } from '../modules/state-module.ts'
import type { StateReader } from '../state/state.ts'
import type { NamedTransaction, TransactionVerifier } from './block-facts.ts'
import { greatestFee, type UnitPrice, unitPrice } from './fees.ts'
import { transactionIdOf } from './native-hashes.ts'

/**
 * Why a transaction may not enter a block. `nonceAhead`, `feeLow` and `fundsShort` may change with other transactions, `blockFull` with the next
 * block, `badSignature` with the account's keys, `tooLarge` with the network's parameters; the others are for ever.
 */
export const BLOCK_REFUSALS = [
  'malformed',
  'unknownOperation',
  'expired',
  'lifeTooLong',
  'nonceUsed',
  'nonceAhead',
  'feeLow',
  'fundsShort',
  'badSignature',
  'tooLarge',
  'blockFull',
] as const
export type BlockRefusal = (typeof BLOCK_REFUSALS)[number]

interface ReadOperation {
  readonly type: OperationType<unknown>
  readonly body: unknown
}

/** A transaction as far as it can be judged without the state. */
export interface ReadTransaction extends NamedTransaction {
  readonly operations: readonly ReadOperation[]
  /** Fee units it costs, whatever becomes of it. */
  readonly units: number
}

/** One that may enter a block now. */
export interface Admitted {
  readonly read: ReadTransaction
  readonly account: Account
  readonly price: UnitPrice
}

export interface AdmissionModules {
  readonly registry: ModuleRegistry
  readonly verifier: TransactionVerifier
}

/** The block a transaction would enter. */
export interface AdmissionFacts {
  readonly height: number
  readonly baseFee: bigint
}

/** Reads a transaction of the network with these 32 bytes. */
export function readTransaction(
  network: Uint8Array,
  registry: ModuleRegistry,
  bytes: Uint8Array,
): ReadTransaction | BlockRefusal {
  try {
    const transaction = decodeTransaction(bytes)
    const operations: ReadOperation[] = []
    let units = bytes.length
    for (const { module, kind, body: encoded } of transaction.operations) {
      const type = registry.operation(module, kind)
      if (type === undefined) return 'unknownOperation'
      const body = type.decode(encoded)
      units += type.units(body)
      operations.push({ type, body })
    }
    return { bytes, transaction, id: transactionIdOf(network, bytes, transaction), operations, units }
  } catch (error) {
    if (isBorgError(error) && error.code === 'PROTOCOL_MALFORMED') return 'malformed'
    throw error
  }
}

/** Whether a transaction may enter a block on this state. Changes nothing. The signatures come last: they cost the most. */
export function admit(
  { verifier }: AdmissionModules,
  state: StateReader,
  facts: AdmissionFacts,
  read: ReadTransaction,
): Admitted | BlockRefusal {
  const { transaction, units } = read
  if (transaction.lastHeight < facts.height) return 'expired'
  if (transaction.lastHeight > facts.height + limits.ledgerMoney.maxLifeBlocks) return 'lifeTooLong'
  const price = unitPrice(transaction, facts.baseFee)
  if (price === undefined) return 'feeLow'
  const account = accountOf(state, transaction.account)
  if (account === undefined) return 'fundsShort'
  if (transaction.nonce !== account.nonce) return transaction.nonce < account.nonce ? 'nonceUsed' : 'nonceAhead'
  if (account.balance < greatestFee(transaction, units)) return 'fundsShort'
  return isSigned(verifier, read, account) ? { read, account, price } : 'badSignature'
}

/** By the account's one key, or by as many different ones as its policy needs; more may sign, and then must stand too. */
function isSigned(verifier: TransactionVerifier, read: ReadTransaction, { policy }: Account): boolean {
  const { transaction } = read
  const keys = policy?.keys ?? [transaction.account]
  if (transaction.signatures.length < (policy?.needed ?? 1)) return false
  return verifier.verify(read, keys)
}
