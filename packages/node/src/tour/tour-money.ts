import { type AccountId, formatCount, type NodeId, shortId } from '@borgios/core'
import type { EarnKind, EarnLineView } from '@borgios/protocol'
import type { EarnReport } from '../cli/commands/earn-report.ts'
import { tourFailed } from '../errors.ts'
import { formatUnits, unitsText } from '../ledger/amount.ts'
import type { TourNetwork } from './tour-network.ts'

/** One line of what a node earned. Micro-units, its own fees not taken off. */
export interface TourEarning {
  readonly node: NodeId
  readonly account: AccountId
  /** `jobRun`, `tips`, `storage` or `emission`. */
  readonly kind: EarnKind
  /** Id of the job or node that it is for; null for tips. */
  readonly about: string | null
  readonly amount: string
}

export interface TourMoney {
  readonly paid: string
  readonly earned: readonly TourEarning[]
  readonly supplyOk: boolean
  /** The same for people. */
  readonly text: string
  /** When storage is paid. */
  readonly due: string
}

/** What the tour cost since a height, and who earned of it. Throws NODE_TOUR_FAILED if anything does not add up. */
export async function moneyOf(network: TourNetwork, sinceHeight: number): Promise<TourMoney> {
  const report = await network.settledEarnings(sinceHeight)
  const supply = await network.supply()
  const supplyOk = supply.isOk && report.isEqual
  if (!supplyOk) throw tourFailed('the money does not add up: "borgios earn" and "borgios ledger supply" show where')
  const { wallet, emission } = report
  const paid = BigInt(wallet.from.balance) - BigInt(wallet.balance)
  const earned = earningsOf(report)
  const text = `${unitsText(paid)} paid: ${spentText(wallet.lines)}; ${earnedText(earned)}; of ${unitsText(BigInt(supply.minted))} none is missing`
  const due = `"borgios earn" tells every unit of it by lease, job and block. Storage is paid, and money minted for it, at the end of epoch ${emission.epoch}, in ${formatCount(emission.blocksLeft, 'block')}`
  return { paid: String(paid), earned, supplyOk, text, due }
}

/** Lines of nodes by which more came than left. */
const earningsOf = ({ nodes }: EarnReport): readonly TourEarning[] =>
  nodes.flatMap(({ node, account, lines }) =>
    lines
      .map(({ kind, about, came, left }) => ({ kind, about, amount: BigInt(came) - BigInt(left) }))
      .filter(({ amount }) => amount > 0n)
      .map(({ kind, about, amount }) => ({ node, account, kind, about, amount: String(amount) })),
  )

function spentText(lines: readonly EarnLineView[]): string {
  const spentOn = (kind: EarnKind): bigint =>
    lines.filter((line) => line.kind === kind).reduce((sum, { came, left }) => sum + BigInt(left) - BigInt(came), 0n)
  const fees = lines.reduce((sum, { fee }) => sum + BigInt(fee), 0n)
  return `${formatUnits(spentOn('lease'))} into leases, ${formatUnits(spentOn('job'))} for the job, ${formatUnits(fees)} in fees`
}

function earnedText(earned: readonly TourEarning[]): string {
  const jobs = earned.filter(({ kind }) => kind === 'jobRun')
  const by = jobs.map(({ node, amount }) => `${shortId(node)} earned ${formatUnits(BigInt(amount))} by it`)
  const stored = earned.some(({ kind }) => PROVEN.includes(kind)) ? [allText(earned, PROVEN, 'by storage')] : []
  return [...by, allText(earned, ['tips'], 'by leading blocks'), ...stored].join(', ')
}

/** Earned by shards that were shown in audits. */
const PROVEN: readonly EarnKind[] = ['storage', 'emission']

function allText(earned: readonly TourEarning[], kinds: readonly EarnKind[], by: string): string {
  const lines = earned.filter(({ kind }) => kinds.includes(kind))
  const sum = lines.reduce((total, { amount }) => total + BigInt(amount), 0n)
  return `${formatCount(new Set(lines.map(({ node }) => node)).size, 'node')} ${formatUnits(sum)} ${by}`
}
