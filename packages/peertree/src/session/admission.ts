import type { Clock, NetworkId, NodeId } from '@borgios/core'
import {
  type Ed25519,
  type Genesis,
  type Invitation,
  type NodeCertificate,
  verifyNodeCertificate,
  verifyOperator,
} from '@borgios/crypto'
import type { Role } from '../peer-network.ts'

/** What a peer says of itself in its hello. Only `node` is proved, by TLS. */
export interface PeerClaims {
  readonly node: NodeId
  readonly network: NetworkId
  readonly release: string
  /** As what it wants to be let in. */
  readonly role: Role
  readonly certificate: NodeCertificate | undefined
  readonly invitation: Invitation | undefined
}

/** Port: decides who gets in, and as what. */
export interface Admission {
  admit(claims: PeerClaims): Role | 'refused'
}

export interface FoundersAdmissionOptions {
  readonly ed25519: Ed25519
  readonly genesis: Genesis
  readonly network: NetworkId
  readonly clock: Clock
  /** Whether nodes and devices that are no members may come as guests. */
  readonly guests: boolean
}

/**
 * The rule until a ledger keeps the members: a node is a member if a founder, or an operator whom a founder invited, vouches
 * for it. Who claims to be a member and is not is refused, so that a wrong invitation is noticed; others are guests.
 */
export class FoundersAdmission implements Admission {
  readonly #options: FoundersAdmissionOptions

  constructor(options: FoundersAdmissionOptions) {
    this.#options = options
  }

  admit(claims: PeerClaims): Role | 'refused' {
    if (claims.network !== this.#options.network) return 'refused'
    if (claims.role === 'member') return this.#isMember(claims) ? 'member' : 'refused'
    return this.#options.guests ? 'guest' : 'refused'
  }

  #isMember({ node, certificate, invitation }: PeerClaims): boolean {
    if (certificate === undefined) return false
    const { ed25519, genesis, network, clock } = this.#options
    const trust = { ed25519, genesis, network, nowMs: clock.nowMs() }
    try {
      verifyNodeCertificate(trust, certificate, node)
      verifyOperator(trust, certificate.operator, invitation)
      return true
    } catch {
      return false
    }
  }
}
