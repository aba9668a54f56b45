export {
  agreementKeyOf,
  ephemeralAgreement,
  type KeyAgreement,
  keyAgreementFromSeed,
  openSealed,
  SEAL_BYTES,
  sealOnce,
} from './key-agreement.ts'
export { sodiumEd25519 } from './sodium-ed25519.ts'
