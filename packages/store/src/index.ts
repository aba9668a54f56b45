export { createFileStore, type FileStoreModules, type FileStoreOptions } from './create-file-store.ts'
export type * from './file-store.ts'
export type { RepairTimings } from './repair/repair-timings.ts'
export { CodecPool } from './workers/codec-pool.ts'
