/** A transfer as the model sees it. */
export interface ModelTransfer {
  readonly to: string
  readonly amount: bigint
}

/** A transaction as the model sees it: accounts by names. */
export interface ModelTransaction {
  readonly from: string
  readonly nonce: number
  readonly lastHeight: number
  readonly maxFeePerUnit: bigint
  readonly tipPerUnit: bigint
  readonly transfers: readonly ModelTransfer[]
  readonly isSigned: boolean
  /** Of its encoding. */
  readonly bytes: number
}

const TRANSFER_UNITS = 100
const ACCOUNT_PRICE = 10_000n

/** What accounts should have, written a second time and as plainly as possible. */
export class AccountModel {
  balances: Map<string, bigint>
  readonly nonces = new Map<string, number>()
  treasury = 0n
  burned = 0n
  tips = 0n

  constructor(balances: Readonly<Record<string, bigint>>) {
    this.balances = new Map(Object.entries(balances))
  }

  /** What exists outside of the supply record's `minted`. */
  get total(): bigint {
    return [...this.balances.values()].reduce((sum, balance) => sum + balance, this.treasury + this.burned)
  }

  /** `done`, the code of the error, or undefined where it may not enter the block at this height and base fee. */
  apply(transaction: ModelTransaction, height: number, baseFee: bigint): string | undefined {
    const { from, nonce, lastHeight, maxFeePerUnit, tipPerUnit, transfers, isSigned, bytes } = transaction
    const units = BigInt(bytes + transfers.length * TRANSFER_UNITS)
    const balance = this.balances.get(from)
    if (!isSigned || balance === undefined || nonce !== (this.nonces.get(from) ?? 0)) return undefined
    if (lastHeight < height || maxFeePerUnit < baseFee || balance < units * maxFeePerUnit) return undefined
    let perUnit = baseFee + tipPerUnit
    if (perUnit > maxFeePerUnit) perUnit = maxFeePerUnit
    const base = units * baseFee
    this.nonces.set(from, nonce + 1)
    this.balances.set(from, balance - units * perUnit)
    this.tips += units * perUnit - base
    this.treasury += base - base / 2n
    this.burned += base / 2n
    return this.#transferAll(from, transfers) ? 'done' : 'LEDGER_FUNDS_SHORT'
  }

  /** The leader's account is one of those that exist. */
  endBlock(leader: string): void {
    this.balances.set(leader, (this.balances.get(leader) ?? 0n) + this.tips)
    this.tips = 0n
  }

  #transferAll(from: string, transfers: readonly ModelTransfer[]): boolean {
    const balances = new Map(this.balances)
    let opened = 0n
    for (const { to, amount } of transfers) {
      const price = balances.has(to) ? 0n : ACCOUNT_PRICE
      const left = (balances.get(from) ?? 0n) - price - amount
      if (left < 0n) return false
      opened += price
      balances.set(from, left)
      balances.set(to, (balances.get(to) ?? 0n) + amount)
    }
    this.balances = balances
    this.treasury += opened
    return true
  }
}
