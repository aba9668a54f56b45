import type { StateReader } from '../../state/state.ts'
import type { BlockContext } from '../state-module.ts'

/** What the registry says of a node. */
export interface ServingMember {
  /** 32 bytes: who answers for the node. */
  readonly operator: Uint8Array
  /** 32 bytes: the account that gets what it earns. */
  readonly account: Uint8Array
  /** Micro-units that it has at stake. */
  readonly deposit: bigint
  /** It may be given work and asked to audit. One that leaves is audited, and paid, for what it still has. */
  readonly isActive: boolean
  /** While it leaves: at the end of this epoch it is no member any more. Else 0. */
  readonly freeEpoch: number
}

/** What services ask of the registry of members. */
export interface MemberBook {
  /** Undefined for a node that never joined, has left, or was put out. */
  get(state: StateReader, node: Uint8Array): ServingMember | undefined
  /** Active members in the order of their keys. */
  active(state: StateReader): Iterable<readonly [Uint8Array, ServingMember]>
  /** Puts a member out for good and burns its deposit. */
  slash(context: BlockContext, node: Uint8Array): void
}

/** What the governors set. Amounts in micro-units, shares in millionths. */
export interface ServiceParameters {
  /** For a GiB and a day. */
  readonly storagePrice: bigint
  /** For a second of processor time. */
  readonly cpuPrice: bigint
  /** For a GiB of memory and a second. */
  readonly memoryPrice: bigint
  /** Of each payment for a service: burned. */
  readonly serviceBurnPpm: bigint
  /** Of each payment for a service: what may be minted for it at most. Counts only up to the burned share. */
  readonly subsidyPpm: bigint
  /** How much of a payment for storage counts for the emission. */
  readonly storageWeightPpm: bigint
  /** The same for compute: zero until results are verified. */
  readonly computeWeightPpm: bigint
  /** An epoch mints at most what is left to mint, divided by 2 to this power. */
  readonly emissionShift: number
  /** Of what an epoch mints: for one operator at most. */
  readonly operatorCapPpm: bigint
  /** Auditors of a node in an epoch. */
  readonly auditors: number
  /** Leaves an auditor asks a node for in an epoch. */
  readonly auditSamples: number
  /** An auditor that found less calls the node failed. */
  readonly passPpm: bigint
  /** Failed epochs in a row after which the deposit is gone. */
  readonly maxStrikes: number
  /** What an operator may grant to newcomers in an epoch, at most. */
  readonly grantAllowance: bigint
  /** The same as a share of the deposits of its nodes. */
  readonly grantPpm: bigint
}

/** Reads the parameters that hold in an epoch. */
export type ReadParameters = (context: { readonly state: StateReader; readonly epoch: number }) => ServiceParameters

/** What every module of services works with. */
export interface ServiceModules {
  readonly members: MemberBook
  readonly parameters: ReadParameters
}
