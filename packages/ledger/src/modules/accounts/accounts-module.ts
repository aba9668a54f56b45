import { ACCOUNTS_MODULE } from '@borgios/protocol'
import type { StateModule } from '../state-module.ts'
import { accountTable } from './account-table.ts'
import { accountsGenesis } from './accounts-genesis.ts'
import { createMajorityAccount, rotatePolicy } from './majority.ts'
import { transfer } from './transfer.ts'

/** Who has how much, and which keys may move it. */
export const accountsModule: StateModule = {
  id: ACCOUNTS_MODULE,
  name: 'accounts',
  tables: [accountTable],
  operations: [transfer, createMajorityAccount, rotatePolicy],
  refusals: { LEDGER_ACCOUNT_EXISTS: 1, LEDGER_NOT_MAJORITY_ACCOUNT: 2 },
  onGenesis: accountsGenesis,
}
