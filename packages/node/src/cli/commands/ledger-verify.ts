import {
  BlockId,
  formatCount,
  formatDuration,
  isBorgError,
  limits,
  NetworkId,
  NodeId,
  OperatorId,
  TransactionId,
} from '@borgios/core'
import { accountBytesOf, accountIdOf, nobleEd25519 } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { ledgerModules, type Member, ModuleRegistry, memberTable } from '@borgios/ledger'
import { type AskLedger, accountRecords, type FinalBlock, type LedgerReader, type Proven } from '@borgios/light'
import { type Account, decodeCheckpoint, encodeCheckpoint, type Receipt } from '@borgios/protocol'
import { provenAbsent } from '../../errors.ts'
import { unitsText } from '../../ledger/amount.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { genesisTrustIn, openReader, type TrustedReader, type TrustSource } from '../ledger-trust.ts'
import { walletSeedIn } from '../own-folder.ts'
import { safeLine } from '../safe-text.ts'
import { tableLines } from '../table.ts'

export interface VerifyOptions {
  /** What `ledger checkpoint` printed somewhere. */
  readonly checkpoint?: string
}

/** What was asked about: an object for programs, rows for people. */
interface Shown {
  readonly about: object
  readonly rows: readonly (readonly [string, string])[]
}

/** The same, the block that proves it, and the newest one that was shown. */
interface Checked extends Shown {
  readonly block: FinalBlock
  readonly head: Proven<unknown>
}

/**
 * Checks in this process what the ledger says of an account, a transaction or a node; the daemon is asked for proofs and not believed. The
 * account of the wallet unless something is named.
 */
export async function verify(
  context: CliContext,
  subject: string | undefined,
  { checkpoint }: VerifyOptions,
): Promise<void> {
  const daemon = await daemonOf(context)
  const trusted = await openReader(context, patient(context, daemon.light), checkpoint)
  const { reader, source } = trusted
  try {
    const { about, rows, block, head } = await prove(context, subject, trusted)
    await trusted.keep()
    const said = { ...about, proof: proofView(block, head, trusted) }
    await showResult(context, said, () => tableLines([...rows, ...proofRows(block, head, source)]))
    if (head.ageMs > limits.node.stalledMs && !context.json) {
      context.terminal.note(
        'The newest block is old: the network stands still, or the node that was asked is behind or keeps newer ones back. Ask another one.',
      )
    }
  } catch (error) {
    if (reader.fork !== undefined) {
      context.terminal.note(`both blocks with their signatures are in ${await trusted.keepFork(reader.fork)}`)
    }
    throw error
  }
}

/** What cannot be proved just now, such as before the first block, is asked for again for a while. */
function patient({ clock, timers, signal }: CliContext, ask: AskLedger): AskLedger {
  return async (request) => {
    const untilMs = clock.monotonicMs() + limits.node.proofWaitMs
    for (;;) {
      try {
        return await ask(request)
      } catch (error) {
        const isEarly = isBorgError(error) && error.code === 'LEDGER_PROOF_MISSING' && error.retryable
        if (!isEarly || clock.monotonicMs() >= untilMs) throw error
      }
      await timers.sleep(limits.node.proofPollMs, signal)
    }
  }
}

async function prove(context: CliContext, subject: string | undefined, trusted: TrustedReader): Promise<Checked> {
  const { reader, network } = trusted
  if (subject !== undefined && TransactionId.is(subject)) return proveTransaction(subject, network, reader)
  if (subject !== undefined && NodeId.is(subject)) return proveMember(subject, reader)
  const account =
    subject === undefined
      ? nobleEd25519.signerFromSeed(await walletSeedIn(context.dataFolder)).publicKey
      : accountBytesOf(subject)
  const proven = await reader.record(accountRecords, account)
  return { ...accountShown(account, proven.value), block: proven.block, head: proven }
}

function accountShown(account: Uint8Array, record: Account | undefined): Shown {
  const id = accountIdOf(account)
  const { balance = 0n, nonce = 0 } = record ?? {}
  const isOpen = record !== undefined
  return {
    about: { account: id, isOpen, balance: String(balance), nonce },
    rows: [
      ['account', id],
      ['balance', `${unitsText(balance)}${isOpen ? '' : ': the ledger has no record of it'}`],
      ['sent', formatCount(nonce, 'transaction')],
    ],
  }
}

