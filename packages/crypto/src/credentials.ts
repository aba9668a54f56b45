import { type NodeId, OperatorId } from '@borgios/core'
import type { Static } from 'typebox'
import type { Ed25519, Signer } from './ed25519.ts'
import { badCredentials } from './errors.ts'
import type { Genesis } from './genesis.ts'
import {
  CounterSchema,
  NetworkIdSchema,
  NodeIdSchema,
  OperatorIdSchema,
  SignatureSchema,
  strictObject,
} from './schema.ts'
import { type Signed, signStatement, verifyStatement } from './statement.ts'

const INVITATION = 'invitation/1'
const NODE_CERTIFICATE = 'node-certificate/1'

/** A founder's word that an operator may bring nodes into the network. */
export const InvitationSchema = strictObject({
  network: NetworkIdSchema,
  operator: OperatorIdSchema,
  founder: OperatorIdSchema,
  notAfterMs: CounterSchema,
  signature: SignatureSchema,
})
export type Invitation = Static<typeof InvitationSchema>

/** An operator's word that a node is theirs. */
export const NodeCertificateSchema = strictObject({
  network: NetworkIdSchema,
  node: NodeIdSchema,
  operator: OperatorIdSchema,
  signature: SignatureSchema,
})
export type NodeCertificate = Static<typeof NodeCertificateSchema>

type Unsigned<Statement extends { readonly signature: string }> = Omit<Statement, 'signature'>

export const signInvitation = (founder: Signer, body: Unsigned<Invitation>): Invitation =>
  signStatement(founder, INVITATION, body) satisfies Signed<Unsigned<Invitation>>

export const signNodeCertificate = (operator: Signer, body: Unsigned<NodeCertificate>): NodeCertificate =>
  signStatement(operator, NODE_CERTIFICATE, body) satisfies Signed<Unsigned<NodeCertificate>>

export interface Trust {
  readonly ed25519: Ed25519
  readonly genesis: Genesis
  readonly network: NodeCertificate['network']
  readonly nowMs: number
}

/** Checks that the operator vouches for this node in this network. Throws CRYPTO_BAD_CREDENTIALS. */
export function verifyNodeCertificate(trust: Trust, certificate: NodeCertificate, node: NodeId): void {
  if (certificate.network !== trust.network) throw badCredentials('the certificate is for another network')
  if (certificate.node !== node) throw badCredentials('the certificate is for another node')
  check(trust.ed25519, NODE_CERTIFICATE, certificate, certificate.operator)
}

/**
 * Checks that an operator may bring nodes in: a founder may, and whoever holds a founder's invitation that has not run out.
 * Throws CRYPTO_BAD_CREDENTIALS.
 */
export function verifyOperator(trust: Trust, operator: OperatorId, invitation: Invitation | undefined): void {
  if (trust.genesis.founders.includes(operator)) return
  if (invitation === undefined) throw badCredentials('the operator is no founder and brings no invitation')
  if (invitation.network !== trust.network) throw badCredentials('the invitation is for another network')
  if (invitation.operator !== operator) throw badCredentials('the invitation is for another operator')
  if (!trust.genesis.founders.includes(invitation.founder)) throw badCredentials('the invitation is not from a founder')
  if (invitation.notAfterMs < trust.nowMs) throw badCredentials('the invitation has run out')
  check(trust.ed25519, INVITATION, invitation, invitation.founder)
}

function check(ed25519: Ed25519, kind: string, statement: Invitation | NodeCertificate, by: OperatorId): void {
  try {
    verifyStatement(ed25519, kind, statement, OperatorId.toBytes(by))
  } catch (cause) {
    throw badCredentials(`the signature of this ${kind} does not stand`, cause)
  }
}
