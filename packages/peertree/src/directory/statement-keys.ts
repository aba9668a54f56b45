import { NodeId } from '@borgios/core'
import {
  type Ed25519,
  type Genesis,
  type Invitation,
  type NodeCertificate,
  type Signer,
  signStatement,
  verifyNodeCertificate,
  verifyOperator,
  verifyStatement,
} from '@borgios/crypto'
import { DOWN_NOTICE, NODE_RECORD, type NodeRecord } from '@borgios/protocol'
import type { MemberRegister } from '../session/admission.ts'
import type { DirectoryKeys } from './directory-keys.ts'

export interface StatementKeysOptions {
  readonly ed25519: Ed25519
  readonly signer: Signer
  readonly genesis: Genesis
  readonly certificate: NodeCertificate
  readonly invitation: Invitation | undefined
  /** Who is a member. Without it all are whom a founder invited. */
  readonly register?: MemberRegister | undefined
}

/** {@link DirectoryKeys} over signed statements, and the register or the founders' chain of trust. */
export function statementKeys(options: StatementKeysOptions): DirectoryKeys {
  const { ed25519, signer, genesis, certificate, invitation, register } = options
  const { network, node } = certificate
  const stands = (check: () => void): boolean => {
    try {
      check()
      return true
    } catch {
      return false
    }
  }
  const standingOf = ({ node: whose, certificate: { operator } }: NodeRecord) => register?.standingOf(whose, operator)
  const hasRunOut = ({ certificate: { operator }, invitation: brought }: NodeRecord, timeOfDayMs: number): boolean =>
    brought !== undefined && brought.notAfterMs < timeOfDayMs && !genesis.founders.includes(operator)
  return {
    signRecord: ({ place, release, services, addresses, sequence }) =>
      signStatement(signer, NODE_RECORD, {
        network,
        node,
        place,
        release,
        services: [...services],
        addresses: [...addresses],
        sequence,
        certificate,
        ...(invitation === undefined ? {} : { invitation }),
      }),
    signNotice: ({ node: gone, sequence }) =>
      signStatement(signer, DOWN_NOTICE, { network, node: gone, sequence, by: node }),
    verifyRecord: (record, timeOfDayMs) =>
      record.network === network &&
      NodeId.is(record.node) &&
      stands(() => {
        const trust = { ed25519, genesis, network, nowMs: timeOfDayMs }
        verifyNodeCertificate(trust, record.certificate, record.node)
        // The register has judged it; its invitation may have run out since.
        if (standingOf(record) !== 'member') verifyOperator(trust, record.certificate.operator, record.invitation)
        verifyStatement(ed25519, NODE_RECORD, record, NodeId.toBytes(record.node))
      }),
    hasExpired: (record, timeOfDayMs) => {
      const standing = standingOf(record)
      if (standing === 'member') return false
      // What is newer than what this node knows is taken at its word until it knows better.
      if (standing === 'barred' || (standing === 'unknown' && register?.isBehind === false)) return true
      return hasRunOut(record, timeOfDayMs)
    },
    isFounder: (operator) => genesis.founders.includes(operator),
    verifyNotice: (notice) =>
      notice.network === network &&
      NodeId.is(notice.by) &&
      stands(() => verifyStatement(ed25519, DOWN_NOTICE, notice, NodeId.toBytes(notice.by))),
  }
}
