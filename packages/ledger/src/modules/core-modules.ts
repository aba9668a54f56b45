import { accountsModule } from './accounts/accounts-module.ts'
import { chainModule } from './chain/chain-module.ts'
import type { MembersOptions } from './members/join.ts'
import { membersModule } from './members/members-module.ts'
import { parametersModule } from './parameters/parameters-module.ts'
import type { StateModule } from './state-module.ts'
import { supplyModule } from './supply/supply-module.ts'

/** What every network has, in the order in which it acts: the others' genesis asks for parameters, deposits come from accounts. */
export const coreModules = (options: MembersOptions): StateModule[] => [
  parametersModule,
  supplyModule,
  accountsModule,
  chainModule,
  membersModule(options),
]
