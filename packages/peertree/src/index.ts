export type * from './peer-network.ts'
