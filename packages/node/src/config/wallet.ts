import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Signer } from '@borgios/crypto'
import type { NodePaths } from './data-folder.ts'
import type { IdentityModules } from './identity.ts'
import type { NodeConfig } from './node-config.ts'
import { loadOrCreateSeed } from './secret-key.ts'

/** The seed of the user's account stands with the records of what the user owns. */
export const walletKeyIn = (recordsFolder: string): string => join(recordsFolder, 'wallet.key')

/** The key of the user's account, made on first use. Throws NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
export async function loadWallet(path: string, { ed25519, random }: IdentityModules): Promise<Signer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  return ed25519.signerFromSeed(await loadOrCreateSeed(path, random))
}

/** The folder of what the user of a node owns. */
export const recordsOf = ({ folder }: NodePaths, { records }: NodeConfig): string => resolve(folder, records)
