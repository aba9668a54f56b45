import { basename } from 'node:path'
import { messageOf } from '@borgios/core'
import type { EarnView, EmissionView } from '@borgios/protocol'
import { DaemonClient } from '../../client/daemon-client.ts'
import { nodeFolders } from '../../client/find-daemon.ts'
import { nodePaths } from '../../config/data-folder.ts'
import { withCommandLines } from '../command-line.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { safeLine } from '../safe-text.ts'
import { addsUp, earnLines, type Together, together } from './earn-lines.ts'

export interface EarnOptions {
  readonly since: number
}

/** What the accounts of a data folder earned and spent, as `--json` prints it. */
export interface EarnReport {
  /** Whether each account's beginning and lines come to its balance, and each epoch's shares to what it minted. */
  readonly isEqual: boolean
  readonly wallet: EarnView
  /** Of each node whose daemon answers; of those that earn for the same account the first. */
  readonly nodes: readonly EarnView[]
  /** Nodes of the folder that do not answer, or keep no history of who they earn for. */
  readonly notShown: readonly { readonly node: string; readonly why: string }[]
  readonly together: Together
  readonly emission: EmissionView
}

/** Explains every change of the accounts of a data folder, and checks the sums. */
export async function earn(context: CliContext, { since }: EarnOptions): Promise<void> {
  const report = await gatherEarnings(context, since)
  if (!report.isEqual) context.exitWith(EXIT.unequal)
  await showResult(context, report, () =>
    earnLines(report).map((line) => safeLine(withCommandLines(line, context.calling))),
  )
}

/** Asks every daemon of the data folder for the account that its node earns for, and one for the wallet. */
export async function gatherEarnings(context: CliContext, sinceHeight: number): Promise<EarnReport> {
  const { dataFolder, timers, signal } = context
  const daemon = await daemonOf(context)
  const wallet = await daemon.earn({ of: 'wallet', sinceHeight })
  const folders = await nodeFolders(dataFolder)
  const asked = await Promise.all(
    folders.map(async (folder) => {
      const client = new DaemonClient(nodePaths(folder).socket, timers, signal)
      return client.earn({ of: 'node', sinceHeight }).catch((error: unknown) => {
        signal.throwIfAborted()
        return { node: basename(folder), why: messageOf(error) }
      })
    }),
  )
  const nodes: EarnView[] = []
  const notShown: { node: string; why: string }[] = []
  for (const one of asked) {
    if ('why' in one) notShown.push(one)
    else if (![wallet, ...nodes].some(({ account }) => account === one.account)) nodes.push(one)
  }
  const emission = await daemon.emission()
  const accounts = [wallet, ...nodes]
  const isEqual = accounts.every(addsUp) && emission.epochs.every((epoch) => epoch.isEqual)
  return { isEqual, wallet, nodes, notShown, together: together(accounts), emission }
}
