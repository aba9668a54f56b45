import { JobId, LeaseId, limits, NodeId, type Timers } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import {
  accountOf,
  accruedTo,
  carriedTo,
  decodeTerms,
  type Hold,
  holdsBy,
  JOBS_MODULE,
  type JobBill,
  jobBills,
  LEASES_MODULE,
  type Ledger,
  leaseIdOf,
  leaseStanding,
  memberOf,
  type StateReader,
} from '@borgios/ledger'
import { compareBytes, type EarnLineView, type EarnRequest, type EarnView } from '@borgios/protocol'
import { indexBehind } from '../errors.ts'
import { changeOf, type EarnLine, earnedSince } from './earn-lines.ts'
import type { History, LedgerIndex } from './ledger-index.ts'
import { payoutView } from './payout-view.ts'
import { epochOf, subjectText } from './subject-text.ts'

export interface EarnModules {
  readonly ledger: Ledger
  readonly index: LedgerIndex
  readonly timers: Timers
  /** 32 bytes: this node. */
  readonly node: Uint8Array
  /** Names of the user's files by lease and of its jobs, as their ids. */
  readonly names: ReadonlyMap<string, string>
}

/** What the lines are looked up in, at one height. */
interface Lookup {
  readonly account: Uint8Array
  readonly node: Uint8Array
  readonly state: StateReader
  readonly ledger: Ledger
  readonly names: ReadonlyMap<string, string>
  /** Bills that the account paid or was paid by, of each job. */
  readonly bills: ReadonlyMap<string, readonly JobBill[]>
  /** What the account has set aside now, by the job or lease it is for. */
  readonly setAside: ReadonlyMap<string, bigint>
  /** How epochs ended: two lines are about each. */
  readonly payouts: Map<string, EarnLineView['payout']>
}

/**
 * What an account earned and spent, and whether that comes to what the ledger's state says it has. Throws NODE_INDEX_BEHIND; undefined
 * for an account of which no history is kept here.
 */
export async function earnView(
  account: Uint8Array,
  { of, sinceHeight }: EarnRequest,
  modules: EarnModules,
): Promise<EarnView | undefined> {
  const { ledger, node } = modules
  const history = await historyAtState(account, modules)
  if (history === undefined) return undefined
  // From here on nothing is awaited: state and history are of one height.
  const { state } = ledger
  const balance = accountOf(state, account)?.balance ?? 0n
  const { from, lines } = earnedSince(history, Math.min(sinceHeight, history.height))
  const sum = lines.reduce((total, line) => total + changeOf(line), from.balance)
  const lookup = lookupOf(account, modules)
  return {
    of,
    node: NodeId.fromBytes(node),
    account: accountIdOf(account),
    isMember: memberOf(state, node) !== undefined,
    from: { ...from, balance: String(from.balance) },
    lines: lines.map((line) => lineView(line, lookup)),
    balance: String(balance),
    height: history.height,
    isEqual: sum === balance && lines.every(({ kind }) => kind !== 'other'),
    accrued: String(of === 'node' ? accruedTo(state, node) : 0n),
    carried: String(of === 'node' ? carriedTo(state, node) : 0n),
  }
}

/** Everything that lines ask for, gathered once: there may be thousands of them, and of bills. */
function lookupOf(account: Uint8Array, { ledger, node, names }: EarnModules): Lookup {
  const { state } = ledger
  const bills = new Map<string, JobBill[]>()
  for (const bill of jobBills(state)) {
    if (!isSame(bill.payer, account) && !isSame(bill.payTo, account)) continue
    const known = bills.get(textOf(bill.job))
    if (known === undefined) bills.set(textOf(bill.job), [bill])
    else known.push(bill)
  }
  const setAside = new Map<string, bigint>()
  for (const hold of holdsBy(state, account)) {
    const about = aboutOf(hold)
    if (about !== undefined) setAside.set(textOf(about), (setAside.get(textOf(about)) ?? 0n) + hold.left)
  }
  return { account, node, state, ledger, names, bills, setAside, payouts: new Map() }
}

