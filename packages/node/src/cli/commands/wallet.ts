import { formatCount } from '@borgios/core'
import type { AccountView, HistoryView, MovementView } from '@borgios/protocol'
import { formatTime } from '../../adapters/index.ts'
import { formatUnits, unitsText } from '../../ledger/amount.ts'
import { type CliContext, daemonOf, nextCommand, showResult } from '../context.ts'
import { safeLine } from '../safe-text.ts'
import { rightAligned, tableLines } from '../table.ts'

/** What an account holds; the wallet's own unless another is named. */
export async function balance(context: CliContext, account: string | undefined): Promise<void> {
  const view = await (await daemonOf(context)).account(account ?? null)
  await showResult(context, view, () => balanceLines(view))
}

function balanceLines(view: AccountView): string[] {
  const under =
    view.undecided === 0
      ? 'nothing'
      : `${formatCount(view.undecided, 'transaction')}, which may take ${unitsText(BigInt(view.leaving))}`
  return tableLines([
    ['account', view.account],
    ['balance', `${unitsText(BigInt(view.balance))}${view.isOpen ? '' : ' (it opens with the first money)'}`],
    ['under way', under],
    ...(view.policy === null ? [] : [['keys', `${view.policy.needed} of ${view.policy.keys.length} must sign`]]),
    ['as of', `height ${view.height}, after ${formatCount(view.nonce, 'transaction')}`],
  ])
}

export interface HistoryOptions {
  readonly lines: number
}

/** Every change of the balance, from where on it is known. */
export async function history(
  context: CliContext,
  account: string | undefined,
  options: HistoryOptions,
): Promise<void> {
  const view = await (await daemonOf(context)).history(account ?? null, options.lines)
  await showResult(context, view, () => historyLines(view))
  if (context.json || view.from.isOldest) return
  context.terminal.note(
    `Only the last ${formatCount(view.movements.length, 'line')}: ${nextCommand(context, `wallet history --lines ${options.lines * 10}`)} shows more`,
  )
}

const KINDS: Readonly<Record<MovementView['kind'], string>> = {
  received: 'from',
  sent: 'to',
  fee: 'fee:',
  opening: 'price of opening',
  other: 'by a rule of the ledger',
  tips: 'tips of a block it led',
  deposit: 'deposit of',
  depositBack: 'deposit back of',
  reporting: 'reward for reporting',
  grant: 'grant in the name of',
  hold: 'set aside in hold',
  holdBack: 'back from hold',
  holdPaid: 'paid from hold',
  jobHold: 'set aside for job',
  jobBack: 'back from job',
  jobPaid: 'for running job',
  putHold: 'set aside for lease',
  putBack: 'back from lease',
  lease: 'into lease',
  leaseBack: 'back from lease',
  storage: 'for storage of',
  emission: 'minted for',
}

/** The first line says from where on it is known, the last one ends with the balance. */
export function historyLines({ from, movements, balance, height }: HistoryView): string[] {
  const beginning =
    from.height === 0 ? 'at the beginning of the ledger' : from.isOldest ? 'known from here on' : 'before that'
  const rows = movements.map((movement) => [
    String(movement.height),
    formatTime(movement.timeMs),
    signed(BigInt(movement.amount)),
    movement.fee === '0' ? '' : formatUnits(BigInt(movement.fee)),
    formatUnits(BigInt(movement.balance)),
    [KINDS[movement.kind], movement.about ?? '', movement.memo === '' ? '' : `"${safeLine(movement.memo)}"`]
      .filter((part) => part !== '')
      .join(' '),
  ])
  const all = [
    ['height', 'time', 'change', 'fee', 'balance', 'what'],
    [String(from.height), '', '', '', formatUnits(BigInt(from.balance)), beginning],
    ...rows,
  ]
  return [...tableLines(rightAligned(all, NUMBER_COLUMNS)), `${unitsText(BigInt(balance))} at height ${height}`]
}

const NUMBER_COLUMNS = [0, 2, 3, 4]

const signed = (amount: bigint): string => `${amount > 0n ? '+' : ''}${formatUnits(amount)}`
