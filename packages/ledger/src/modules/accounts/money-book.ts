import { assert } from '@borgios/core'
import type { Account } from '@borgios/protocol'
import { fundsShort, supplyFull } from '../../errors.ts'
import type { StateWriter } from '../../state/state.ts'
import { parameter } from '../parameters/parameter-table.ts'
import { ONLY } from '../singleton.ts'
import type { Money } from '../state-module.ts'
import { NO_SUPPLY, type Supply, supplyTable } from '../supply/supply-table.ts'
import { accountTable } from './account-table.ts'
import { type MoneyCause, MoneyMoves } from './money-moves.ts'

/** All that was ever minted fits an amount on the wire, and so does whatever any record holds. */
const MAX_MINTED = 2n ** 64n - 1n

const NEW_ACCOUNT: Account = { balance: 0n, nonce: 0, policy: undefined }

/** Money as records of the state: accounts and the supply. A negative amount is a bug. */
export class MoneyBook implements Money {
  readonly #state: StateWriter
  readonly #epoch: number
  readonly #moves: MoneyMoves

  constructor(state: StateWriter, epoch: number, moves = new MoneyMoves()) {
    this.#state = state
    this.#epoch = epoch
    this.#moves = moves
  }

  take(account: Uint8Array, amount: bigint, cause: MoneyCause): void {
    assertAmount(amount)
    const record = this.#state.get(accountTable, account)
    const balance = record?.balance ?? 0n
    if (balance < amount) throw fundsShort(amount, balance)
    if (record === undefined) return
    this.#setBalance(account, record, balance - amount)
    this.#moves.add(account, -amount, cause)
  }

  give(account: Uint8Array, amount: bigint, cause: MoneyCause): void {
    assertAmount(amount)
    if (amount === 0n) return
    const record = this.#state.get(accountTable, account)
    if (record === undefined) this.#giveNew(account, amount, cause)
    else {
      this.#setBalance(account, record, record.balance + amount)
      this.#moves.add(account, amount, cause)
    }
  }

  open(account: Uint8Array, payer: Uint8Array): void {
    if (this.#state.get(accountTable, account) !== undefined) return
    const price = this.#price()
    this.take(payer, price, { reason: 'opening', subject: account })
    this.giveTreasury(price)
    this.#setBalance(account, NEW_ACCOUNT, 0n)
  }

  giveTreasury(amount: bigint): void {
    assertAmount(amount)
    const supply = this.#supply()
    this.#setSupply({ ...supply, treasury: supply.treasury + amount })
  }

  takeTreasury(amount: bigint): void {
    assertAmount(amount)
    const supply = this.#supply()
    if (supply.treasury < amount) throw fundsShort(amount, supply.treasury)
    this.#setSupply({ ...supply, treasury: supply.treasury - amount })
  }

  burn(amount: bigint): void {
    assertAmount(amount)
    const supply = this.#supply()
    this.#setSupply({ ...supply, burned: supply.burned + amount })
  }

  mint(amount: bigint): void {
    assertAmount(amount)
    const supply = this.#supply()
    const minted = supply.minted + amount
    if (minted > MAX_MINTED) throw supplyFull()
    this.#setSupply({ ...supply, minted })
  }

  #giveNew(account: Uint8Array, amount: bigint, cause: MoneyCause): void {
    const price = this.#price()
    this.giveTreasury(amount >= price ? price : amount)
    if (amount < price) return
    this.#setBalance(account, NEW_ACCOUNT, amount - price)
    this.#moves.add(account, amount, cause)
    this.#moves.add(account, -price, { reason: 'opening', subject: account })
  }

  #price(): bigint {
    return parameter({ state: this.#state, epoch: this.#epoch }, 'accountPrice')
  }

  #setBalance(account: Uint8Array, { nonce, policy }: Account, balance: bigint): void {
    this.#state.set(accountTable, account, { balance, nonce, policy })
  }

  #supply(): Supply {
    return this.#state.get(supplyTable, ONLY) ?? NO_SUPPLY
  }

  #setSupply(supply: Supply): void {
    this.#state.set(supplyTable, ONLY, supply)
  }
}

function assertAmount(amount: bigint): void {
  assert(amount >= 0n, 'an amount is not negative')
}
