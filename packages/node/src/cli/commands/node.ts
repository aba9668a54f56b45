import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatCount, formatDuration, limits, messageOf, SECOND_MS, shortId } from '@borgios/core'
import { systemClock, systemRandom } from '@borgios/core/adapters'
import { type Genesis, networkIdOf, nobleEd25519, verifyOperator } from '@borgios/crypto'
import type { LeftView, StatusView } from '@borgios/protocol'
import { isPortFree, makeFolder, pickPort } from '../../adapters/index.ts'
import { DaemonClient } from '../../client/daemon-client.ts'
import { isNetworkFolder } from '../../client/find-daemon.ts'
import { readBounded } from '../../config/checked-file.ts'
import { checkpointOf, keepCheckpoint } from '../../config/checkpoint-file.ts'
import { type NodePaths, nodePaths } from '../../config/data-folder.ts'
import {
  assertNetwork,
  enterNetwork,
  foundingMember,
  loadIdentity,
  loadOperator,
  readGenesis,
  roleOf,
} from '../../config/identity.ts'
import { type JoinText, parseJoinText } from '../../config/join-text.ts'
import { readLeaveNote } from '../../config/left-file.ts'
import { DEFAULT_PORT, defaultNodeConfig, type NodeConfig, nodeConfigFile } from '../../config/node-config.ts'
import { loadSeed } from '../../config/secret-key.ts'
import { loadWallet, walletKeyIn } from '../../config/wallet.ts'
import { readPidFile } from '../../daemon/pid-file.ts'
import { startNodeProcess, stopNodeProcess } from '../../embedded/node-process.ts'
import {
  folderInUse,
  invitationRefused,
  invitationUnreadable,
  localFileMissing,
  notAdmitted,
  notJoined,
  portTaken,
  wrongFolder,
} from '../../errors.ts'
import { unitsText } from '../../ledger/amount.ts'
import { withCommandLines } from '../command-line.ts'
import { type CliContext, commandElsewhere, nextCommand, showResult } from '../context.ts'
import { safeLine } from '../safe-text.ts'

const modules = { ed25519: nobleEd25519, random: systemRandom }

/** Makes the operator's key and prints its id, for which a founder then signs an invitation. */
export async function init(context: CliContext): Promise<void> {
  const paths = await ownFolder(context)
  makeFolder(paths.folder)
  const { id } = await loadOperator(paths, modules)
  await showResult(context, { operator: id, data: paths.folder }, () => [id])
  if (context.json) return
  context.terminal.note(`A founder runs:  ${commandElsewhere(context, `net invite ${id} -o invitation.json`)}`)
  context.terminal.note(`Then start here: ${nextCommand(context, 'node start --invitation invitation.json')}`)
}

export interface NodeStartOptions {
  readonly join?: readonly string[]
  readonly invitation?: string
  readonly found?: string
  readonly place?: string
  readonly host?: string
  readonly port?: number
  readonly degree?: number
  readonly foreground?: boolean
}

/** Starts one node, in the background unless told otherwise, and then waits until it has its place in the tree. */
export async function start(context: CliContext, options: NodeStartOptions): Promise<void> {
  const paths = await ownFolder(context)
  const running = await readPidFile(paths.pid)
  if (running !== undefined)
    throw folderInUse(`a node already runs on ${paths.folder} as process ${running.pid}. Nothing was changed`)
  await configure(context, paths, options)
  if (options.foreground === true) {
    const { runForeground } = await import('../../daemon/run-foreground.ts')
    return runForeground(paths.folder, context.signal)
  }
  context.ifStopped('the node is ended again, the data stays')
  await startNodeProcess(paths.folder, context.timers, context.signal)
  const view = await untilJoined(context, paths, options).catch(async (error) => {
    if (context.signal.aborted) await stopNodeProcess(paths.folder, context.timers)
    throw error
  })
  const config = await nodeConfigFile.read(paths.config)
  await showResult(context, view, () => [
    `Node ${view.self.node} is a ${view.role} of "${safeLine(view.name)}": ${placeOf(view.self)}, process ${view.self.pid}.`,
    ...(config === undefined ? [] : [listeningOn(config)]),
    `See more: ${nextCommand(context, 'status')}`,
  ])
}

/** It has another port than the usual one only because that was taken. */
const listeningOn = ({ host, port, isPortFixed }: NodeConfig): string =>
  `It listens on TCP port ${port} of ${host}${isPortFixed || port === DEFAULT_PORT ? '' : `: port ${DEFAULT_PORT} was taken`}.`

