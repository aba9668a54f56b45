import { createReadStream } from 'node:fs'
import { basename, resolve } from 'node:path'
import { formatBytes, formatCount, formatDuration, HOUR_MS, limits, MIB, SECOND_MS, shortId } from '@borgios/core'
import type { FileInfoView, FilePayment, ListedFile, PutView } from '@borgios/protocol'
import { formatTime } from '../../adapters/index.ts'
import type { DaemonClient, DeliveredFile } from '../../client/daemon-client.ts'
import { daemonBrokeOff, usageError } from '../../errors.ts'
import { type CliContext, daemonOf, nextCommand, showResult } from '../context.ts'
import { readableSize } from '../local-file.ts'
import { Progress } from '../progress.ts'
import { safeLine } from '../safe-text.ts'
import { inspectTarget, saveFile, type TargetKind } from '../save-file.ts'
import { tableLines } from '../table.ts'

const STDIO = '-'

export interface PutFileOptions {
  readonly name?: string
  /** Such as `3+2`. */
  readonly coding?: string | undefined
}

/** Stores a file of this machine and shows how far it is. */
export async function putFile(
  context: CliContext,
  daemon: DaemonClient,
  path: string,
  options: PutFileOptions = {},
): Promise<PutView> {
  const bytes = path === STDIO ? undefined : await readableSize(path)
  const source = path === STDIO ? process.stdin : createReadStream(path, { highWaterMark: MIB })
  const shown = (options.name ?? (path === STDIO ? 'stdin' : basename(path))).slice(0, limits.node.maxNameChars)
  context.ifStopped(`${shown} was not stored`)
  const progress = new Progress(`storing ${safeLine(shown)}`, context.terminal, context.clock)
  try {
    const sent = thenCall(source, () =>
      context.ifStopped(
        `all of ${shown} had been sent, so it may be stored: ${nextCommand(context, 'file ls')} shows it if it is`,
      ),
    )
    for await (const event of daemon.put(sent, { name: shown, bytes, coding: options.coding })) {
      if (event.event === 'progress') progress.update(event.doneBytes, event.totalBytes ?? undefined)
      if (event.event === 'put') {
        progress.end()
        warnUnlisted(context, event.put)
        return event.put
      }
    }
  } finally {
    progress.end()
  }
  throw daemonBrokeOff('the daemon ended the upload without a result')
}

/** Passes bytes on; calls `atEnd` before anyone can see that they have ended. */
async function* thenCall(source: AsyncIterable<Uint8Array>, atEnd: () => void): AsyncGenerator<Uint8Array> {
  yield* source
  atEnd()
}

/** The capability is said here, too: a job that needs the file first shows it nowhere else. */
function warnUnlisted({ terminal }: CliContext, { name, capability, listed, why }: PutView): void {
  if (listed) return
  terminal.note(
    `${terminal.style('warning:', 'warn', 'stderr')} ${safeLine(name)} is stored, but could not be listed: ${safeLine(why)}. ` +
      `"file ls" will not show it. Keep its capability: ${capability}`,
  )
}

export async function put(context: CliContext, path: string, options: PutFileOptions): Promise<void> {
  const startMs = context.clock.monotonicMs()
  const result = await putFile(context, await daemonOf(context), path, options)
  const tookMs = context.clock.monotonicMs() - startMs
  const { bytes, coding, shards, missingShards } = result
  if (!context.json) {
    const speed = formatBytes(Math.round((bytes * SECOND_MS) / Math.max(1, tookMs)))
    context.terminal.note(
      `Stored ${formatBytes(bytes)} in ${formatDuration(tookMs)} (${speed}/s) as ${formatCount(shards, 'shard')}: any ${coding.data} of ${coding.data + coding.parity} rebuild a part.` +
        (coding.parity === 0 ? ' None may be lost: the file goes with any node that holds a part of it.' : '') +
        (missingShards > 0
          ? ` ${formatCount(missingShards, 'shard')} still without a node: placed by itself when one is there.`
          : ''),
    )
    context.terminal.note('Whoever has this text can read the file; without it nobody can:')
  }
  await showResult(context, result, () => [result.capability])
}

export interface GetFileOptions {
  readonly output?: string
  /** False: never replaces a file. */
  readonly clobber?: boolean
}

/** Writes a file of the network to this machine. Only a file that is named is ever replaced, and only by the whole new one. */
export async function get(context: CliContext, capability: string, options: GetFileOptions): Promise<void> {
  if (options.output === STDIO && context.json) throw usageError('--json and -o - both want stdout: leave one out')
  const startMs = context.clock.monotonicMs()
  const daemon = await daemonOf(context)
  // Before anything is fetched, and once more when the name is known.
  if (options.output !== undefined && options.output !== STDIO) await inspectTarget(options.output, options.clobber)
  const file = await daemon.open(capability)
  const target = options.output ?? storedName(file.name)
  const kind =
    target === STDIO ? 'device' : await inspectTarget(target, options.output !== undefined && options.clobber)
  context.ifStopped(fateOf(target, kind))
  const progress = new Progress(`getting ${safeLine(file.name)}`, context.terminal, context.clock)
  try {
    if (target === STDIO) for await (const part of counted(file, progress)) await context.terminal.write(part)
    else await saveFile(target, counted(file, progress))
  } finally {
    progress.end()
  }
  if (target === STDIO) return
  const tookMs = context.clock.monotonicMs() - startMs
  const { bytes, name } = file
  await showResult(context, { file: resolve(target), bytes, name, replaced: kind === 'file' }, () => [
    `${target}${kind === 'file' ? ' (replaced)' : ''}: ${formatBytes(bytes)} in ${formatDuration(tookMs)} (${formatBytes(Math.round((bytes * SECOND_MS) / Math.max(1, tookMs)))}/s)`,
  ])
}

