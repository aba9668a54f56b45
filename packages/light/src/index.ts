export { type VerifyContext, verifyCertificate } from './certificate.ts'
export type { Anchor, FinalBlock } from './chain.ts'
export { LightClient, type LightClientModules, type LightClientOptions } from './light-client.ts'
export { verifyAccount, verifyReceipt, verifyState } from './proofs.ts'
