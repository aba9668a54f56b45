import { type AccountPolicy, ByteReader, ByteWriter, majorityAccount, readPolicy, writePolicy } from '@borgios/protocol'
import { accountExists, notMajorityAccount } from '../../errors.ts'
import type { OperationType } from '../state-module.ts'
import { accountOf, accountTable } from './account-table.ts'

export const CREATE_MAJORITY_ACCOUNT = 2
export const ROTATE_POLICY = 3

const OPERATION_UNITS = 100

function decodePolicy(bytes: Uint8Array): AccountPolicy {
  const reader = new ByteReader(bytes)
  const policy = readPolicy(reader)
  reader.end()
  return policy
}

const policyBody = {
  encode: (policy: AccountPolicy): Uint8Array => writePolicy(new ByteWriter(), policy).finish(),
  decode: decodePolicy,
  units: (): number => OPERATION_UNITS,
}

/**
 * Makes the account that these keys name. Anybody may, for the opening price. What was sent to it before is there: nobody can have the one
 * key that a hash would be.
 */
export const createMajorityAccount: OperationType<AccountPolicy> = {
  kind: CREATE_MAJORITY_ACCOUNT,
  name: 'createMajorityAccount',
  ...policyBody,
  apply({ state, money, sender }, policy) {
    const id = majorityAccount(policy)
    money.open(id, sender)
    const account = accountOf(state, id)
    if (account === undefined || account.policy !== undefined) throw accountExists()
    state.set(accountTable, id, { ...account, policy })
  },
}

/** Other keys, or another number of them, for the sender from its next transaction on. Its 32 bytes stay. */
export const rotatePolicy: OperationType<AccountPolicy> = {
  kind: ROTATE_POLICY,
  name: 'rotatePolicy',
  ...policyBody,
  apply({ state, sender }, policy) {
    const account = accountOf(state, sender)
    if (account?.policy === undefined) throw notMajorityAccount()
    state.set(accountTable, sender, { ...account, policy })
  },
}
