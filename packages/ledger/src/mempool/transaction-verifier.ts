import { hash } from 'node:crypto'
import { limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import type { AccountPolicy, Transaction } from '@borgios/protocol'
import type { TransactionVerifier } from '../execution/block-facts.ts'
import { signingBytesOf } from '../execution/native-hashes.ts'

/** SHA-256 of a transaction's whole encoding, signatures included, as the key of a map. */
export const fingerprintOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'binary')

/** A transaction as it came. */
export interface SignedTransaction {
  readonly transaction: Transaction
  readonly bytes: Uint8Array
  /** Of the bytes: see {@link fingerprintOf}. */
  readonly fingerprint: string
}

/**
 * Checks the signatures of transactions, each once: who votes on a block or executes it asks again and gets the answer from memory. Only
 * what stands is remembered, so that nobody can fill the memory for free.
 */
export class RememberingVerifier implements TransactionVerifier {
  readonly #ed25519: Ed25519
  readonly #network: Uint8Array
  /** Two generations: the older one is forgotten when the younger is full. */
  #young = new Set<string>()
  #old = new Set<string>()

  /** `network`: 32 bytes. */
  constructor(ed25519: Ed25519, network: Uint8Array) {
    this.#ed25519 = ed25519
    this.#network = network
  }

  verify(
    { transaction, bytes }: Pick<SignedTransaction, 'transaction' | 'bytes'>,
    keys: readonly Uint8Array[],
  ): boolean {
    return this.verifyKnown({ transaction, bytes, fingerprint: fingerprintOf(bytes) }, keys)
  }

  /** The same for who has the fingerprint of the encoding at hand. */
  verifyKnown({ transaction, bytes, fingerprint }: SignedTransaction, keys: readonly Uint8Array[]): boolean {
    const memory = isOwnKey(transaction.account, keys) ? fingerprint : fingerprint + keysText(keys)
    if (this.#remembers(memory)) return true
    if (!this.#check(transaction, bytes, keys)) return false
    this.#remember(memory)
    return true
  }

  #check(transaction: Transaction, bytes: Uint8Array, keys: readonly Uint8Array[]): boolean {
    const message = signingBytesOf(this.#network, bytes, transaction)
    return transaction.signatures.every(({ key: position, signature }) => {
      const key = keys[position]
      return key !== undefined && this.#ed25519.verify(message, signature, key)
    })
  }

  #remembers(memory: string): boolean {
    if (this.#young.has(memory)) return true
    if (!this.#old.has(memory)) return false
    this.#remember(memory)
    return true
  }

  #remember(memory: string): void {
    if (this.#young.size >= limits.ledgerMempool.verifiedTransactions / 2) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(memory)
  }
}

/** Whether it is a plain account: its key never changes and stands in the bytes. */
const isOwnKey = (account: Uint8Array, keys: readonly Uint8Array[]): boolean =>
  keys.length === 1 && (keys[0] === account || Buffer.compare(keys[0] ?? account, account) === 0)

/** The keys of an account may change: what stood under some says nothing under others. */
const keysText = (keys: readonly Uint8Array[]): string => hash('sha256', Buffer.concat(keys), 'binary')

export const isSamePolicy = (left: AccountPolicy | undefined, right: AccountPolicy | undefined): boolean =>
  left === right || (left?.needed === right?.needed && keysText(left?.keys ?? []) === keysText(right?.keys ?? []))