const placeOf = ({ parent, children }: StatusView['self']): string =>
  parent !== null ? `below ${shortId(parent)}` : children.length > 0 ? 'root of the tree' : 'alone so far'

/**
 * Waits for a place in the tree; who was told where others are must also have met one, since a member who meets nobody begins a tree of
 * its own. Throws NODE_NOT_JOINED; the node goes on trying.
 */
async function untilJoined(context: CliContext, paths: NodePaths, options: NodeStartOptions): Promise<StatusView> {
  const { timers, signal } = context
  const isInvited = roleOf(await loadIdentity(paths, modules)) === 'member'
  const expectsOthers = options.invitation !== undefined || options.join !== undefined
  const daemon = new DaemonClient(paths.socket, timers, signal)
  for (let waitedMs = 0; waitedMs <= limits.node.joinTimeoutMs; waitedMs += limits.node.pollMs) {
    const view = await daemon.status()
    const { state, parent, children } = view.self
    const isPlaced = state === 'attached' && (!expectsOthers || parent !== null || children.length > 0)
    // A guest on its way to become a member has a place soon, and another one then.
    if (isPlaced) return isInvited ? await untilAdmitted(context, daemon) : view
    await timers.sleep(limits.node.pollMs, signal)
  }
  const asked = (await nodeConfigFile.read(paths.config))?.join.join(' ') ?? ''
  throw notJoined(
    `the node runs, but in ${limits.node.joinTimeoutMs / SECOND_MS} s no member took it in: ${asked === '' ? 'it knows no address' : `asked at ${asked}`}. ` +
      `Are they reachable, and is the invitation one of their network's? It goes on trying: "borgios status" shows how it stands`,
  )
}

/** Says why it waits, whenever that changes. Throws NODE_NOT_ADMITTED; the node goes on asking. */
async function untilAdmitted(
  { timers, signal, terminal, calling }: CliContext,
  daemon: DaemonClient,
): Promise<StatusView> {
  let said = ''
  for (let waitedMs = 0; ; waitedMs += limits.node.pollMs) {
    const view = await daemon.status()
    const { role, self, membership } = view
    if (role === 'member' && membership.why === '' && self.state === 'attached') return view
    const line = safeLine(`${role}: ${membership.why || 'it looks for its place in the tree'}`)
    if (waitedMs > limits.node.admissionTimeoutMs) {
      throw notAdmitted(
        `the node runs, but is no member after ${limits.node.admissionTimeoutMs / SECOND_MS} s: ${membership.why}. ${withCommandLines(membership.todo, calling)}`,
      )
    }
    if (line !== said) terminal.note(line)
    said = line
    await timers.sleep(limits.node.pollMs, signal)
  }
}

/** Ends the membership of the node of a folder, and says when its deposit comes back. */
export async function leave(context: CliContext): Promise<void> {
  const paths = await ownFolder(context)
  for await (const event of new DaemonClient(paths.socket, context.timers, context.signal).leave()) {
    if (event.event === 'left') await showResult(context, event.left, () => leftLines(event.left, context))
  }
}

function leftLines(
  { node, deposit, payer, epoch, freeEpoch, epochBlocks, inCommittee }: LeftView,
  context: CliContext,
) {
  const blocks = (freeEpoch - epoch + 1) * epochBlocks
  return [
    `${node} has left the ledger. Its deposit of ${unitsText(BigInt(deposit))} goes back to ${payer} at the end of epoch ${freeEpoch}: ` +
      `in ${formatCount(blocks, 'block')} at most, ${formatDuration(blocks * IDLE_BLOCK_MS)} in a network with nothing to do.`,
    inCommittee
      ? `It decides until epoch ${epoch} ends, as "borgios ledger status" shows: let it run until then. Then: ${nextCommand(context, 'down')}`
      : `The others no longer count on it. To end it: ${nextCommand(context, 'down')}`,
  ]
}

/** How often an idle network makes a block. */
const IDLE_BLOCK_MS = 5 * SECOND_MS

async function ownFolder(context: CliContext): Promise<NodePaths> {
  const folder = context.dataFolder
  if (await isNetworkFolder(folder)) {
    throw wrongFolder(
      `${folder} holds an embedded network: start it with "borgios up", or give this node a folder of its own with --data`,
    )
  }
  return nodePaths(folder)
}

