import { assert } from '@borgios/core'
import { type Member, memberOf, memberTable } from '../members/member.ts'
import { type ParameterContext, parameter } from '../parameters/parameter-table.ts'
import type { ServiceModules, ServiceParameters, ServingMember } from './service-ports.ts'

/** One that leaves is answerable as long as its deposit is here: it cannot leave its audits behind. */
const servingMember = ({ state, operator, account, deposit, freeEpoch }: Member): ServingMember | undefined =>
  state === 'slashed' ? undefined : { operator, account, deposit, isActive: state === 'active', freeEpoch }

function parameters(context: ParameterContext): ServiceParameters {
  const share = (name: Parameters<typeof parameter>[1]): bigint => BigInt(parameter(context, name))
  return {
    storagePrice: parameter(context, 'storagePrice'),
    cpuPrice: parameter(context, 'cpuPrice'),
    memoryPrice: parameter(context, 'memoryPrice'),
    serviceBurnPpm: share('serviceBurnPpm'),
    subsidyPpm: share('subsidyPpm'),
    storageWeightPpm: share('storageWeightPpm'),
    computeWeightPpm: share('computeWeightPpm'),
    emissionShift: parameter(context, 'emissionShift'),
    operatorCapPpm: share('operatorCapPpm'),
    auditors: parameter(context, 'auditors'),
    auditSamples: parameter(context, 'auditSamples'),
    passPpm: share('passPpm'),
    maxStrikes: parameter(context, 'maxStrikes'),
    grantAllowance: parameter(context, 'grantAllowance'),
    grantPpm: share('grantPpm'),
  }
}

/** The registry of members and the parameters of the state, as services ask for them. */
export const ledgerServices: ServiceModules = {
  parameters,
  members: {
    get(state, node) {
      const member = memberOf(state, node)
      return member === undefined ? undefined : servingMember(member)
    },
    *active(state) {
      for (const [node, member] of state.list(memberTable)) {
        const serving = servingMember(member)
        if (serving?.isActive === true) yield [node, serving]
      }
    },
    slash({ state, money }, node) {
      const member = memberOf(state, node)
      assert(member !== undefined, 'only members are slashed')
      state.set(memberTable, node, { ...member, state: 'slashed', deposit: 0n, freeEpoch: 0 })
      money.burn(member.deposit)
    },
  },
}
