import { basename } from 'node:path'
import { messageOf } from '@borgios/core'
import type { EarnLineView, EarnView, EmissionView } from '@borgios/protocol'
import { DaemonClient } from '../../client/daemon-client.ts'
import { nodeFolders } from '../../client/find-daemon.ts'
import { nodePaths } from '../../config/data-folder.ts'
import { type CliContext, daemonOf } from '../context.ts'

/** All accounts added, in micro-units. */
export interface Together {
  readonly from: string
  /** Of lines in which more came than left, and of the others, fees apart. */
  readonly earned: string
  readonly spent: string
  readonly fee: string
  readonly balance: string
}

const PARTS = ['came', 'left', 'fee'] as const
const sumOf = (lines: readonly EarnLineView[], part: (typeof PARTS)[number]): bigint =>
  lines.reduce((sum, line) => sum + BigInt(line[part]), 0n)
/** What a line comes to, fees apart. */
export const changeOf = ({ came, left }: EarnLineView): bigint => BigInt(came) - BigInt(left)

const above = (amount: bigint): bigint => (amount > 0n ? amount : 0n)

/** What beginning and lines come to, added here once more and not taken from the daemon. */
export const sumOfAccount = ({ from, lines }: EarnView): bigint =>
  BigInt(from.balance) + sumOf(lines, 'came') - sumOf(lines, 'left') - sumOf(lines, 'fee')

/** A line that nothing explains would make any sum come out. */
export const addsUp = (view: EarnView): boolean =>
  view.isEqual && sumOfAccount(view) === BigInt(view.balance) && view.lines.every(({ kind }) => kind !== 'other')

export function together(accounts: readonly EarnView[]): Together {
  const total = (part: (view: EarnView) => bigint): string =>
    String(accounts.reduce((sum, view) => sum + part(view), 0n))
  return {
    from: total(({ from }) => BigInt(from.balance)),
    earned: total(({ lines }) => lines.reduce((sum, line) => sum + above(changeOf(line)), 0n)),
    spent: total(({ lines }) => lines.reduce((sum, line) => sum + above(-changeOf(line)), 0n)),
    fee: total(({ lines }) => sumOf(lines, 'fee')),
    balance: total(({ balance }) => BigInt(balance)),
  }
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
