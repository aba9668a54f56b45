/** What all processes of the ledger's bench agree on: keys by number, one genesis. */
import { createHash } from 'node:crypto'
import { limits, NetworkId, NodeId, OperatorId } from '@borgios/core'
import { accountIdOf, type Genesis, networkIdOf, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import {
  ACCOUNTS_MODULE,
  encodeTransaction,
  encodeTransfer,
  TRANSFER,
  transactionSigningBytes,
} from '@borgios/protocol'

/** Senders of each validator, if genesis has room for all: enough that none has many transactions waiting. */
const MOST_SENDERS = 512
export const sendersOf = (validators: number): number =>
  Math.min(MOST_SENDERS, Math.floor(limits.ledgerMoney.maxGenesisAccounts / validators))

const BALANCE = 10n ** 15n
const MAX_FEE = 1_000n

const seedOf = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest())
export const validatorSigner = (index: number): Signer => sodiumEd25519.signerFromSeed(seedOf(`validator ${index}`))
export const senderSigner = (validator: number, index: number): Signer =>
  sodiumEd25519.signerFromSeed(seedOf(`sender ${validator} ${index}`))
export const operatorSigner = (): Signer => sodiumEd25519.signerFromSeed(seedOf('operator'))
/** Each validator has an operator of its own, so that all are in the committee. */
const ownOperator = (index: number): Signer => sodiumEd25519.signerFromSeed(seedOf(`operator of ${index}`))

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

/** What the processes of one network must agree on. */
export interface BenchNetwork {
  readonly validators: number
  /** When it was made, Unix time. */
  readonly genesisMs: number
  /** Large unless what happens at a boundary is of interest. */
  readonly epochBlocks: number
  /** Makes empty blocks as fast as it can, and does not wait for those who are gone. */
  readonly isHasty: boolean
}

/** Unless something else is wished. */
export const usualNetwork: BenchNetwork = { validators: 4, genesisMs: 0, epochBlocks: 1_000_000, isHasty: false }

export function benchGenesis({ validators, genesisMs, epochBlocks }: BenchNetwork): Genesis {
  const operator = OperatorId.fromBytes(operatorSigner().publicKey)
  const accounts = numbers(validators).flatMap((validator) =>
    numbers(sendersOf(validators)).map((index) => ({
      account: accountIdOf(senderSigner(validator, index).publicKey),
      balance: String(BALANCE),
    })),
  )
  const members = numbers(validators).map((index) => ({
    node: NodeId.fromBytes(validatorSigner(index).publicKey),
    operator: OperatorId.fromBytes(ownOperator(index).publicKey),
    account: accountIdOf(ownOperator(index).publicKey),
    capacityBytes: 0,
    cores: 1,
    release: 'bench',
  }))
  const values = { deposit: '0', accountPrice: '0', epochBlocks, targetUnits: 2_000_000 }
  const ledger = { timeMs: genesisMs, modules: { parameters: { values }, accounts, members } }
  return { version: 1, name: 'bench', random: 'a'.repeat(52), founders: [operator], ledger }
}

export const networkBytesOf = (genesis: Genesis): Uint8Array => NetworkId.toBytes(networkIdOf(genesis))

/** Signed transfers of one sender to another, of consecutive nonces. */
export class TransferMaker {
  readonly #network: Uint8Array
  readonly #signers: readonly Signer[]
  readonly #nonces: number[]
  #next = 0

  constructor(network: Uint8Array, validator: number, senders: number) {
    this.#network = network
    this.#signers = numbers(senders).map((index) => senderSigner(validator, index))
    this.#nonces = numbers(senders).map(() => 0)
  }

  make(): Uint8Array {
    const sender = this.#next
    this.#next = (sender + 1) % this.#signers.length
    const signer = this.#signers[sender]
    const receiver = this.#signers[(sender * 31 + 7) % this.#signers.length]
    if (signer === undefined || receiver === undefined) throw new RangeError('there are senders')
    const nonce = this.#nonces[sender] ?? 0
    this.#nonces[sender] = nonce + 1
    const unsigned = {
      account: signer.publicKey,
      nonce,
      lastHeight: 100_000,
      maxFeePerUnit: MAX_FEE,
      tipPerUnit: 1n,
      operations: [
        {
          module: ACCOUNTS_MODULE,
          kind: TRANSFER,
          body: encodeTransfer({ to: receiver.publicKey, amount: 1n, memo: new Uint8Array() }),
        },
      ],
    }
    const signature = signer.sign(transactionSigningBytes(this.#network, unsigned))
    return encodeTransaction({ ...unsigned, signatures: [{ key: 0, signature }] })
  }
}
