import { decodeBase64Url, encodeBase64Url, NetworkId, NodeId, OperatorId } from '@borgios/core'
import {
  type Ed25519,
  type Genesis,
  type Invitation,
  type NodeCertificate,
  networkIdOf,
  type Signer,
  signStatement,
  verifyNodeCertificate,
  verifyOperator,
  verifyStatement,
} from '@borgios/crypto'
import { consentBytes, encodeJoin, JOIN, type JoinTerms, MEMBERS_MODULE } from '@borgios/ledger'
import type { Application, Operation } from '@borgios/protocol'
import { applicationRefused } from '../errors.ts'

const APPLICATION = 'member-application/1'

/** What a node says in its application, beside its signatures. */
export type ApplicationTerms = { readonly invitation?: Invitation | undefined } & Pick<
  Application,
  'certificate' | 'sponsor' | 'wallet' | 'capacityBytes' | 'cores' | 'release' | 'untilEpoch'
>

export interface ApplicationKeys {
  readonly node: Signer
  readonly operator: Signer
}

/** An application that its sponsor can take to the ledger and nobody can change. */
export function signApplication(terms: ApplicationTerms, { node, operator }: ApplicationKeys): Application {
  const { network } = terms.certificate
  const consent = consentBytes(NetworkId.toBytes(network), joinTermsOf(terms))
  const { invitation, ...others } = terms
  return signStatement(operator, APPLICATION, {
    ...others,
    ...(invitation === undefined ? {} : { invitation }),
    network,
    nodeSignature: encodeBase64Url(node.sign(consent)),
    operatorSignature: encodeBase64Url(operator.sign(consent)),
  })
}

export interface ApplicationTrust {
  readonly ed25519: Ed25519
  readonly genesis: Genesis
  readonly nowMs: number
}

/** Checks that a founder invited the operator, and that it and the node agree. Throws NODE_APPLICATION_REFUSED. */
export function checkApplication({ ed25519, genesis, nowMs }: ApplicationTrust, application: Application): void {
  const { certificate, invitation, nodeSignature, operatorSignature } = application
  const network = networkIdOf(genesis)
  const operator = OperatorId.toBytes(certificate.operator)
  try {
    const trust = { ed25519, genesis, network, nowMs }
    verifyNodeCertificate(trust, certificate, certificate.node)
    verifyOperator(trust, certificate.operator, invitation)
    verifyStatement(ed25519, APPLICATION, application, operator)
  } catch (cause) {
    throw applicationRefused(`the application does not stand: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    })
  }
  const consent = consentBytes(NetworkId.toBytes(network), joinTermsOf(application))
  const isAgreed =
    ed25519.verify(consent, bytesOf(nodeSignature), NodeId.toBytes(certificate.node)) &&
    ed25519.verify(consent, bytesOf(operatorSignature), operator)
  if (!isAgreed) throw applicationRefused('the node or its operator has not signed what the ledger asks for')
}

/** The ledger's operation that makes the applicant a member. Its sponsor's operator sends it. */
export const joinOperationOf = (application: Application): Operation => ({
  module: MEMBERS_MODULE,
  kind: JOIN,
  body: encodeJoin({
    ...joinTermsOf(application),
    nodeSignature: bytesOf(application.nodeSignature),
    operatorSignature: bytesOf(application.operatorSignature),
  }),
})

/** What the node earns goes to its operator, who pays for its duties. */
function joinTermsOf({ certificate, sponsor, capacityBytes, cores, release, untilEpoch }: ApplicationTerms): JoinTerms {
  const operator = OperatorId.toBytes(certificate.operator)
  const offer = { account: operator, capacityBytes, cores, release }
  return { node: NodeId.toBytes(certificate.node), operator, sponsor: NodeId.toBytes(sponsor), untilEpoch, ...offer }
}

const bytesOf = (signature: NodeCertificate['signature'] | Invitation['signature']): Uint8Array =>
  decodeBase64Url(signature) ?? new Uint8Array()
