import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { HOUR_MS, OperatorId } from '@borgios/core'
import { systemRandom } from '@borgios/core/adapters'
import { type Genesis, networkIdOf, nobleEd25519, parseGenesis, type Signer, signInvitation } from '@borgios/crypto'
import { findDaemon } from '../../client/find-daemon.ts'
import { checkpointText, readCheckpoint } from '../../config/checkpoint-file.ts'
import { embeddedNodeFolder, networkPaths, nodePaths } from '../../config/data-folder.ts'
import { loadOperator, readGenesis } from '../../config/identity.ts'
import { rememberInvited } from '../../config/invited.ts'
import { joinTextJson } from '../../config/join-text.ts'
import { networkFile } from '../../config/network-file.ts'
import { defaultNodeConfig, nodeConfigFile } from '../../config/node-config.ts'
import { loadSeed } from '../../config/secret-key.ts'
import { recordsOf } from '../../config/wallet.ts'
import { notFounder, usageError, wrongFolder } from '../../errors.ts'
import { quoteWord, withCommandLines } from '../command-line.ts'
import { type CliContext, commandElsewhere, daemonOf, showResult } from '../context.ts'
import { drawTree } from '../draw-tree.ts'
import { saveFile } from '../save-file.ts'

export async function tree(context: CliContext): Promise<void> {
  const view = await (await daemonOf(context)).network()
  await showResult(context, view, () =>
    drawTree(view, (text, style) => context.terminal.style(text, style)).map((line) =>
      withCommandLines(line, context.calling),
    ),
  )
}

export interface InviteOptions {
  readonly days: number
  /** For how many of the operator's nodes this user pays the deposit. */
  readonly nodes: number
  readonly output?: string
}

/** Prints what another operator's machine needs to become a member. */
export async function invite(context: CliContext, operator: string, options: InviteOptions): Promise<void> {
  if (!OperatorId.is(operator)) {
    throw usageError(
      `an invitation is for one operator: give the id that ${commandElsewhere(context, 'node init')} prints on the other machine`,
    )
  }
  const { genesis, founder } = await founderOf(context.dataFolder)
  const notAfterMs = context.clock.nowMs() + options.days * 24 * HOUR_MS
  const by = OperatorId.fromBytes(founder.publicKey)
  const invitation = signInvitation(founder, { network: networkIdOf(genesis), operator, founder: by, notAfterMs })
  // The nodes of this folder look there before they vouch for a newcomer.
  await rememberInvited(await recordsIn(context.dataFolder), { version: 1, operator, nodes: options.nodes, notAfterMs })
  await showJoinText(context, { genesis, invitation }, options.output)
}

/** Prints what another machine needs to look in as a guest. */
export async function exportNetwork(context: CliContext, options: { readonly output?: string }): Promise<void> {
  await showJoinText(context, { genesis: await genesisOf(context.dataFolder), invitation: undefined }, options.output)
}

type Credentials = Pick<Parameters<typeof joinTextJson>[0], 'genesis' | 'invitation'>

async function showJoinText(context: CliContext, credentials: Credentials, output: string | undefined): Promise<void> {
  const [addresses, checkpoint] = [await reachableAddresses(context), await checkpointIn(context, credentials.genesis)]
  const value = joinTextJson({ ...credentials, addresses, checkpoint })
  if (output === undefined) return showResult(context, value, () => [JSON.stringify(value)])
  await saveFile(output, Readable.from([Buffer.from(`${JSON.stringify(value)}\n`)]))
  await showResult(context, { file: output }, () => [
    `Written to ${output}. On the other machine: ${commandElsewhere(context, `node start --invitation ${quoteWord(basename(output))}`)}`,
  ])
}

/** Where the user of a folder keeps what is theirs. */
async function recordsIn(folder: string): Promise<string> {
  if ((await networkFile.read(networkPaths(folder).network)) !== undefined) return networkPaths(folder).records
  const paths = nodePaths(folder)
  return recordsOf(paths, (await nodeConfigFile.read(paths.config)) ?? defaultNodeConfig)
}

/** None while nothing runs: the other side then names one with --join. */
async function reachableAddresses(context: CliContext): Promise<readonly string[]> {
  const found = await findDaemon(context.dataFolder, context.timers, context.signal).catch(() => undefined)
  return found === undefined ? [] : (await found.status()).addresses
}

/** Of the node on this folder, or of an embedded network's first. */
async function checkpointIn({ dataFolder }: CliContext, genesis: Genesis): Promise<string | undefined> {
  const isNetwork = (await networkFile.read(networkPaths(dataFolder).network)) !== undefined
  const paths = nodePaths(isNetwork ? embeddedNodeFolder(dataFolder, 1) : dataFolder)
  const checkpoint = await readCheckpoint(paths, networkIdOf(genesis))
  return checkpoint === undefined ? undefined : checkpointText(checkpoint)
}

async function genesisOf(folder: string): Promise<Genesis> {
  const network = await networkFile.read(networkPaths(folder).network)
  const genesis = network === undefined ? await readGenesis(nodePaths(folder)) : parseGenesis(network.genesis)
  if (genesis === undefined)
    throw wrongFolder(`${folder} knows no network. Begin one with "borgios up" or "borgios node start --found NAME"`)
  return genesis
}

async function founderOf(folder: string): Promise<{ genesis: Genesis; founder: Signer }> {
  const genesis = await genesisOf(folder)
  const seed = await loadSeed(networkPaths(folder).founderKey)
  const founder =
    seed === undefined
      ? (await loadOperator(nodePaths(folder), { ed25519: nobleEd25519, random: systemRandom })).signer
      : nobleEd25519.signerFromSeed(seed)
  if (genesis.founders.includes(OperatorId.fromBytes(founder.publicKey))) return { genesis, founder }
  throw notFounder(
    `only a founder of "${genesis.name}" can invite, and the key in ${folder} is none's. Ask whoever began the network`,
  )
}
