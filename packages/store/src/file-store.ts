import type { LentBytes, NodeId, ShardId } from '@borgios/core'
import type { Audits } from './audit/ports.ts'
import type { Coding } from './coding/coding.ts'
import type { StorageLeases } from './storage-leases.ts'

export type { Coding }

/** How far a put, get or check has come. */
export interface TransferProgress {
  readonly doneBytes: number
  /** Undefined while the size is not known. */
  readonly totalBytes: number | undefined
}

export interface PutOptions {
  /** Kept encrypted in the manifest, for whoever gets the file. */
  readonly name?: string
  /** When known beforehand, for progress. */
  readonly totalBytes?: number
  /** Defaults to the store's configured coding. */
  readonly coding?: Coding
  /** For how long it is to be paid for. Defaults to `limits.store.defaultLeaseMs`. */
  readonly keepForMs?: number
  /** Who pays for it, if not who pays for all puts of this store. */
  readonly leases?: StorageLeases
  readonly onProgress?: (progress: TransferProgress) => void
  readonly signal?: AbortSignal
}

export interface PutResult {
  /** The text that leads to the file. Whoever has it can read it; without it the shards are noise. */
  readonly capability: string
  readonly bytes: number
  readonly stripes: number
  readonly shards: number
  readonly coding: Coding
  /** Shards that found no node for now (a member failed meanwhile); repair will place them. 0 as a rule. */
  readonly missingShards: number
}

export interface GetOptions {
  readonly onProgress?: (progress: TransferProgress) => void
  readonly signal?: AbortSignal
}

export interface OpenedFile {
  readonly name: string | undefined
  readonly bytes: number
  /**
   * The verified, decrypted bytes in order, a stripe at a time; dispose of each when done with it (`for await (using part of …)`).
   * Throws in the middle if a stripe cannot be rebuilt.
   */
  readonly content: AsyncIterable<LentBytes>
}

/** Health of one file: each shard is counted once. */
export interface FileInfo {
  readonly name: string | undefined
  readonly bytes: number
  readonly coding: Coding
  readonly stripes: number
  readonly shards: number
  /** Shards held by nodes that answered (and, for a verification, read back and rehashed). */
  readonly presentShards: number
  readonly verified: boolean
  /** The smallest number of further shards that any stripe can lose and still be read; negative: unreadable now. */
  readonly spareShards: number
  readonly holders: readonly { readonly node: NodeId; readonly shards: number }[]
}

export interface InfoOptions {
  /** Ask every holder to read its shards from disk and hash them, not only to look them up. */
  readonly verify?: boolean
  readonly signal?: AbortSignal
}

export interface StoreStatus {
  readonly shards: number
  readonly bytes: number
  /** Stripes and manifest pages that lack shards and that this node, or one it told, is about to repair. */
  readonly repairsPending: number
  /** Such that cannot be repaired now: no further node is free, or too few of their shards can be reached. */
  readonly repairsWaiting: number
  readonly repairsDone: number
}

/** Files on the network: what gateway and command line use. */
export interface FileStore {
  /**
   * Stores a file of any size in bounded memory. Every shard is offered to a node; resolves once each stripe has at least one durable
   * shard more than it needs (`limits.store.minSpareShards`). What found no node is counted in `missingShards` and left to repair.
   */
  put(source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<PutResult>
  get(capability: string, options?: GetOptions): Promise<OpenedFile>
  info(capability: string, options?: InfoOptions): Promise<FileInfo>
  status(): StoreStatus
  /** How many bytes a shard has that this node itself holds; undefined for one that is not here. */
  heldBytes(shard: ShardId): number | undefined
  /** Checks of what others hold, for whoever pays for it. */
  readonly audits: Audits
  stop(): Promise<void>
}