/** Writes what the options say into the node's folder; what they leave out stays as it was. */
async function configure(context: CliContext, paths: NodePaths, options: NodeStartOptions): Promise<void> {
  if (options.join !== undefined) {
    const { assertDialable } = await import('@borgios/peertree')
    for (const address of options.join) assertDialable(address)
  }
  const invited = options.invitation === undefined ? undefined : await readJoinText(options.invitation)
  if (invited !== undefined) await assertInvited(context, paths, invited)
  else if (options.found === undefined) await assertNetwork(paths)
  // Nothing is left behind by what was refused so far.
  makeFolder(paths.folder)
  if (invited !== undefined) await enter(paths, invited)
  if (options.found !== undefined && (await readGenesis(paths)) === undefined) {
    await enterNetwork(paths, await foundAlone(context, paths, options.found), undefined)
  }
  const before = await nodeConfigFile.read(paths.config)
  const base = before ?? defaultNodeConfig
  const join = [...new Set([...base.join, ...(invited?.addresses ?? []), ...(options.join ?? [])])]
  const { place = base.place, host = base.host, degree = base.degree } = options
  const isPortFixed = options.port !== undefined || base.isPortFixed
  const port = await portOf(host, options.port ?? base.port, isPortFixed)
  const config: NodeConfig = { ...base, place, host, degree, port, isPortFixed, join }
  if (JSON.stringify(config) !== JSON.stringify(before)) await nodeConfigFile.write(paths.config, config)
}

/** What a checkpoint says is believed because whoever sent the text is. */
async function enter(paths: NodePaths, { genesis, invitation, checkpoint }: JoinText): Promise<void> {
  const network = networkIdOf(genesis)
  const place = checkpoint === undefined ? undefined : checkpointOf(checkpoint, network, 'the invitation')
  await enterNetwork(paths, genesis, invitation)
  await (await readLeaveNote(paths)).set(false)
  if (place !== undefined) await keepCheckpoint(paths, network, place)
}

/** A network that begins with this node alone. */
async function foundAlone({ clock }: CliContext, paths: NodePaths, name: string): Promise<Genesis> {
  const { newGenesis } = await import('../../embedded/prepare-network.ts')
  const founder = (await loadOperator(paths, modules)).signer
  const members = [await foundingMember(paths, modules)]
  const records = resolve(paths.folder, defaultNodeConfig.records)
  const wallet = (await loadWallet(walletKeyIn(records), modules)).publicKey
  return newGenesis(name, founder, { members, wallet }, { ...modules, clock })
}

/** An invitation for somebody else, or none that stands, is better refused here than by every member. */
async function assertInvited(context: CliContext, paths: NodePaths, { genesis, invitation }: JoinText): Promise<void> {
  const network = networkIdOf(genesis)
  const held = await readGenesis(paths)
  // A folder of another network is refused as such, a guest needs no invitation.
  if (invitation === undefined || (held !== undefined && networkIdOf(held) !== network)) return
  if ((await loadSeed(paths.operatorKey)) === undefined) {
    throw invitationRefused(
      `an invitation is for one operator, and there is none in ${paths.folder} yet: "borgios node init" makes it and prints the id to invite`,
    )
  }
  const { id } = await loadOperator(paths, modules)
  try {
    verifyOperator({ ed25519: nobleEd25519, genesis, network, nowMs: systemClock.nowMs() }, id, invitation)
  } catch (cause) {
    throw invitationRefused(
      `this invitation does not let ${id} in: ${messageOf(cause)}. Ask a founder for one: ${commandElsewhere(context, `net invite ${id}`)}`,
      { cause },
    )
  }
}

/** A fixed port must be free; otherwise it is the one of last time or the default, or another if that is taken meanwhile. */
async function portOf(host: string, wished: number, isFixed: boolean): Promise<number> {
  if (!isFixed) return pickPort(host, wished === 0 ? DEFAULT_PORT : wished, 1, new Set())
  if (await isPortFree(host, wished)) return wished
  throw portTaken(`port ${wished} is taken by another program: free it, or name another with --port`)
}

/** What is no invitation was given by mistake, which is no damage of our own files. */
async function readJoinText(path: string): Promise<JoinText> {
  const text = await joinTextOf(path)
  try {
    return parseJoinText(text, path === '-' ? 'standard input' : path)
  } catch (cause) {
    throw invitationUnreadable(
      `${messageOf(cause)}. An invitation is what "net invite" or "net export" wrote on a machine of the network`,
      { cause },
    )
  }
}

async function joinTextOf(path: string): Promise<string> {
  if (path === '-') return readFile('/dev/stdin', 'utf8')
  const bytes = await readBounded(path).catch((cause) => {
    throw localFileMissing(messageOf(cause), { cause })
  })
  if (bytes === undefined) throw localFileMissing(`there is no file ${path}`)
  return bytes.toString('utf8')
}
