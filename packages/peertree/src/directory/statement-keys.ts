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
import { DOWN_NOTICE, NODE_RECORD } from '@borgios/protocol'
import type { DirectoryKeys } from './directory-keys.ts'

export interface StatementKeysOptions {
  readonly ed25519: Ed25519
  readonly signer: Signer
  readonly genesis: Genesis
  readonly certificate: NodeCertificate
  readonly invitation: Invitation | undefined
}

/** {@link DirectoryKeys} over signed statements and the founders' chain of trust. */
export function statementKeys(options: StatementKeysOptions): DirectoryKeys {
  const { ed25519, signer, genesis, certificate, invitation } = options
  const { network, node } = certificate
  const stands = (check: () => void): boolean => {
    try {
      check()
      return true
    } catch {
      return false
    }
  }
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
        verifyOperator(trust, record.certificate.operator, record.invitation)
        verifyStatement(ed25519, NODE_RECORD, record, NodeId.toBytes(record.node))
      }),
    hasExpired: ({ certificate: { operator }, invitation: brought }, timeOfDayMs) =>
      brought !== undefined && brought.notAfterMs < timeOfDayMs && !genesis.founders.includes(operator),
    isFounder: (operator) => genesis.founders.includes(operator),
    verifyNotice: (notice) =>
      notice.network === network &&
      NodeId.is(notice.by) &&
      stands(() => verifyStatement(ed25519, DOWN_NOTICE, notice, NodeId.toBytes(notice.by))),
  }
}
