import { BlockId, formatCount, formatDuration, NetworkId, NodeId, OperatorId, TransactionId } from '@borgios/core'
import { accountBytesOf, accountIdOf, nobleEd25519 } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { ledgerModules, type Member, ModuleRegistry, memberTable } from '@borgios/ledger'
import { accountRecords, type LedgerReader, type Proven } from '@borgios/light'
import { type Account, decodeCheckpoint, type Receipt } from '@borgios/protocol'
import { daemonForeign, provenAbsent } from '../../errors.ts'
import { unitsText } from '../../ledger/amount.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { openReader, type TrustedReader, type TrustSource } from '../ledger-trust.ts'
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
  const trusted = await openReader(context, daemon.light, checkpoint)
  const { reader, source } = trusted
  try {
    const proven = await prove(context, subject, trusted)
    await trusted.keep()
    const said = { ...proven.value.about, proof: proofView(proven, trusted) }
    await showResult(context, said, () => tableLines([...proven.value.rows, ...proofRows(proven, source)]))
  } catch (error) {
    if (reader.fork !== undefined) {
      context.terminal.note(`both blocks with their signatures are in ${await trusted.keepFork(reader.fork)}`)
    }
    throw error
  }
}

async function prove(context: CliContext, subject: string | undefined, trusted: TrustedReader): Promise<Proven<Shown>> {
  const { reader, network } = trusted
  if (subject !== undefined && TransactionId.is(subject)) return proveTransaction(subject, network, reader)
  if (subject !== undefined && NodeId.is(subject)) return proveMember(subject, reader)
  const account =
    subject === undefined
      ? nobleEd25519.signerFromSeed(await walletSeedIn(context.dataFolder)).publicKey
      : accountBytesOf(subject)
  const proven = await reader.record(accountRecords, account)
  return { ...proven, value: accountShown(account, proven.value) }
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
async function proveMember(node: NodeId, reader: LedgerReader): Promise<Proven<Shown>> {
  const proven = await reader.record(memberTable, NodeId.toBytes(node))
  const { value: member, block } = proven
  if (member === undefined) {
    throw provenAbsent(`${node} is no member of the ledger: that is proved by block ${block.header.height}`)
  }
  return { ...proven, value: memberShown(node, member) }
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

async function proveTransaction(id: TransactionId, network: Uint8Array, reader: LedgerReader): Promise<Proven<Shown>> {
  // What is kept comes to the newest block, however old the transaction is.
  await reader.head()
  const proven = await reader.receipt(TransactionId.toBytes(id))
  return { ...proven, value: receiptShown(id, network, proven.value) }
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

function proofView({ block, ageMs }: Proven<unknown>, { network, source }: TrustedReader) {
  const { header, hash, support } = block
  return {
    network: NetworkId.fromBytes(network),
    height: header.height,
    block: BlockId.fromBytes(hash),
    epoch: header.epoch,
    timeMs: header.timeMs,
    ageMs: Math.max(0, Math.round(ageMs)),
    ...support,
    from: source,
  }
}

const SOURCES: Readonly<Record<TrustSource, string>> = {
  genesis: 'the genesis of the network',
  checkpoint: 'the checkpoint that was given',
  kept: 'what was proved before',
}

function proofRows({ block, ageMs }: Proven<unknown>, source: TrustSource): [string, string][] {
  const { header, support } = block
  const { signatures, validators, weight, totalWeight, quorum } = support
  const weights = totalWeight === validators ? '' : `, with ${weight} of a weight of ${totalWeight}`
  return [
    ['proved by', `block ${header.height}, made ${formatDuration(Math.max(0, ageMs))} ago`],
    ['signed by', `${signatures} of ${validators} validators of epoch ${header.epoch}${weights}; ${quorum} decide`],
    ['beginning', SOURCES[source]],
  ]
}

/** Prints where the daemon's ledger stands, for others to begin with who trust it. */
export async function checkpoint(context: CliContext): Promise<void> {
  const [bytes] = await (await daemonOf(context)).light({ ask: 'checkpoint' })
  if (bytes === undefined) throw daemonForeign('the daemon gave no checkpoint: it runs another release. Restart it')
  const { network, height, committee, blockHash, timeMs } = decodeCheckpoint(bytes)
  const text = Buffer.from(bytes).toString('base64url')
  const about = { network: NetworkId.fromBytes(network), height, epoch: committee.epoch, timeMs }
  await showResult(context, { checkpoint: text, ...about, block: BlockId.fromBytes(blockHash) }, () => [safeLine(text)])
  if (context.json) return
  context.terminal.note(
    `Block ${height}. "borgios ledger verify --checkpoint TEXT" begins with it: for who trusts this node.`,
  )
}
