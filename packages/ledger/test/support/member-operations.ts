import type { Operation } from '@borgios/protocol'
import { consentBytes, encodeJoin, JOIN, type Join, type JoinTerms } from '../../src/modules/members/join.ts'
import { MEMBERS_MODULE } from '../../src/modules/members/members-module.ts'
import { DRAIN, drain, LEAVE, leave, UPDATE, type Update, update } from '../../src/modules/members/membership.ts'
import { fakeEd25519, NETWORK, named, OFFER } from './small-ledger.ts'

const sign = (key: Uint8Array, terms: JoinTerms, network: Uint8Array): Uint8Array =>
  fakeEd25519.signerFromSeed(key).sign(consentBytes(network, terms))

/** What `operator` and `node` agree to; earnings go to the operator. */
export const termsOf = (node: string, operator: string, changes: Partial<JoinTerms> = {}): JoinTerms => ({
  node: named(node),
  operator: named(operator),
  account: named(operator),
  sponsor: undefined,
  untilEpoch: 100,
  ...OFFER,
  ...changes,
})

/** Terms that both have signed. */
export const agreed = (terms: JoinTerms, network = NETWORK): Join => ({
  ...terms,
  nodeSignature: sign(terms.node, terms, network),
  operatorSignature: terms.sponsor === undefined ? undefined : sign(terms.operator, terms, network),
})

const operation = (kind: number, body: Uint8Array): Operation => ({ module: MEMBERS_MODULE, kind, body })

export const joinOf = (join: Join): Operation => operation(JOIN, encodeJoin(join))
export const updateOf = (body: Update): Operation => operation(UPDATE, update.encode(body))
export const drainOf = (node: string, isDraining: boolean): Operation =>
  operation(DRAIN, drain.encode({ node: named(node), isDraining }))
export const leaveOf = (node: string): Operation => operation(LEAVE, leave.encode(named(node)))
