import { chmod, mkdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Logger, limits, messageOf } from '@borgios/core'
import { createFileLogger } from '@borgios/core/adapters'
import { tryLock } from '../adapters/index.ts'
import { networkPaths, nodePaths } from '../config/data-folder.ts'
import { loadIdentity } from '../config/identity.ts'
import { nodeConfigFile } from '../config/node-config.ts'
import { recordsOf } from '../config/wallet.ts'
import { folderInUse, stopping, wrongFolder } from '../errors.ts'
import { WalletDesk } from '../ledger/wallet-desk.ts'
import { DaemonServer } from './daemon-server.ts'
import { FileCatalogue } from './file-catalogue.ts'
import { JobBook } from './job-book.ts'
import { JobDesk } from './job-desk.ts'
import { keepLogsSmall, rotateLog } from './log-files.ts'
import { DESCRIBE_METHOD } from './network-view.ts'
import type { NodeServices } from './node-services.ts'
import { writePidFile } from './pid-file.ts'
import { RELEASE } from './release.ts'
import type { OpenRooms, Ports, RoomsContext } from './rooms.ts'
import { SelfDescription } from './self-description.ts'

export interface NodeDaemonOptions {
  /** A node's folder that has its configuration and network. */
  readonly folder: string
}

export interface NodeDaemonModules extends Ports {
  readonly openRooms: OpenRooms
  /** Instead of the log file: for tests. */
  readonly logger?: Logger
}

/** One running node. */
export interface NodeDaemon {
  readonly services: NodeServices
  /** Stops everything in order; safe to call twice. Resolves after at most `limits.node.shutdownTimeoutMs`. */
  stop(): Promise<void>
}

/**
 * Brings one node up: lock, keys, rooms, socket. Throws NODE_FOLDER_IN_USE when another daemon holds the folder, NODE_WRONG_FOLDER,
 * NODE_KEY_EXPOSED, NODE_FILE_INVALID, and whatever the rooms throw.
 */
export async function startNodeDaemon(options: NodeDaemonOptions, modules: NodeDaemonModules): Promise<NodeDaemon> {
  const paths = nodePaths(options.folder)
  await mkdir(paths.folder, { recursive: true, mode: 0o700 })
  await chmod(paths.folder, 0o700)
  const lock = tryLock(paths.lock)
  if (lock === undefined) throw folderInUse(`another daemon already runs on ${paths.folder}: "borgios status" asks it`)
  const undo: (() => Promise<void> | void)[] = [() => lock.release()]
  const stopAll = onceOnly(async () => {
    for (const step of undo.reverse()) await step()
  })
  try {
    // First of all: a node that hangs while starting must be found, to be stopped.
    await writePidFile(paths.pid)
    undo.push(() => rm(paths.pid, { force: true }))
    const context = await prepare(options, modules)
    undo.push(keepLogsSmall([paths.log, paths.output], modules.timers, context.logger))
    const rooms = await modules.openRooms(context)
    undo.push(() => rooms.stop())
    const services = await openServices(context, rooms)
    undo.push(() => services.book.close(context.identity.node))
    undo.push(() => services.desk.stop(stopping('the node that asked for the job is stopping')))
    const server = await DaemonServer.listen(paths.socket, services)
    undo.push(() => server.close(paths.socket))
    context.logger.info('node started', { pid: process.pid, node: context.identity.node, release: RELEASE })
    return { services, stop: () => boundedStop(stopAll, context) }
  } catch (error) {
    await stopAll()
    throw error
  }
}

async function prepare({ folder }: NodeDaemonOptions, modules: NodeDaemonModules): Promise<RoomsContext> {
  const paths = nodePaths(folder)
  const config = await nodeConfigFile.read(paths.config)
  if (config === undefined) {
    throw wrongFolder(
      `${networkPaths(folder).folder} has no node: there is no ${paths.config}. "borgios up" makes a network`,
    )
  }
  const identity = await loadIdentity(paths, modules)
  if (modules.logger === undefined) rotateLog(paths.log)
  const logger = modules.logger ?? createFileLogger({ path: paths.log, level: config.logLevel })
  const { clock, timers, random, ed25519 } = modules
  return { clock, timers, random, ed25519, logger, identity, config, paths, release: RELEASE }
}

async function openServices(context: RoomsContext, rooms: NodeServices['rooms']): Promise<NodeServices> {
  const { identity, config, paths, clock, timers, random, logger } = context
  const records = recordsOf(paths, config)
  const book = new JobBook(resolve(records, 'jobs'))
  await book.open(identity.node)
  const self = new SelfDescription(context, rooms)
  rooms.network.handle(DESCRIBE_METHOD, () => self.describe())
  const files = new FileCatalogue(resolve(records, 'files.ndjson'))
  const { compute, jobLimits: defaultLimits, assertPayable } = rooms
  const desk = new JobDesk(identity.node, {
    compute,
    defaultLimits,
    assertPayable,
    book,
    clock,
    timers,
    random,
    logger,
  })
  const wallet = new WalletDesk(context, rooms.ledger)
  return { context, rooms, self, files, book, desk, wallet }
}

function onceOnly(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= action()
    return running
  }
}

/** A room that hangs must not keep the process: after the bound the rest is left to the end of the process. */
async function boundedStop(stop: () => Promise<void>, { timers, logger }: RoomsContext): Promise<void> {
  const bound = new AbortController()
  const late = timers.sleep(limits.node.shutdownTimeoutMs, bound.signal).then(
    () => logger.warn('stopping took too long and was cut short'),
    () => {},
  )
  try {
    await Promise.race([stop(), late])
    logger.info('node stopped')
  } catch (error) {
    logger.error('stopping failed', { why: messageOf(error) })
  } finally {
    bound.abort()
  }
}
