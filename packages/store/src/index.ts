export type * from './file-store.ts'
