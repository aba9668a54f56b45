import { mkdir } from 'node:fs/promises'
import { relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, encodeBase32, formatCount, HOUR_MS, limits, OperatorId } from '@borgios/core'
import { type Genesis, type Invitation, networkIdOf, parseGenesis, type Signer, signInvitation } from '@borgios/crypto'
import { isPortFree, pickPort } from '../adapters/index.ts'
import { keepCheckpoint, readCheckpoint } from '../config/checkpoint-file.ts'
import { embeddedNodeFolder, networkPaths, nodePaths } from '../config/data-folder.ts'
import { enterNetwork, foundingMember, type IdentityModules, loadOperator } from '../config/identity.ts'
import { rememberInvited } from '../config/invited.ts'
import { type NetworkFile, networkFile } from '../config/network-file.ts'
import {
  DEFAULT_PORT,
  defaultNodeConfig,
  EMBEDDED_DEGREE,
  type NodeConfig,
  nodeConfigFile,
} from '../config/node-config.ts'
import { loadOrCreateSeed } from '../config/secret-key.ts'
import { loadWallet, walletKeyIn } from '../config/wallet.ts'
import { RELEASE } from '../daemon/release.ts'
import { usageError, wrongFolder } from '../errors.ts'
import { type FoundingMember, type GenesisPlan, ledgerGenesis, readLedgerGenesis } from '../ledger/ledger-genesis.ts'

export interface EmbeddedOptions {
  readonly folder: string
  /** Undefined: as many as before, 5 at first. */
  readonly nodes: number | undefined
  readonly degree: number | undefined
  readonly host: string | undefined
}

export interface PrepareModules extends IdentityModules {
  readonly clock: Clock
}

export const DEFAULT_EMBEDDED_NODES = 5
const LOOPBACK = '127.0.0.1'
const NETWORK_NAME = 'borgios'

/**
 * Makes or grows the folder of an embedded network: founder, genesis, and for each node its keys, operator, invitation and
 * configuration. Safe to repeat. Throws NODE_USAGE for a wish that does not fit the network that is there.
 */
export async function prepareNetwork(options: EmbeddedOptions, modules: PrepareModules): Promise<NetworkFile> {
  const paths = networkPaths(options.folder)
  const before = await networkFile.read(paths.network)
  if (before === undefined) await assertNoNode(options.folder)
  await mkdir(paths.records, { recursive: true, mode: 0o700 })
  const seed = await loadOrCreateSeed(paths.founderKey, modules.random)
  const founder = modules.ed25519.signerFromSeed(seed)
  const network = before === undefined ? await foundNetwork(options, founder, modules) : growNetwork(options, before)
  if (JSON.stringify(before) !== JSON.stringify(network)) await networkFile.write(paths.network, network)
  const genesis = parseGenesis(network.genesis)
  const founding = genesis.ledger === undefined ? [] : readLedgerGenesis(genesis.ledger).members
  for (let index = 1; index <= network.nodes; index += 1) {
    const invitation = await enterNode(options.folder, index, genesis, founder, modules)
    // Those that came later are vouched for by the others.
    const { operator, notAfterMs } = invitation
    if (index > founding.length) await rememberInvited(paths.records, { version: 1, operator, nodes: 1, notAfterMs })
  }
  return network
}

/** The genesis of a new network with one founder, whose ledger begins with these members. `wallet` is the maker's account. */
export function newGenesis(
  name: string,
  founder: Signer,
  { members, wallet }: Pick<GenesisPlan, 'members' | 'wallet'>,
  { random, clock }: PrepareModules,
): Genesis {
  const founders = [OperatorId.fromBytes(founder.publicKey)]
  const governor = founder.publicKey
  const ledger = ledgerGenesis({ nowMs: clock.nowMs(), release: RELEASE, governor, wallet, members })
  return parseGenesis({ version: 1, name, random: encodeBase32(random.bytes(32)), founders, ledger })
}

async function assertNoNode(folder: string): Promise<void> {
  if ((await nodeConfigFile.read(nodePaths(folder).config)) === undefined) return
  throw wrongFolder(`${folder} is the folder of a single node: start it with "borgios node start"`)
}