/** What stopping leaves of a target: a file is written whole or not at all. */
function fateOf(target: string, kind: TargetKind): string {
  if (kind === 'device') return 'only a part of the file was written'
  return kind === 'new' ? 'nothing of the file was kept' : `nothing of the file was kept, ${target} is as it was`
}

async function* counted(file: DeliveredFile, progress: Progress): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const part of file.content) {
    done += part.length
    progress.update(done, file.bytes)
    yield part
  }
}

/** The name a file was stored under, which whoever stored it chose: never a path, nor one that programs read by themselves. */
function storedName(stored: string): string {
  const name = basename(safeLine(stored))
  if (name !== '' && !name.startsWith('.')) return name
  throw usageError(`this file was stored as "${safeLine(stored)}": say where to put it with -o FILE`)
}

/** Below this a user should do something about it. */
const SOON_MS = 7 * 24 * HOUR_MS

/** The ledger says no more than that it is later. */
const YEAR_MS = 365 * 24 * HOUR_MS

/** Empty where nothing was ever paid. */
function paymentText(payment: FilePayment | null, nowMs: number): string {
  if (payment === null) return ''
  const { state, untilMs } = payment
  if (state === 'waiting') return 'not paid yet'
  if (state === 'over' || untilMs === null) return 'unpaid'
  if (state === 'grace') return `unpaid, renew by ${formatTime(untilMs)}`
  return untilMs >= nowMs + YEAR_MS ? 'paid for a year or more' : `paid until ${formatTime(untilMs)}`
}

/** Pays for a stored file for longer. */
export async function renew(
  context: CliContext,
  capability: string,
  { days }: { readonly days: number },
): Promise<void> {
  const daemon = await daemonOf(context)
  for await (const event of daemon.renew(capability, days * 24 * HOUR_MS)) {
    if (event.event !== 'renewed') continue
    const { file } = event
    return showResult(context, file, () => [
      `${safeLine(file.name)}: ${paymentText(file.payment, context.clock.nowMs())}`,
    ])
  }
  throw daemonBrokeOff('the daemon ended without an answer')
}

function warnUnpaid(context: CliContext, files: readonly ListedFile[]): void {
  const { terminal, clock, json } = context
  const soonMs = clock.nowMs() + SOON_MS
  const due = files.filter(({ payment }) => payment?.state === 'grace' || (payment?.untilMs ?? soonMs) < soonMs)
  if (json || due.length === 0) return
  const [count, word] = [formatCount(due.length, 'file'), terminal.style('warning:', 'warn', 'stderr')]
  terminal.note(`${word} ${count} paid for less than a week more: ${nextCommand(context, 'file renew CAPABILITY')}`)
}

export async function ls(context: CliContext): Promise<void> {
  const files = await (await daemonOf(context)).files()
  warnUnpaid(context, files)
  const isAnyPaid = files.some(({ payment }) => payment !== null)
  await showResult(context, { files }, () =>
    files.length === 0
      ? [`No file was stored from here yet: ${nextCommand(context, 'file put FILE')}`]
      : tableLines(
          files.map((file) => [
            safeLine(file.name),
            formatBytes(file.bytes),
            formatTime(file.storedAtMs),
            ...(isAnyPaid ? [paymentText(file.payment, context.clock.nowMs())] : []),
            safeLine(file.capability),
          ]),
        ),
  )
}

export async function info(
  context: CliContext,
  capability: string,
  options: { readonly verify?: boolean },
): Promise<void> {
  const daemon = await daemonOf(context)
  const view = await fileInfo(daemon, capability, options.verify === true)
  await showResult(context, view, () => infoLines(view))
}

/** Health of a file. */
export async function fileInfo(daemon: DaemonClient, capability: string, verify: boolean): Promise<FileInfoView> {
  for await (const event of daemon.info(capability, verify)) if (event.event === 'info') return event.info
  throw daemonBrokeOff('the daemon ended without an answer')
}

function infoLines(view: FileInfoView): string[] {
  const { coding } = view
  const health =
    view.spareShards < 0
      ? 'cannot be read now: too few nodes with its shards answer'
      : view.presentShards < view.shards
        ? `readable; every part can lose ${formatCount(view.spareShards, 'more shard', 'more shards')}; being repaired where nodes allow`
        : `whole; every part can lose any ${formatCount(view.spareShards, 'shard')}`
  return tableLines([
    ['name', safeLine(view.name ?? '-')],
    ['size', `${formatBytes(view.bytes)} (${formatCount(view.bytes, 'byte')})`],
    [
      'coding',
      `${coding.data}+${coding.parity}: any ${coding.data} of ${coding.data + coding.parity} shards rebuild a part, ${formatCount(view.stripes, 'part')}`,
    ],
    ['shards', `${view.presentShards} of ${view.shards} ${view.verified ? 'read back and verified' : 'there'}`],
    ['health', health],
    ...view.holders.map((holder, index) => [
      index === 0 ? 'on' : '',
      `${shortId(holder.node)}  ${formatCount(holder.shards, 'shard')}`,
    ]),
  ])
}
