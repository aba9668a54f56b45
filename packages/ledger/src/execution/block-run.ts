import { assert, isBorgError, limits } from '@borgios/core'
import type { Receipt } from '@borgios/protocol'
import { blockInvalid } from '../errors.ts'
import { accountTable } from '../modules/accounts/account-table.ts'
import { MoneyBook } from '../modules/accounts/money-book.ts'
import { MoneyMoves } from '../modules/accounts/money-moves.ts'
import { type Chain, chainOf, chainTable } from '../modules/chain/chain-table.ts'
import { parameter } from '../modules/parameters/parameter-table.ts'
import { WHOLE_PPM } from '../modules/parameters/parameters.ts'
import { ONLY } from '../modules/singleton.ts'
import type { BlockContext } from '../modules/state-module.ts'
import {
  type AdmissionModules,
  type Admitted,
  admit,
  type BlockRefusal,
  type ReadTransaction,
  readTransaction,
} from './admission.ts'
import type { BlockBounds, BlockFacts, BlockLayer, BlockOutcome } from './block-facts.ts'
import { nextBaseFee } from './fees.ts'
import { checkSupply } from './supply-check.ts'

export interface ExecutionModules extends AdmissionModules {
  /** 32 bytes: which network's transactions. */
  readonly network: Uint8Array
}

const DONE = 0
/** Of a payload: the number of its transactions, and the length of each. */
const LENGTH_BYTES = 4

/** One block taking effect, a transaction at a time: the same for the leader who makes it and for everybody who checks it. */
export class BlockRun {
  readonly #modules: ExecutionModules
  readonly #facts: BlockFacts
  readonly #chain: Chain
  readonly #bounds: BlockBounds
  readonly #state: BlockLayer
  readonly #context: BlockContext
  readonly #receipts: Receipt[] = []
  readonly #moves = new MoneyMoves()
  #usedUnits = 0
  #payloadBytes = LENGTH_BYTES
  #tips = 0n