/** Throws NODE_PROVEN_ABSENT. */
async function proveMember(node: NodeId, reader: LedgerReader): Promise<Checked> {
  const proven = await reader.record(memberTable, NodeId.toBytes(node))
  const { value: member, block } = proven
  if (member === undefined) {
    throw provenAbsent(`${node} is no member of the ledger: that is proved by block ${block.header.height}`)
  }
  return { ...memberShown(node, member), block, head: proven }
}

function memberShown(node: NodeId, { state, operator, deposit, account, joinedEpoch }: Member): Shown {
  const by = OperatorId.fromBytes(operator)
  const earner = accountIdOf(account)
  return {
    about: { node, state, operator: by, account: earner, deposit: String(deposit), joinedEpoch },
    rows: [
      ['node', node],
      ['state', state],
      ['operator', by],
      ['earns for', earner],
      ['deposit', unitsText(deposit)],
    ],
  }
}

async function proveTransaction(id: TransactionId, network: Uint8Array, reader: LedgerReader): Promise<Checked> {
  const head = await reader.head()
  const { value, block } = await reader.receipt(TransactionId.toBytes(id))
  return { ...receiptShown(id, network, value), block, head }
}

function receiptShown(transaction: TransactionId, network: Uint8Array, { status, feePaid }: Receipt): Shown {
  const isDone = status === 0
  const registry = new ModuleRegistry(ledgerModules({ network, ed25519: sodiumEd25519 }).modules)
  const code = isDone ? null : (registry.codeOf(status) ?? String(status))
  return {
    about: { transaction, isDone, code, fee: String(feePaid) },
    rows: [
      ['transaction', transaction],
      ['state', isDone ? 'it took effect' : `failed (${code}): only its fee was taken`],
      ['fee', unitsText(feePaid)],
    ],
  }
}

const ageOf = ({ ageMs }: Proven<unknown>): number => Math.max(0, Math.round(ageMs))

function proofView({ header, hash, support }: FinalBlock, head: Proven<unknown>, { network, source }: TrustedReader) {
  return {
    network: NetworkId.fromBytes(network),
    height: header.height,
    block: BlockId.fromBytes(hash),
    epoch: header.epoch,
    timeMs: header.timeMs,
    ...support,
    newest: { height: head.block.header.height, ageMs: ageOf(head) },
    from: source,
  }
}

const SOURCES: Readonly<Record<TrustSource, string>> = {
  genesis: 'the genesis of the network',
  checkpoint: 'the checkpoint that was given',
  kept: 'what was proved before',
}

function proofRows({ header, support }: FinalBlock, head: Proven<unknown>, source: TrustSource): [string, string][] {
  const { signatures, validators, weight, totalWeight, quorum } = support
  const weights = totalWeight === validators ? '' : `, with ${weight} of a weight of ${totalWeight}`
  const age = `made ${formatDuration(ageOf(head))} ago`
  const newest = head.block.header.height
  const counted = `${signatures} of ${validators} validators of epoch ${header.epoch}${weights}; ${quorum} decide`
  // Of old blocks, and where checking began, nobody's signatures count.
  const trusted =
    header.height === newest ? 'nobody: checking begins with it' : `those of block ${newest}, as it stands on it`
  return [
    ['proved by', `block ${header.height}${header.height === newest ? `, ${age}` : ''}`],
    ['signed by', signatures > 0 ? counted : trusted],
    ...(header.height === newest ? [] : ([['newest', `block ${newest}, ${age}`]] as [string, string][])),
    ['beginning', SOURCES[source]],
  ]
}

/** Prints the checkpoint of the daemon's ledger, for others to begin with who trust it. In the first epochs that is genesis, which is in the folder. */
export async function checkpoint(context: CliContext): Promise<void> {
  const [bytes] = await (await daemonOf(context)).light({ ask: 'checkpoint' })
  const given = bytes === undefined ? (await genesisTrustIn(context.dataFolder)).checkpoint : decodeCheckpoint(bytes)
  const { network, height, committee, blockHash, timeMs } = given
  const text = Buffer.from(encodeCheckpoint(given)).toString('base64url')
  const about = { network: NetworkId.fromBytes(network), height, epoch: committee.epoch, timeMs }
  await showResult(context, { checkpoint: text, ...about, block: BlockId.fromBytes(blockHash) }, () => [safeLine(text)])
  if (context.json) return
  context.terminal.note(
    `${height === 0 ? 'Genesis' : `Block ${height}, where the epoch before the one under way began`}. "borgios ledger verify --checkpoint TEXT" begins with it: for who trusts this node.`,
  )
}
