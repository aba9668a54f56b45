import { NetworkId, type NodeId, OperatorId } from '@borgios/core'
import type { Invitation } from '@borgios/crypto'
import type { DirectoryKeys } from '@borgios/peertree'

export const simNetwork = NetworkId.fromBytes(new Uint8Array(32))
const founder = OperatorId.fromBytes(new Uint8Array(32).fill(1))
const invited = OperatorId.fromBytes(new Uint8Array(32).fill(2))

/** 86 characters that only the named node could have written, in a world where nobody forges. */
const signatureOf = (node: NodeId, what: string): string => {
  let hash = 0
  for (const char of `${node}${what}`) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0
  return `${hash >>> 0}`.padStart(86, 'A')
}

const invitationUntil = (notAfterMs: number): Invitation => ({
  network: simNetwork,
  operator: invited,
  founder,
  notAfterMs,
  signature: 'A'.repeat(86),
})

/** Signatures for simulations: cheap, deterministic, and wrong for whoever did not sign. Of a founder's node, or one invited for a time. */
export const fakeKeys = (node: NodeId, invitedUntilMs: number | undefined): DirectoryKeys => ({
  signRecord: ({ place, release, services, addresses, sequence }) => ({
    network: simNetwork,
    node,
    place,
    release,
    services: [...services],
    addresses: [...addresses],
    sequence,
    certificate: {
      network: simNetwork,
      node,
      operator: invitedUntilMs === undefined ? founder : invited,
      signature: signatureOf(node, 'certificate'),
    },
    ...(invitedUntilMs === undefined ? {} : { invitation: invitationUntil(invitedUntilMs) }),
    signature: signatureOf(node, `${sequence}`),
  }),
  signNotice: ({ node: gone, sequence }) => ({
    network: simNetwork,
    node: gone,
    sequence,
    by: node,
    signature: signatureOf(node, `${gone}${sequence}`),
  }),
  verifyRecord: (record) => record.signature === signatureOf(record.node, `${record.sequence}`),
  hasExpired: ({ invitation }, timeOfDayMs) => invitation !== undefined && invitation.notAfterMs < timeOfDayMs,
  isFounder: (operator) => operator === founder,
  verifyNotice: (notice) => notice.signature === signatureOf(notice.by, `${notice.node}${notice.sequence}`),
})
