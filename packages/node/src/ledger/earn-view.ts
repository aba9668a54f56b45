import { JobId, LeaseId, limits, NodeId, type Timers } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import {
  accountOf,
  accruedTo,
  decodeTerms,
  type Hold,
  holdsBy,
  JOBS_MODULE,
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
  /** What the account has set aside now. */
  readonly holds: readonly Hold[]
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
  const { ledger, node, names } = modules
  const history = await historyAtState(account, modules)
  if (history === undefined) return undefined
  // From here on nothing is awaited: state and history are of one height.
  const { state } = ledger
  const balance = accountOf(state, account)?.balance ?? 0n
  const { from, lines } = earnedSince(history, Math.min(sinceHeight, history.height))
  const sum = lines.reduce((total, line) => total + changeOf(line), from.balance)
  const lookup = { account, node, state, ledger, names, holds: holdsBy(state, account) }
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
  }
}

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
function billOf({ kind, subject }: EarnLine, { state, holds, account }: Lookup): EarnLineView['bill'] {
  if (subject === undefined || (kind !== 'job' && kind !== 'jobRun')) return null
  let [paid, burned] = [0n, 0n]
  const nodes = new Set<NodeId>()
  for (const bill of jobBills(state)) {
    const party = kind === 'job' ? bill.payer : bill.payTo
    if (compareBytes(bill.job, subject) !== 0 || compareBytes(party, account) !== 0) continue
    paid += bill.gross
    burned += bill.burned
    nodes.add(NodeId.fromBytes(bill.node))
  }
  const setAside = holds
    .filter(({ purpose, terms }) => purpose === JOBS_MODULE && compareBytes(decodeTerms(terms).job, subject) === 0)
    .reduce((sum, hold) => sum + hold.left, 0n)
  return { paid: String(paid), burned: String(burned), setAside: String(setAside), nodes: [...nodes] }
}

function leaseOf({ kind, subject }: EarnLine, { state, holds }: Lookup): EarnLineView['lease'] {
  if (subject === undefined || kind !== 'lease') return null
  const lease = leaseStanding(state, subject)
  const reserved = holds
    .filter(({ purpose, payer, terms }) => purpose === LEASES_MODULE && isLease(payer, terms, subject))
    .reduce((sum, { left }) => sum + left, 0n)
  return {
    left: String(reserved + (lease?.left ?? 0n)),
    bytes: lease?.bytes ?? 0,
    nodes: (lease?.nodes ?? []).map((key) => NodeId.fromBytes(key)),
    lastsMs: lease?.lastsMs ?? null,
  }
}

const isLease = (payer: Uint8Array, label: Uint8Array, lease: Uint8Array): boolean =>
  compareBytes(leaseIdOf(payer, label), lease) === 0

function payoutOf({ kind, subject }: EarnLine, { state }: Lookup): EarnLineView['payout'] {
  const epoch = epochOf(subject)
  if (subject === undefined || epoch === undefined || (kind !== 'storage' && kind !== 'emission')) return null
  return payoutView(state, epoch, subject.subarray(0, 32)) ?? null
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
