import { hash } from 'node:crypto'
import { limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import { type AccountPolicy, type Transaction, transactionSigningBytes } from '@borgios/protocol'

/** SHA-256 of a transaction's whole encoding, signatures included, as the key of a map. */
export const fingerprintOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'binary')

/**
 * Checks the signatures of transactions, each once: who votes on a block or executes it asks again and gets the answer from memory. Only
 * what stands is remembered, so that nobody can fill the memory for free.
 */
export class TransactionVerifier {
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

  /**
   * Whether exactly as many keys signed as the account's policy needs; without a policy, its own. Further signatures would cost every node
   * checks that decide nothing. `fingerprint` is that of the encoding which was decoded to the transaction.
   */
  verify(transaction: Transaction, fingerprint: string, policy: AccountPolicy | undefined): boolean {
    const memory = policy === undefined ? fingerprint : fingerprint + policyText(policy)
    if (this.#remembers(memory)) return true
    if (!this.#check(transaction, policy ?? { needed: 1, keys: [transaction.account] })) return false
    this.#remember(memory)
    return true
  }

  #check(transaction: Transaction, { needed, keys }: AccountPolicy): boolean {
    if (transaction.signatures.length !== needed) return false
    const message = transactionSigningBytes(this.#network, transaction)
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

/** Policies change: what stood under one says nothing under another. */
const policyText = ({ needed, keys }: AccountPolicy): string =>
  hash('sha256', Buffer.concat([Uint8Array.of(needed), ...keys]), 'binary')

export const isSamePolicy = (left: AccountPolicy | undefined, right: AccountPolicy | undefined): boolean =>
  left === right || (left !== undefined && right !== undefined && policyText(left) === policyText(right))
