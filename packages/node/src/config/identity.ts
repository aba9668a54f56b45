import { mkdir } from 'node:fs/promises'
import { type NetworkId, NodeId, OperatorId, type Random } from '@borgios/core'
import {
  type Ed25519,
  type Genesis,
  type Invitation,
  InvitationSchema,
  type NodeCertificate,
  NodeCertificateSchema,
  networkIdOf,
  parseGenesis,
  type Signer,
  signNodeCertificate,
} from '@borgios/crypto'
import { Type } from 'typebox'
import { foreignFolder, wrongFolder } from '../errors.ts'
import type { FoundingMember } from '../ledger/ledger-genesis.ts'
import { checkedFile } from './checked-file.ts'
import type { NodePaths } from './data-folder.ts'
import { defaultNodeConfig, nodeConfigFile } from './node-config.ts'
import { loadOrCreateSeed } from './secret-key.ts'

const genesisFile = checkedFile(Type.Unknown(), 'a genesis document')
const invitationFile = checkedFile(InvitationSchema, 'an invitation')
const certificateFile = checkedFile(NodeCertificateSchema, 'a node certificate')

/** Who a node is, and by whose word. */
export interface NodeIdentity {
  readonly genesis: Genesis
  readonly network: NetworkId
  readonly node: NodeId
  readonly operator: OperatorId
  readonly signer: Signer
  /** The node's secret, for what must derive a key of its own from it. */
  readonly seed: Uint8Array
  readonly certificate: NodeCertificate
  readonly invitation: Invitation | undefined
}

export interface IdentityModules {
  readonly ed25519: Ed25519
  readonly random: Random
}

/** The operator that a node folder has, with a key made on first use. */
export async function loadOperator(
  paths: NodePaths,
  modules: IdentityModules,
): Promise<{ id: OperatorId; signer: Signer }> {
  const signer = modules.ed25519.signerFromSeed(await loadOrCreateSeed(paths.operatorKey, modules.random))
  return { id: OperatorId.fromBytes(signer.publicKey), signer }
}

/** What a node brings into a network that begins with it; its keys are made if they are not there. */
export async function foundingMember(paths: NodePaths, modules: IdentityModules): Promise<FoundingMember> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 })
  const node = modules.ed25519.signerFromSeed(await loadOrCreateSeed(paths.nodeKey, modules.random))
  const operator = await loadOperator(paths, modules)
  const { capacityBytes } = (await nodeConfigFile.read(paths.config)) ?? defaultNodeConfig
  return { node: node.publicKey, operator: operator.signer.publicKey, capacityBytes }
}

export async function readGenesis(paths: NodePaths): Promise<Genesis | undefined> {
  const value = await genesisFile.read(paths.genesis)
  return value === undefined ? undefined : parseGenesis(value)
}

/** Gives a node folder its network. Throws NODE_FOREIGN_FOLDER when it already belongs to another one. */
export async function enterNetwork(
  paths: NodePaths,
  genesis: Genesis,
  invitation: Invitation | undefined,
): Promise<void> {
  const present = await readGenesis(paths)
  if (present !== undefined && networkIdOf(present) !== networkIdOf(genesis)) {
    throw foreignFolder(
      `${paths.folder} belongs to the network "${present.name}" (${networkIdOf(present)}), not to "${genesis.name}" ` +
        `(${networkIdOf(genesis)}). Give this node a folder of its own: --data OTHER-FOLDER`,
    )
  }
  if (present === undefined) await genesisFile.write(paths.genesis, genesis)
  if (invitation !== undefined) await invitationFile.write(paths.invitation, invitation)
}

/** The network a node folder belongs to. Throws NODE_WRONG_FOLDER when there is none. */
export async function assertNetwork(paths: NodePaths): Promise<Genesis> {
  const genesis = await readGenesis(paths)
  if (genesis !== undefined) return genesis
  throw wrongFolder(
    `${paths.folder} belongs to no network yet. Join one with --invitation FILE, or begin one with --found NAME or "borgios up"`,
  )
}

/** As what a node may hope to come: whoever brings neither a founder's word nor a founder's key is a guest. */
export const roleOf = ({
  invitation,
  genesis,
  operator,
}: Pick<NodeIdentity, 'invitation' | 'genesis' | 'operator'>): 'member' | 'guest' =>
  invitation !== undefined || genesis.founders.includes(operator) ? 'member' : 'guest'

/** Reads who this node is; keys and certificate are made on first use. Throws NODE_WRONG_FOLDER when it has no network. */
export async function loadIdentity(paths: NodePaths, modules: IdentityModules): Promise<NodeIdentity> {
  const genesis = await assertNetwork(paths)
  const network = networkIdOf(genesis)
  const seed = await loadOrCreateSeed(paths.nodeKey, modules.random)
  const signer = modules.ed25519.signerFromSeed(seed)
  const node = NodeId.fromBytes(signer.publicKey)
  const operator = await loadOperator(paths, modules)
  let certificate = await certificateFile.read(paths.certificate)
  if (certificate?.node !== node || certificate.network !== network || certificate.operator !== operator.id) {
    certificate = signNodeCertificate(operator.signer, { network, node, operator: operator.id })
    await certificateFile.write(paths.certificate, certificate)
  }
  const invitation = await invitationFile.read(paths.invitation)
  return { genesis, network, node, operator: operator.id, signer, seed, certificate, invitation }
}
