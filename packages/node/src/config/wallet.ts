import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Signer } from '@borgios/crypto'
import type { IdentityModules } from './identity.ts'
import { loadOrCreateSeed } from './secret-key.ts'

/** The seed of the user's account stands with the records of what the user owns. */
export const walletKeyIn = (recordsFolder: string): string => join(recordsFolder, 'wallet.key')

/** The key of the user's account, made on first use. Throws NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
export async function loadWallet(path: string, { ed25519, random }: IdentityModules): Promise<Signer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  return ed25519.signerFromSeed(await loadOrCreateSeed(path, random))
}
