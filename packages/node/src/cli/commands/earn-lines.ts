import { formatBytes, formatCount, HOUR_MS, shortId } from '@borgios/core'
import type { EarnLineView, EarnView, EmissionView } from '@borgios/protocol'
import { formatUnits, unitsText } from '../../ledger/amount.ts'
import { rightAligned, tableLines } from '../table.ts'
import { addsUp, changeOf, type EarnReport, sumOfAccount, type Together, together } from './earn-report.ts'

const DAY_MS = 24 * HOUR_MS

/** One block of lines for each account, then all of them together, then what was and will be minted. */
export function earnLines(report: EarnReport): string[] {
  const { wallet, nodes, notShown, emission } = report
  return [
    ...accountLines(wallet),
    ...nodes.flatMap((node) => ['', ...accountLines(node)]),
    ...notShown.flatMap(({ node, why }) => [
      '',
      `Node ${node} is not shown: ${why}. If it was stopped, "borgios up" or "borgios node start" starts it`,
    ]),
    '',
    ...togetherLines(report),
    ...emissionLines(emission),
  ]
}

function accountLines(view: EarnView): string[] {
  const { of, node, account, isMember, from, lines, balance, height } = view
  const who =
    of === 'wallet'
      ? `Your wallet ${account}`
      : `Node ${shortId(node)}${isMember ? '' : ', no member yet,'} earns for ${account}`
  const beginning = from.height === 0 ? 'the beginning of the ledger' : from.isOldest ? 'known from here on' : 'before'
  const end = addsUp(view)
    ? 'now: the lines come to it'
    : `now, but the lines come to ${formatUnits(sumOfAccount(view))}: this does NOT add up`
  const rows = [
    ['change', 'fees', 'what'],
    [formatUnits(BigInt(from.balance)), '', `at height ${from.height}, ${beginning}`],
    ...lines.map((line) => [
      changeOf(line) === 0n ? '' : signed(changeOf(line)),
      line.fee === '0' ? '' : formatUnits(-BigInt(line.fee)),
      whatOf(line),
    ]),
    [formatUnits(BigInt(balance)), '', `at height ${height}, ${end}`],
  ]
  return [who, ...tableLines(rightAligned(rows, [0, 1])).map((line) => `  ${line}`), ...hintsOf(view)]
}

/** What to do where nothing is told yet, and what is not paid yet. */
function hintsOf({ of, isMember, from, lines, accrued, carried }: EarnView): string[] {
  if (lines.length === 0 && !from.isOldest) return ['  Nothing has changed since then']
  if (of === 'wallet') {
    if (lines.length > 0) return []
    return ['  Nothing was paid yet: "borgios file put FILE" and "borgios job run PROGRAM" are paid from here']
  }
  if (!isMember) return ['  The ledger does not know this node as a member: it is not paid for what it keeps and runs']
  if (accrued !== '0' || carried !== '0') {
    const left = carried === '0' ? '' : `; ${picoText(BigInt(carried))} carried over from what it earned before`
    return [
      `  Owed for storage since it was last paid: ${picoText(BigInt(accrued))} units, if it passes its audits${left}`,
    ]
  }
  if (lines.some(({ came }) => came !== '0')) return []
  return ['  Nothing was earned yet: keeping shards, running jobs and leading blocks is paid']
}

const PICO_DECIMALS = 12

/** Millionths of micro-units as units. */
function picoText(pico: bigint): string {
  const digits = pico.toString().padStart(PICO_DECIMALS + 1, '0')
  return `${digits.slice(0, -PICO_DECIMALS)}.${digits.slice(-PICO_DECIMALS)}`.replace(/\.?0+$/, '')
}

const signed = (amount: bigint): string => `${amount > 0n ? '+' : ''}${formatUnits(amount)}`
const units = (text: string): string => formatUnits(BigInt(text))

/** What a line is about, with ids that "borgios why" takes. */
function whatOf(line: EarnLineView): string {
  const { kind, about, name, times } = line
  const id = about === null ? '' : ` ${shortId(about)}`
  const named = name === null ? '' : ` "${name}"`
  switch (kind) {
    case 'job':
      return `job${id}${named}${jobText(line)}`
    case 'jobRun':
      return `ran job${id}${billText(line)}`
    case 'lease':
      return `lease${id}${named === '' ? '' : ` of${named}`}${leaseText(line)}`
    case 'storage':
      return `storage${storageText(line)}`
    case 'emission':
      return `minted for storage${line.payout === null ? '' : ` in epoch ${line.payout.epoch}`}`
    case 'transfer':
      return `${formatCount(times, 'transfer')} with ${about ?? 'nobody'}`
    case 'fee':
      return `${formatCount(times, 'transaction')}: ${about ?? 'nothing'}`
    case 'tips':
      return `tips of ${formatCount(times, 'block')} that it led`
    case 'opening':
      return `price of opening ${formatCount(times, 'account')}`
    case 'deposit':
      return `deposit of node${id}`
    case 'reporting':
      return `reward for reporting node${id}`
    case 'grant':
      return `grant to a newcomer, in the name of node${id}`
    case 'hold':
      return `hold${id}`
    case 'other':
      return 'by a rule that this release does not explain'
  }
}