  /** Begins the block. `bounds` may be tighter than the network's, never wider. Throws LEDGER_BLOCK_INVALID. */
  constructor(modules: ExecutionModules, state: BlockLayer, facts: BlockFacts, bounds?: BlockBounds) {
    const chain = chainOf(state)
    assert(chain !== undefined, 'there is a genesis')
    checkFacts(facts, chain)
    this.#modules = modules
    this.#facts = facts
    this.#chain = chain
    this.#state = state
    const { height, epoch, timeMs, leader } = facts
    const money = new MoneyBook(this.#state, epoch, this.#moves)
    this.#context = { state: this.#state, money, height, epoch, timeMs, beacon: chain.beacon, leader }
    this.#bounds = tightest(networkBounds(this.#context), bounds)
    for (const module of modules.registry.modules) module.onBlock?.(this.#context)
  }

  /** Adds a transaction, or says why it may not enter this block, which then is as if it had not been tried. */
  add(bytes: Uint8Array): Receipt | BlockRefusal {
    const read = readTransaction(this.#modules.network, this.#modules.registry, bytes)
    if (typeof read === 'string') return read
    if (!this.#hasRoom(read, 0, LENGTH_BYTES)) return 'tooLarge'
    const admitted = admit(this.#modules, this.#state, this.#facts, read)
    if (typeof admitted === 'string') return admitted
    if (!this.#hasRoom(read, this.#usedUnits, this.#payloadBytes)) return 'blockFull'
    const receipt = this.#apply(admitted)
    this.#receipts.push(receipt)
    return receipt
  }

  /** Settles fees, ends the epoch if it is its last block. Throws LEDGER_SUPPLY_BROKEN. */
  end(): BlockOutcome {
    const feesPaid = this.#settleFees()
    this.#endEpoch()
    this.#moveOn()
    checkSupply(this.#state)
    return { receipts: this.#receipts, usedUnits: this.#usedUnits, feesPaid, moves: this.#moves.all }
  }

  /** Beside what the block already holds. */
  #hasRoom({ units, bytes }: ReadTransaction, usedUnits: number, payloadBytes: number): boolean {
    const { maxUnits, maxBytes } = this.#bounds
    return usedUnits + units <= maxUnits && payloadBytes + LENGTH_BYTES + bytes.length <= maxBytes
  }

  #apply({ read, account, price }: Admitted): Receipt {
    const { transaction, units, id } = read
    const tip = BigInt(units) * price.tip
    const feePaid = BigInt(units) * price.base + tip
    this.#usedUnits += units
    this.#payloadBytes += LENGTH_BYTES + read.bytes.length
    this.#tips += tip
    this.#moves.position = this.#receipts.length
    this.#moves.add(transaction.account, -feePaid, { reason: 'fee', subject: id })
    this.#state.set(accountTable, transaction.account, {
      balance: account.balance - feePaid,
      nonce: account.nonce + 1,
      policy: account.policy,
    })
    const status = this.#operate(read)
    this.#moves.position = undefined
    return { transaction: id, status, usedUnits: units, feePaid }
  }

  /** All of its operations take effect, or none. */
  #operate({ transaction, id, operations }: ReadTransaction): number {
    const context = { ...this.#context, sender: transaction.account, transaction: id }
    try {
      this.#moves.attempt(() =>
        this.#state.attempt(() => {
          for (const { type, body } of operations) type.apply(context, body)
        }),
      )
      return DONE
    } catch (error) {
      if (!isBorgError(error)) throw error
      const status = this.#modules.registry.statusOf(error.code)
      assert(status !== undefined, `the refusal ${error.code} has a number`)
      return status
    }
  }

  /** The tips go to the leader; of the base fees a share is burned and the rest goes to the treasury. */
  #settleFees(): bigint {
    const { money, leader } = this.#context
    const base = BigInt(this.#usedUnits) * this.#facts.baseFee
    const burned = (base * BigInt(parameter(this.#context, 'burnPpm'))) / BigInt(WHOLE_PPM)
    if (base > 0n) {
      money.burn(burned)
      money.giveTreasury(base - burned)
    }
    money.give(leader, this.#tips, { reason: 'tips', subject: leader })
    return base + this.#tips
  }

  #endEpoch(): void {
    const { nextBeacon } = this.#facts
    if (nextBeacon === undefined) return
    const context = { ...this.#context, nextBeacon }
    const { modules } = this.#modules.registry
    for (const module of modules) module.onEpochEnd?.(context)
    for (const module of modules) module.onEpochEnded?.(context)
  }

  /** Leaves what the next block stands on. */
  #moveOn(): void {
    const { height, timeMs, baseFee, nextBeacon } = this.#facts
    const fee = nextBaseFee(
      baseFee,
      this.#usedUnits,
      parameter(this.#context, 'targetUnits'),
      parameter(this.#context, 'leastBaseFee'),
    )
    const next = { ...this.#chain, height, timeMs, baseFee: fee }
    this.#state.set(chainTable, ONLY, nextBeacon === undefined ? next : this.#inNextEpoch(next, nextBeacon))
  }

  #inNextEpoch(chain: Chain, beacon: Uint8Array): Chain {
    const epoch = chain.epoch + 1
    const epochBlocks = parameter({ state: this.#state, epoch }, 'epochBlocks')
    return { ...chain, epoch, beacon, lastHeight: chain.height + epochBlocks }
  }
}

function checkFacts(facts: BlockFacts, chain: Chain): void {
  if (facts.height !== chain.height + 1) throw blockInvalid('its height does not follow its parent')
  if (facts.epoch !== chain.epoch) throw blockInvalid('it belongs to another epoch')
  if (facts.timeMs <= chain.timeMs) throw blockInvalid('its time is not after its parent')
  if (facts.baseFee !== chain.baseFee) throw blockInvalid(`its base fee should be ${chain.baseFee}`)
  const isLast = facts.height === chain.lastHeight
  if (isLast !== (facts.nextBeacon !== undefined))
    throw blockInvalid('the last block of an epoch, and no other, seals it')
}

/** Twice what the base fee steers to. */
const networkBounds = (context: BlockContext): BlockBounds => ({
  maxUnits: 2 * parameter(context, 'targetUnits'),
  maxBytes: limits.ledgerCodec.maxPayloadBytes,
})

const tightest = (network: BlockBounds, own: BlockBounds = network): BlockBounds => ({
  maxUnits: Math.min(network.maxUnits, own.maxUnits),
  maxBytes: Math.min(network.maxBytes, own.maxBytes),
})