async function foundNetwork(
  { folder, nodes = DEFAULT_EMBEDDED_NODES, degree = EMBEDDED_DEGREE, host = LOOPBACK }: EmbeddedOptions,
  founder: Signer,
  modules: PrepareModules,
): Promise<NetworkFile> {
  const members: FoundingMember[] = []
  for (let index = 1; index <= nodes; index += 1) {
    members.push(await foundingMember(nodePaths(embeddedNodeFolder(folder, index)), modules))
  }
  const wallet = (await loadWallet(walletKeyIn(networkPaths(folder).records), modules)).publicKey
  const genesis = newGenesis(NETWORK_NAME, founder, { members, wallet }, modules)
  return { version: 1, genesis, nodes, degree, host }
}

function growNetwork(options: EmbeddedOptions, before: NetworkFile): NetworkFile {
  const { nodes = before.nodes, degree = before.degree, host = before.host } = options
  if (nodes < before.nodes) {
    throw usageError(
      `this network has ${formatCount(before.nodes, 'node')}, and taking some away would take their shards: say --nodes ${before.nodes} or more`,
    )
  }
  if (degree !== before.degree) throw usageError(`this network was made with degree ${before.degree}, which stays`)
  return { ...before, nodes, host }
}

async function enterNode(
  networkFolder: string,
  index: number,
  genesis: Genesis,
  founder: Signer,
  modules: PrepareModules,
): Promise<Invitation> {
  const paths = nodePaths(embeddedNodeFolder(networkFolder, index))
  await mkdir(paths.folder, { recursive: true, mode: 0o700 })
  const operator = await loadOperator(paths, modules)
  const invitation = signInvitation(founder, {
    network: networkIdOf(genesis),
    operator: operator.id,
    founder: OperatorId.fromBytes(founder.publicKey),
    notAfterMs: modules.clock.nowMs() + limits.node.invitationDays * 24 * HOUR_MS,
  })
  await enterNetwork(paths, genesis, invitation)
  // All nodes here are of one user: what the first one knows of the ledger the others may believe.
  const first = await readCheckpoint(nodePaths(embeddedNodeFolder(networkFolder, 1)), networkIdOf(genesis))
  if (first !== undefined) await keepCheckpoint(paths, networkIdOf(genesis), first)
  return invitation
}

/**
 * Configurations of all nodes, with ports that are free: the remembered one, else the default, else any. A node in `running`
 * keeps its own. Each knows the addresses of all others.
 */
export async function configureNodes(
  folder: string,
  network: NetworkFile,
  running: ReadonlySet<number>,
): Promise<void> {
  const configs = new Map<number, NodeConfig>()
  const onDisk = new Map<number, NodeConfig | undefined>()
  const taken = new Set<number>()
  for (let index = 1; index <= network.nodes; index += 1) {
    const before = await nodeConfigFile.read(nodePaths(embeddedNodeFolder(folder, index)).config)
    const port = await portFor(index, before?.port ?? 0, network.host, running.has(index), taken)
    taken.add(port)
    onDisk.set(index, before)
    configs.set(index, { ...embeddedConfig(folder, index, network, before), port })
  }
  for (const [index, config] of configs) {
    const others = [...configs].filter(([other]) => other !== index).map(([, other]) => other.port)
    const join = others
      .slice(0, limits.node.maxJoinAddresses)
      .map((port) => `/ip4/${dialHost(network.host)}/tcp/${port}`)
    const wished = { ...config, join }
    if (isDeepStrictEqual(wished, onDisk.get(index))) continue
    await nodeConfigFile.write(nodePaths(embeddedNodeFolder(folder, index)).config, wished)
  }
}

/** Where to dial a node of this machine that listens on `host`. */
const dialHost = (host: string): string => (host === '0.0.0.0' ? LOOPBACK : host)

async function portFor(
  index: number,
  before: number,
  host: string,
  isRunning: boolean,
  taken: ReadonlySet<number>,
): Promise<number> {
  if (before !== 0 && (isRunning || (!taken.has(before) && (await isPortFree(host, before))))) return before
  return pickPort(host, DEFAULT_PORT + index - 1, 1, taken)
}

/** What the network decides for its node; the rest stays as its owner set it. */
function embeddedConfig(
  folder: string,
  index: number,
  { host, degree }: NetworkFile,
  before: NodeConfig | undefined,
): NodeConfig {
  const records = relative(embeddedNodeFolder(folder, index), networkPaths(folder).records)
  return { ...defaultNodeConfig, place: `embedded/${index}`, ...before, host, degree, records }
}