function jobText({ came, left, bill }: EarnLineView): string {
  const nodes = bill === null || bill.nodes.length === 0 ? '' : ` on ${bill.nodes.map(shortId).join(', ')}`
  const setAside = `: ${units(left)} set aside, ${units(came)} came back`
  if (bill === null) return setAside
  const open = bill.setAside === '0' ? '' : `; ${units(bill.setAside)} set aside yet`
  const paid = `; ${units(bill.paid)} paid, of which ${units(bill.burned)} was burned`
  // A bill of which both sides did not agree, or that the ledger has forgotten.
  const rest = BigInt(left) - BigInt(came) - BigInt(bill.paid) - BigInt(bill.setAside)
  const lost = rest === 0n ? '' : `; ${formatUnits(rest)} burned in a dispute, or paid too long ago to tell`
  return `${nodes}${setAside}${bill.paid === '0' ? '' : paid}${lost}${open}`
}

const billText = ({ bill }: EarnLineView): string =>
  bill === null || bill.paid === '0' ? '' : `: ${units(bill.paid)} was paid, of which ${units(bill.burned)} was burned`

function leaseText({ came, left, lease }: EarnLineView): string {
  const setAside = `: ${units(left)} set aside, ${units(came)} came back`
  if (lease === null || lease.nodes.length === 0) return `${setAside}${lease?.left === '0' ? '; it is over' : ''}`
  const lasts = lease.lastsMs === null ? '' : `, which lasts ${formatCount(Math.floor(lease.lastsMs / DAY_MS), 'day')}`
  return `${setAside}; ${units(lease.left)} left in it for ${formatBytes(lease.bytes)} on ${formatCount(lease.nodes.length, 'node')}${lasts}`
}

function storageText({ payout }: EarnLineView): string {
  if (payout === null) return ''
  const { epoch, passes, samples, gross, earned, burned, leases } = payout
  const from = leases.map(({ lease, amount }) => `${lease === null ? 'older ones' : shortId(lease)} ${units(amount)}`)
  const by = from.length === 0 ? '' : `; from leases ${from.join(', ')}`
  return ` in epoch ${epoch}: ${passes} of ${samples} leaves shown, ${units(earned)} of ${units(gross)} earned, ${units(burned)} of it burned${by}`
}

function togetherLines({ wallet, nodes, together: sum, isEqual }: EarnReport): string[] {
  const row = (name: string, view: Together): string[] => [
    name,
    units(view.from),
    units(view.earned),
    units(view.spent),
    units(view.fee),
    units(view.balance),
  ]
  const rows = [
    ['', 'at first', 'earned', 'spent', 'fees', 'now'],
    row('wallet', together([wallet])),
    ...nodes.map((view) => row(shortId(view.node), together([view]))),
    row('together', sum),
  ]
  const said = isEqual
    ? 'For each account: at first + earned - spent - fees = now, as the ledger has it. Nothing is missing.'
    : 'This does NOT add up: what the lines come to is not what the ledger has. Please report it.'
  return [...tableLines(rightAligned(rows, [1, 2, 3, 4, 5])), said]
}

/** As on an idle network; a busy one makes more. */
const IDLE_BLOCK_S = 5

function emissionLines({ epoch, lastHeight, blocksLeft, remaining, epochs }: EmissionView): string[] {
  const minted = epochs.flatMap((one) => [
    `Epoch ${one.epoch} minted ${unitsText(BigInt(one.minted))}${one.isEqual ? '' : ', which is NOT what these come to'}: each its earned / ${units(one.weight)} of ${units(one.pot)}`,
    ...one.shares.map(
      ({ node, weight, minted: got }) => `  ${shortId(node)}  ${units(got)} for ${units(weight)} earned`,
    ),
    ...(one.dust === '0' ? [] : [`  treasury  ${units(one.dust)} that rounding left`]),
  ])
  const minutes = Math.ceil((blocksLeft * IDLE_BLOCK_S) / 60)
  return [
    ...minted,
    `Storage is paid and money minted at the end of each epoch: epoch ${epoch} ends at height ${lastHeight}, in ${formatCount(blocksLeft, 'block')} (${minutes} minutes while nothing happens, else sooner). Left to mint: ${unitsText(BigInt(remaining))}`,
  ]
}