/** The job or lease that money is set aside for. */
function aboutOf({ purpose, payer, terms }: Hold): Uint8Array | undefined {
  if (purpose === JOBS_MODULE) return decodeTerms(terms).job
  return purpose === LEASES_MODULE ? leaseIdOf(payer, terms) : undefined
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const isSame = (one: Uint8Array, other: Uint8Array): boolean => compareBytes(one, other) === 0

/** The whole history, of the height at which the state stands when it resolves. */
async function historyAtState(
  account: Uint8Array,
  { ledger, index, timers }: EarnModules,
): Promise<History | undefined> {
  for (let triesLeft = limits.node.indexTries; triesLeft > 0; triesLeft -= 1) {
    const history = await index.history(account, limits.node.keptMovements)
    if (history === undefined || history.height === ledger.chain.record.height) return history
    await timers.sleep(limits.node.transactionPollMs)
  }
  throw indexBehind(
    'the history of this node is behind its ledger: it may not be able to write it. See its node.log, and start it again',
  )
}

function lineView(line: EarnLine, lookup: Lookup): EarnLineView {
  const { kind, subject, came, left, fee, times, fromHeight, toHeight } = line
  const about = subjectText({ kind: subjectKind(line), subject }, lookup.ledger.chain.modules.registry)
  return {
    kind,
    about,
    name: (about === null ? undefined : lookup.names.get(about)) ?? null,
    came: String(came),
    left: String(left),
    fee: String(fee),
    times,
    fromHeight,
    toHeight,
    bill: billOf(line, lookup),
    lease: leaseOf(line, lookup),
    payout: payoutOf(line, lookup),
  }
}

/** A kind of movement whose subject is written as that of the line. */
function subjectKind({ kind }: EarnLine) {
  if (kind === 'transfer') return 'sent'
  if (kind === 'job' || kind === 'jobRun') return 'jobPaid'
  return kind
}

/** What an account paid for a job, or a node was paid for it. */
function billOf({ kind, subject }: EarnLine, { bills, setAside, account }: Lookup): EarnLineView['bill'] {
  if (subject === undefined || (kind !== 'job' && kind !== 'jobRun')) return null
  let [paid, burned] = [0n, 0n]
  const nodes = new Set<NodeId>()
  for (const bill of bills.get(textOf(subject)) ?? []) {
    if (!isSame(kind === 'job' ? bill.payer : bill.payTo, account)) continue
    paid += bill.gross
    burned += bill.burned
    nodes.add(NodeId.fromBytes(bill.node))
  }
  const left = String(setAside.get(textOf(subject)) ?? 0n)
  return { paid: String(paid), burned: String(burned), setAside: left, nodes: [...nodes] }
}

function leaseOf({ kind, subject }: EarnLine, { state, setAside }: Lookup): EarnLineView['lease'] {
  if (subject === undefined || kind !== 'lease') return null
  const lease = leaseStanding(state, subject)
  return {
    left: String((setAside.get(textOf(subject)) ?? 0n) + (lease?.left ?? 0n)),
    bytes: lease?.bytes ?? 0,
    nodes: (lease?.nodes ?? []).map((key) => NodeId.fromBytes(key)),
    lastsMs: lease?.lastsMs ?? null,
  }
}

function payoutOf({ kind, subject }: EarnLine, { state, payouts }: Lookup): EarnLineView['payout'] {
  const epoch = epochOf(subject)
  if (subject === undefined || epoch === undefined || (kind !== 'storage' && kind !== 'emission')) return null
  const key = textOf(subject)
  const payout = payouts.get(key) ?? payoutView(state, epoch, subject.subarray(0, 32)) ?? null
  payouts.set(key, payout)
  return payout
}

/** Names of what a user stored and ran, by the ids that lines are about. */
export function namesOf(
  files: readonly { readonly lease?: LeaseId; readonly name: string }[],
  jobs: readonly { readonly job: string; readonly name: string }[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { lease, name } of files) if (lease !== undefined && LeaseId.is(lease)) names.set(lease, name)
  for (const { job, name } of jobs) if (JobId.is(job)) names.set(job, name)
  return names
}
