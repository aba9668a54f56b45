import { type Genesis, parseGenesis } from '@borgios/crypto'
import { isNetworkFolder } from '../client/find-daemon.ts'
import { networkPaths, nodePaths } from '../config/data-folder.ts'
import { assertNetwork } from '../config/identity.ts'
import { networkFile } from '../config/network-file.ts'
import { nodeConfigFile } from '../config/node-config.ts'
import { loadSeed } from '../config/secret-key.ts'
import { recordsOf, walletKeyIn } from '../config/wallet.ts'
import { wrongFolder } from '../errors.ts'

// What the user of a data folder has in it, whether or not a daemon runs.

/** The folder of what the user owns. */
export async function recordsIn(folder: string): Promise<string> {
  if (await isNetworkFolder(folder)) return networkPaths(folder).records
  const config = await nodeConfigFile.read(nodePaths(folder).config)
  return config === undefined ? networkPaths(folder).records : recordsOf(nodePaths(folder), config)
}

/** Throws NODE_WRONG_FOLDER when the folder has no wallet, NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
export async function walletSeedIn(folder: string): Promise<Uint8Array> {
  const path = walletKeyIn(await recordsIn(folder))
  const seed = await loadSeed(path)
  if (seed !== undefined) return seed
  throw wrongFolder(`there is no wallet at ${path}: "borgios up" or "borgios node start" makes one with the network`)
}

/** The document of the network that the folder belongs to. Throws NODE_WRONG_FOLDER when it belongs to none, NODE_FILE_INVALID. */
export async function genesisIn(folder: string): Promise<Genesis> {
  const network = await networkFile.read(networkPaths(folder).network)
  return network === undefined ? assertNetwork(nodePaths(folder)) : parseGenesis(network.genesis)
}
