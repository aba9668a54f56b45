import { formatBytes, formatCount, formatDuration, shortId } from '@borgios/core'
import type {
  BlockView,
  LedgerGenesisView,
  LedgerStatusView,
  MembersView,
  OperationView,
  SupplyView,
  TransactionView,
} from '@borgios/protocol'
import { formatTime } from '../../adapters/index.ts'
import { formatUnits, unitsText } from '../../ledger/amount.ts'
import { withCommandLines } from '../command-line.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { safeLine } from '../safe-text.ts'
import { tableLines } from '../table.ts'

export async function status(context: CliContext): Promise<void> {
  const view = await (await daemonOf(context)).ledgerStatus()
  await showResult(context, view, () =>
    ledgerStatusLines(view).map((line) => safeLine(withCommandLines(line, context.calling))),
  )
}

export function ledgerStatusLines(view: LedgerStatusView): string[] {
  const up = view.validators.filter(({ isUp }) => isUp).length
  return tableLines([
    ['state', `${view.state}: ${view.why}`],
    ...(view.state === 'running' ? [] : [['to do', view.todo]]),
    ['height', `${view.height}, the last block ${formatDuration(view.blockAgeMs)} ago`],
    ['epoch', `${view.epoch}, ${formatCount(view.blocksLeft, 'block')} to its end at height ${view.lastHeight}`],
    [
      'validators',
      `${view.validators.length}, ${up} reached from here, ${view.quorum} decide; this node is ${view.isValidator ? 'one of them' : 'none of them'}`,
    ],
    ['pending', formatCount(view.pending, 'transaction')],
    ['price', `${unitsText(BigInt(view.baseFee))} for each fee unit; a transfer takes about 300`],
  ])
}

export async function block(context: CliContext, height: number | undefined): Promise<void> {
  const view = await (await daemonOf(context)).block(height ?? null)
  await showResult(context, view, () => blockLines(view))
}

export function blockLines(view: BlockView): string[] {
  const about = tableLines([
    ['block', view.block],
    [
      'height',
      `${view.height} in epoch ${view.epoch}, slot ${view.slot}${view.isLastOfEpoch ? ', the last of its epoch' : ''}`,
    ],
    ['time', formatTime(view.timeMs)],
    ['leader', view.leader ?? 'not known any more'],
    ['parent', view.parent],
    ['state root', safeLine(view.stateRoot)],
    ['fees', `${formatCount(view.usedUnits, 'unit')} used at ${unitsText(BigInt(view.baseFee))} each`],
    ['transactions', String(view.transactions.length)],
  ])
  const rows = view.transactions.map(({ transaction, account, isDone, fee, operations }) => [
    `  ${transaction}`,
    isDone === null ? 'unknown' : isDone ? 'done' : 'failed',
    `by ${shortId(account)}`,
    fee === null ? '' : `fee ${formatUnits(BigInt(fee))}`,
    operations.map(operationText).join('; '),
  ])
  return [...about, ...tableLines(rows)]
}

export async function transaction(context: CliContext, id: string): Promise<void> {
  const view = await (await daemonOf(context)).transaction(id)
  await showResult(context, view, () => transactionLines(view, (text) => withCommandLines(text, context.calling)))
}

export function transactionLines(view: TransactionView, pasted: (text: string) => string): string[] {
  return tableLines([
    ['transaction', view.transaction],
    ['state', safeLine(view.why)],
    ...(view.todo === 'Nothing' ? [] : [['to do', safeLine(pasted(view.todo))]]),
    ...(view.position === null ? [] : [['place', `number ${view.position + 1} of the block of height ${view.height}`]]),
    ['from', `${view.account}, its transaction ${view.nonce + 1}`],
    ...(view.fee === null ? [] : [['fee', unitsText(BigInt(view.fee))]]),
    ...view.operations.map((operation) => ['does', operationText(operation)]),
  ])
}

/** What an operation does; its memo, which anybody may have written, harmless. */
function operationText({ module, kind, name, to, amount, memo }: OperationView): string {
  const said = memo === '' ? '' : ` "${safeLine(memo)}"`
  if (to !== null && amount !== null) return `${unitsText(BigInt(amount))} to ${to}${said}`
  return name === '' ? `operation ${kind} of module ${module}, unknown to this release` : safeLine(name)
}

export async function members(context: CliContext): Promise<void> {
  const view = await (await daemonOf(context)).ledgerMembers()
  await showResult(context, view, () => memberLines(view))
}

export function memberLines({ members: rows, epoch }: MembersView): string[] {
  const deciding = rows.filter(({ inCommittee }) => inCommittee).length
  return [
    ...tableLines([
      ['node', 'state', 'here', 'decides', 'deposit', 'capacity', 'release', 'operator', ''],
      ...rows.map((member) => [
        shortId(member.node),
        member.state,
        member.isUp ? 'up' : 'down',
        member.inCommittee ? 'yes' : 'no',
        formatUnits(BigInt(member.deposit)),
        formatBytes(member.capacityBytes),
        safeLine(member.release),
        shortId(member.operator),
        safeLine(member.why),
      ]),
    ]).map((line) => line.trimEnd()),
    `${formatCount(rows.length, 'member')}, ${deciding} of them decide in epoch ${epoch}`,
  ]
}

export async function supply(context: CliContext): Promise<void> {
  const view = await (await daemonOf(context)).ledgerSupply()
  if (!view.isOk) context.exitWith(EXIT.error)
  await showResult(context, view, () => supplyLines(view))
}

export function supplyLines(view: SupplyView): string[] {
  const parts = view.parts.map(({ name, records, amount }): [string, string, string] => [
    name,
    amount,
    formatCount(records, 'record'),
  ])
  const rows: [string, string, string][] = [...parts, ['treasury', view.treasury, ''], ['burned', view.burned, '']]
  const shown = rows.map(([name, amount, note]) => [name, formatUnits(BigInt(amount)), note] as const)
  const sum = formatUnits(BigInt(view.sum))
  const width = Math.max(sum.length, ...shown.map(([, amount]) => amount.length))
  return [
    `Minted up to height ${view.height}: ${unitsText(BigInt(view.minted))}. Counted now:`,
    ...tableLines([
      ...shown.map(([name, amount, note]) => [`  ${safeLine(name)}`, amount.padStart(width), note]),
      ['  together', sum.padStart(width), view.isOk ? 'which is what was minted' : 'which is NOT what was minted'],
    ]).map((line) => line.trimEnd()),
  ]
}

export async function genesis(context: CliContext): Promise<void> {
  const view = await (await daemonOf(context)).ledgerGenesis()
  await showResult(context, view, () => genesisLines(view))
}

export function genesisLines(view: LedgerGenesisView): string[] {
  return [
    `The ledger of "${safeLine(view.name)}" (${view.network}) began ${formatTime(view.timeMs)} with`,
    ...tableLines(view.accounts.map(({ account, balance }) => [`  ${account}`, unitsText(BigInt(balance))])),
    `and ${formatCount(view.members.length, 'member')}: ${view.members.map(shortId).join(', ')}. Deposits came from these accounts.`,
    'Rules now:',
    ...tableLines(view.parameters.map(({ name, value, unit }) => [`  ${safeLine(name)}`, value, safeLine(unit)])),
  ]
}
