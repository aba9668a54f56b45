import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import {
  type AccountView,
  type Admission,
  Mempool,
  type MempoolBounds,
  type MempoolRefusal,
  mapKey,
  type PendingTransaction,
  RememberingVerifier,
} from '@borgios/ledger'
import {
  ACCOUNTS_MODULE,
  type Account,
  encodeTransaction,
  TRANSFER,
  type Transaction,
  transactionSigningBytes,
} from '@borgios/protocol'

export const NETWORK = new Uint8Array(32).fill(9)

const signatureOf = (message: Uint8Array, key: Uint8Array, salt = 0): Uint8Array => {
  const half = hash('sha256', Buffer.concat([message, key]), 'buffer')
  return new Uint8Array(Buffer.concat([half, Buffer.alloc(32, salt)]))
}

/** Signatures anybody can make: what is tested is who asks for them, and when. Their last 32 bytes may be anything. */
export class CountingEd25519 implements Ed25519 {
  checks = 0

  signerFromSeed(): never {
    throw new Error('nobody signs here')
  }

  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
    this.checks += 1
    return Buffer.compare(signature.subarray(0, 32), signatureOf(message, publicKey).subarray(0, 32)) === 0
  }
}

/** The account with this number. */
export function accountOf(number: number): Uint8Array {
  const account = new Uint8Array(32)
  new DataView(account.buffer).setUint32(0, number + 1)
  return account
}

export interface Wish extends Partial<Omit<Transaction, 'account' | 'signatures' | 'maxFeePerUnit' | 'tipPerUnit'>> {
  readonly from: number
  readonly fee?: number
  readonly tip?: number
  /** Bytes of its operation. */
  readonly size?: number
  /** Other ones give other signatures of the same transaction. */
  readonly salt?: number
  /** Keys that sign, by position, when it is no plain account. */
  readonly signers?: readonly { readonly position: number; readonly key: Uint8Array }[]
}

/** A signed transaction. */
export function make({ from, fee = 1_000, tip = 10, size = 0, salt = 0, signers, ...rest }: Wish): Uint8Array {
  const account = accountOf(from)
  const unsigned = {
    account,
    nonce: 0,
    lastHeight: 1_000,
    maxFeePerUnit: BigInt(fee),
    tipPerUnit: BigInt(tip),
    operations: [{ module: ACCOUNTS_MODULE, kind: TRANSFER, body: new Uint8Array(size) }],
    ...rest,
  }
  const message = transactionSigningBytes(NETWORK, unsigned)
  const signatures = (signers ?? [{ position: 0, key: account }]).map(({ position, key }) => ({
    key: position,
    signature: signatureOf(message, key, salt),
  }))
  return encodeTransaction({ ...unsigned, signatures })
}

export const UNITS = 100
export const BASE_FEE = 100n

/** A mempool over accounts that all hold much, unless said otherwise. Every transaction has {@link UNITS} units. */
export class MempoolWorld implements AccountView {
  readonly ed25519 = new CountingEd25519()
  readonly verifier = new RememberingVerifier(this.ed25519, NETWORK)
  readonly mempool: Mempool
  readonly #accounts = new Map<string, Account>()
  height = 10
  baseFee = BASE_FEE

  constructor(bounds?: Partial<MempoolBounds>) {
    this.mempool = new Mempool(
      { height: this.height, baseFee: this.baseFee },
      { accounts: this, verifier: this.verifier, unitsOf: () => UNITS },
      { ...limits.ledgerMempool, ...bounds },
    )
  }

  account(account: Uint8Array): Account {
    return this.#accounts.get(mapKey(account)) ?? { balance: 10n ** 12n, nonce: 0, policy: undefined }
  }

  set(number: number, change: Partial<Account>): void {
    const account = accountOf(number)
    this.#accounts.set(mapKey(account), { ...this.account(account), ...change })
  }

  /** A block that changed these accounts is final. */
  finalise(changed: readonly number[], baseFee = this.baseFee, blocks = 1): void {
    this.height += blocks
    this.baseFee = baseFee
    this.mempool.onFinal({ height: this.height, baseFee, changed: changed.map(accountOf) })
  }

  add(wish: Wish, isOwn = false): Admission {
    return this.mempool.add(make(wish), isOwn)
  }

  /** Adds what must be taken. */
  put(wish: Wish, isOwn = false): PendingTransaction {
    const admission = this.add(wish, isOwn)
    assert.equal(admission.outcome, 'added', JSON.stringify(admission))
    return admission.outcome === 'added' ? admission.entry : assert.fail()
  }

  /** Adds what must be refused. */
  refuse(wish: Wish, isOwn = false): MempoolRefusal {
    const admission = this.add(wish, isOwn)
    return admission.outcome === 'refused' ? admission.refusal : assert.fail(`taken: ${admission.outcome}`)
  }

  /** Everything that may enter a block now, in order. */
  select(change: Partial<Parameters<Mempool['select']>[0]> = {}): PendingTransaction[] {
    return this.mempool.select({
      height: this.height + 1,
      baseFee: this.baseFee,
      maxBytes: Number.POSITIVE_INFINITY,
      maxUnits: Number.POSITIVE_INFINITY,
      maxTransactions: Number.POSITIVE_INFINITY,
      ...change,
    })
  }

  /** The same as `from:nonce`. */
  order(change: Partial<Parameters<Mempool['select']>[0]> = {}): string[] {
    return this.select(change).map(placeOf)
  }
}

/** `from:nonce` of an entry. */
export const placeOf = ({ account, nonce }: PendingTransaction): string =>
  `${Buffer.from(account, 'latin1').readUInt32BE(0) - 1}:${nonce}`
