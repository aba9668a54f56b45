import { type JsonValue, limits } from '@borgios/core'
import { AccountIdSchema, accountBytesOf, strictObject } from '@borgios/crypto'
import { Type } from 'typebox'
import { genesisInvalid } from '../../errors.ts'
import { AmountSchema, genesisCheck, orGenesisInvalid } from '../genesis-part.ts'
import type { BlockContext } from '../state-module.ts'
import { accountOf, accountTable } from './account-table.ts'

const check = genesisCheck(
  'accounts',
  Type.Array(strictObject({ account: AccountIdSchema, balance: AmountSchema }), {
    maxItems: limits.ledgerMoney.maxGenesisAccounts,
  }),
)

/** Mints what the first accounts have. They cost no opening. */
export function accountsGenesis(context: BlockContext, part: JsonValue | undefined): void {
  const seen = new Set<string>()
  for (const { account, balance } of part === undefined ? [] : check(part)) {
    if (seen.has(account)) throw genesisInvalid(`the account ${account} is there twice`)
    seen.add(account)
    orGenesisInvalid(() => fund(context, accountBytesOf(account), BigInt(balance)))
  }
}

function fund({ state, money }: BlockContext, account: Uint8Array, amount: bigint): void {
  money.mint(amount)
  const there = accountOf(state, account) ?? { balance: 0n, nonce: 0, policy: undefined }
  state.set(accountTable, account, { ...there, balance: there.balance + amount })
}
