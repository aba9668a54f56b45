import type { Clock, NetworkId, NodeId, OperatorId } from '@borgios/core'
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
  /** Of one that came to us. `barred`: it claims to be a member, and is none for certain. */
  admit(claims: PeerClaims): Role | 'refused' | 'barred'
  /** Whether one that we dialed is a member. */
  isMember(claims: PeerClaims): boolean
}

/** `unknown`: it never joined, has left long ago, or joined later than this node knows. `barred`: it is a member no more. */
export type Standing = 'member' | 'unknown' | 'barred'

/** Port: a register of members that all nodes agree on, as this node knows it. */
export interface MemberRegister {
  standingOf(node: NodeId, operator: OperatorId): Standing
  /** Whether there may be much that this node does not know yet. */
  readonly isBehind: boolean
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
 * The rule of a network without a register: a node is a member if a founder, or an operator whom a founder invited, vouches
 * for it. Who claims to be a member and is not is refused, so that a wrong invitation is noticed; others are guests.
 */
export class FoundersAdmission implements Admission {
  readonly #options: FoundersAdmissionOptions

  constructor(options: FoundersAdmissionOptions) {
    this.#options = options
  }

  admit(claims: PeerClaims): Role | 'refused' {
    if (claims.network !== this.#options.network) return 'refused'
    if (claims.role === 'member') return this.isMember(claims) ? 'member' : 'refused'
    return this.#options.guests ? 'guest' : 'refused'
  }

  isMember({ network: named, node, certificate, invitation }: PeerClaims): boolean {
    const { ed25519, genesis, network, clock } = this.#options
    if (certificate === undefined || named !== network) return false
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

/**
 * The rule of a network with a register: a node is a member if it stands there with the operator that vouches for it. Nobody is let in on
 * credentials alone; but who is dialed may have joined since this node was last there, and is the way to learn of it.
 */
export class RegisterAdmission implements Admission {
  readonly #options: FoundersAdmissionOptions
  readonly #register: MemberRegister
  readonly #founders: FoundersAdmission

  constructor(options: FoundersAdmissionOptions, register: MemberRegister) {
    this.#options = options
    this.#register = register
    this.#founders = new FoundersAdmission(options)
  }

  admit(claims: PeerClaims): Role | 'refused' | 'barred' {
    if (claims.role === 'guest') return this.#founders.admit(claims)
    const standing = this.#standing(claims)
    if (standing === undefined) return 'refused'
    if (standing === 'unknown') return this.#register.isBehind ? 'refused' : 'barred'
    return standing
  }

  isMember(claims: PeerClaims): boolean {
    const standing = this.#standing(claims)
    return standing === 'member' || (standing === 'unknown' && this.#founders.isMember(claims))
  }

  /** Undefined for one with credentials that prove nothing. */
  #standing({ node, network: named, certificate }: PeerClaims): Standing | undefined {
    const { ed25519, genesis, network, clock } = this.#options
    if (named !== network || certificate === undefined) return undefined
    try {
      verifyNodeCertificate({ ed25519, genesis, network, nowMs: clock.nowMs() }, certificate, node)
    } catch {
      return undefined
    }
    return this.#register.standingOf(node, certificate.operator)
  }
}
