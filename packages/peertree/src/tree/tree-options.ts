import type { NodeId, Random } from '@borgios/core'
import type { DirectoryKeys } from '../directory/directory-keys.ts'
import type { Role } from '../peer-network.ts'
import type { SelfDescription } from './tree-io.ts'

export interface TreeOptions {
  readonly self: NodeId
  /** What this node is to the network. A guest is a leaf that is told nothing of the tree. */
  readonly role: Role
  readonly about: SelfDescription
  /** Of the first own record. Must be higher than any used before a restart: the time of day in milliseconds will do. */
  readonly firstSequence: number
  readonly random: Random
  readonly keys: DirectoryKeys
  /** Children at most. Defaults to `limits.tree.degree`. */
  readonly degree?: number
}
