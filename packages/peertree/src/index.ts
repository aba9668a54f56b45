export type { AddressBook } from './address-book.ts'
export type { PeerTreeCounters } from './counters.ts'
export type { DirectoryKeys, RecordFields } from './directory/directory-keys.ts'
export { type StatementKeysOptions, statementKeys } from './directory/statement-keys.ts'
export { assertDialable } from './engine/dial-targets.ts'
export type { ByteStream, ByteStreamListener, Connection, Engine, EngineEvents } from './engine/engine.ts'
export { Libp2pEngine, type Libp2pEngineModules, type Libp2pEngineOptions } from './engine/libp2p-engine.ts'
export { libp2pOptions } from './engine/libp2p-options.ts'
export * from './peer-network.ts'
export { createPeerTree, PeerTree } from './peer-tree.ts'
export type { PeerTreeModules, PeerTreeOptions } from './peer-tree-options.ts'
export {
  type Admission,
  FoundersAdmission,
  type FoundersAdmissionOptions,
  type MemberRegister,
  type PeerClaims,
  RegisterAdmission,
  type Standing,
} from './session/admission.ts'
export { step } from './tree/step.ts'
export { TokenBucket } from './tree/token-bucket.ts'
export type { Moment, SelfDescription, Target, TreeEffect, TreeEvent } from './tree/tree-io.ts'
export type { TreeOptions } from './tree/tree-options.ts'
export { createTree, membersOf, positionOf, type TreeState } from './tree/tree-state.ts'
