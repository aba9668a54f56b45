import type { Clock, Logger, NetworkId, Random, Timers } from '@borgios/core'
import type { Ed25519, Genesis, Invitation, NodeCertificate, Signer } from '@borgios/crypto'
import type { AddressBook } from './address-book.ts'
import type { Engine } from './engine/engine.ts'
import type { Role } from './peer-network.ts'
import type { Admission, MemberRegister } from './session/admission.ts'
import type { Introduction } from './session/handshake.ts'

export interface PeerTreeOptions {
  readonly genesis: Genesis
  /** Why this node is a member. Without one it is a guest. */
  readonly certificate?: NodeCertificate | undefined
  /** For a member whose operator is no founder. */
  readonly invitation?: Invitation | undefined
  /** Whether others may come as guests. Defaults to true. */
  readonly guests?: boolean
  readonly place: string
  readonly release: string
  readonly services: readonly string[]
  /** Children at most. Defaults to `limits.tree.degree`. */
  readonly degree?: number
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/7400`; port 0 lets the system choose. */
  readonly listen: readonly string[]
  /** Multiaddrs told to others. Defaults to those it listens on. */
  readonly announce?: readonly string[]
  /** Addresses to join through. Without any, and an empty address book, this node is the first of its network. */
  readonly contacts: readonly string[]
}

export interface PeerTreeModules {
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly addressBook?: AddressBook
  /** Who is a member; without it {@link FoundersAdmission} decides on credentials alone. */
  readonly register?: MemberRegister
  /** Defaults to {@link RegisterAdmission} where there is a register, else to {@link FoundersAdmission}. */
  readonly admission?: Admission
  /** Defaults to libp2p over TCP. */
  readonly engine?: Engine
}

/** What a node says of itself: who comes as a guest shows no credentials. */
export function introductionOf(
  { release, certificate, invitation }: PeerTreeOptions,
  network: NetworkId,
  role: Role,
  addresses: () => readonly string[],
): Introduction {
  const about = { network, release, role, addresses }
  if (role === 'guest') return { ...about, certificate: undefined, invitation: undefined }
  return { ...about, certificate, invitation }
}
