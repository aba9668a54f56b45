import { formatDuration, limits } from '@borgios/core'
import { accountBytesOf } from '@borgios/crypto'
import type { TransactionView } from '@borgios/protocol'
import { daemonBrokeOff, usageError } from '../../errors.ts'
import { parseUnits, unitsText } from '../../ledger/amount.ts'
import { type CliContext, daemonOf, nextCommand, showResult } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { safeLine } from '../safe-text.ts'

export interface SendOptions {
  readonly memo?: string
  /** False with --no-wait. */
  readonly wait: boolean
}

/** Sends from the wallet and says where it stands until it is final. */
export async function send(context: CliContext, to: string, amountText: string, options: SendOptions): Promise<void> {
  context.ifStopped('nothing was sent')
  // What cannot be meant is better said before any daemon is asked.
  accountBytesOf(to)
  const amount = parseUnits(amountText)
  const { memo = '', wait } = options
  const memoBytes = Buffer.byteLength(memo)
  if (memoBytes > limits.ledgerCodec.maxMemoBytes) {
    throw usageError(
      `the memo has ${memoBytes} bytes, and ${limits.ledgerCodec.maxMemoBytes} are allowed: make it shorter`,
    )
  }
  const daemon = await daemonOf(context)
  const startedMs = context.clock.monotonicMs()
  const late = new AbortController()
  const cancel = context.timers.after(limits.node.finalWaitMs, () => late.abort())
  context.ifStopped(
    `it may have been sent: ${nextCommand(context, 'wallet history')} shows it when it is final, and ${nextCommand(context, 'wallet balance')} whether something is under way`,
  )
  let last: TransactionView | undefined
  try {
    for await (const event of until(late.signal, daemon.send({ to, amount: String(amount), memo, wait }))) {
      if (event.event !== 'transaction') continue
      if (last === undefined) onSent(context, event.transaction, amount, to)
      last = event.transaction
      if (!context.json && wait) noteStanding(context, last)
    }
  } finally {
    cancel()
  }
  if (last === undefined)
    throw daemonBrokeOff('the daemon ended without saying what became of it. "borgios wallet history" may know')
  const afterMs = Math.round(context.clock.monotonicMs() - startedMs)
  await showEnd(context, last, wait, afterMs)
}

function onSent(context: CliContext, view: TransactionView, amount: bigint, to: string): void {
  context.ifStopped(
    `the transaction goes on without this command: ${nextCommand(context, `ledger tx ${view.transaction}`)} shows where it stands`,
  )
  if (!context.json) context.terminal.note(`sent: ${unitsText(amount)} to ${to}, as ${view.transaction}`)
}

function noteStanding(context: CliContext, { state, why }: TransactionView): void {
  if (state !== 'final') context.terminal.note(safeLine(why))
}

async function showEnd(context: CliContext, view: TransactionView, wait: boolean, afterMs: number): Promise<void> {
  const isFinal = view.state === 'final'
  const isOpen = view.state === 'sent' || view.state === 'pending' || view.state === 'inBlock'
  if (isOpen && wait) context.exitWith(EXIT.timeout)
  else if (!isFinal && !isOpen) context.exitWith(EXIT.error)
  await showResult(context, { ...view, finalAfterMs: isFinal ? afterMs : null }, () => {
    if (isOpen && !wait) return [view.transaction]
    if (isOpen) {
      return [
        `Not final after ${formatDuration(afterMs)}; it goes on by itself. ${nextCommand(context, `ledger tx ${view.transaction}`)} shows where it stands, ${nextCommand(context, 'ledger status')} how the ledger does.`,
      ]
    }
    if (!isFinal) return [`${safeLine(view.why)}. ${safeLine(view.todo)}.`]
    return [`final at height ${view.height} after ${afterMs} ms, for a fee of ${unitsText(BigInt(view.fee ?? '0'))}`]
  })
}

/** The events until the signal aborts: then it ends without an error. */
async function* until<Item>(signal: AbortSignal, events: AsyncGenerator<Item>): AsyncGenerator<Item> {
  const aborted = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
  for (;;) {
    const next = await Promise.race([events.next(), aborted])
    if (next === undefined || next.done === true) return
    yield next.value
  }
}
