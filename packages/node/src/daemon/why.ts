import {
  formatBytes,
  formatCount,
  formatDuration,
  HOUR_MS,
  isBorgError,
  LeaseId,
  NodeId,
  OperatorId,
  ShardId,
  shortId,
  TransactionId,
} from '@borgios/core'
import { type LeaseStanding, leaseStanding } from '@borgios/ledger'
import type { FileInfoView, JobRecord, NodeView, WhyView } from '@borgios/protocol'
import type { NodeIdentity } from '../config/identity.ts'
import { ambiguousSubject, unknownSubject, usageError } from '../errors.ts'
import { unitsText } from '../ledger/amount.ts'
import type { MembershipView } from '../ledger/membership-view.ts'
import { idsBeginning, transactionView, transactionViewOf } from '../ledger/transaction-view.ts'
import { infoView } from './file-routes.ts'
import { isFinal } from './job-book.ts'
import { ledgerOf, statusOfLedger, withStanding } from './ledger-routes.ts'
import { askedView, gatherNetwork } from './network-view.ts'
import type { NodeServices } from './node-services.ts'

const BRING_BACK =
  'Bring back nodes that are down ("borgios net tree" shows them); the file is whole again as soon as they answer'

/** The fewest characters that are taken for the beginning of an id. */
const MIN_BEGINNING_CHARS = 3

const CAPABILITY_BEGINNING = 'borgios-file-'

type Explanation = () => Promise<WhyView>

/**
 * Says in a sentence how something stands, why, and what to do. `subject` is an id of a node, operator or job, a capability, or the
 * beginning of one. Throws NODE_UNKNOWN, NODE_AMBIGUOUS or NODE_USAGE.
 */
export async function explain(subject: string, services: NodeServices): Promise<WhyView> {
  const found = await candidates(subject, services)
  if (found.size > 1) {
    const some = [...found.keys()].slice(0, 5).map((id) => id.slice(0, 16))
    throw ambiguousSubject(`${found.size} things begin with "${subject}": ${some.join(', ')}. Give more of the id`)
  }
  const [explanation] = found.values()
  if (explanation !== undefined) return explanation()
  return explainUnlisted(subject, services)
}

/** Everything known here whose name begins so. */
async function candidates(subject: string, services: NodeServices): Promise<Map<string, Explanation>> {
  const found = new Map<string, Explanation>()
  if (subject.length < MIN_BEGINNING_CHARS) return found
  const { rooms, context, desk, files } = services
  const { identity } = context
  const membership = rooms.membership.view()
  if (membership.role === 'guest' && identity.node.startsWith(subject)) {
    found.set(identity.node, async () => explainGuest(identity, membership))
  }
  const view = async () => (await gatherNetwork(context, rooms, services.self)).nodes
  for (const member of rooms.network.members()) {
    const { node, operator } = member
    if (node.startsWith(subject)) {
      found.set(node, async () => explainNode(await askedView(member, context, rooms, services.self)))
    }
    if (operator.startsWith(subject)) {
      found.set(operator, async () =>
        explainOperator(
          operator,
          (await view()).filter((one) => one.operator === operator),
        ),
      )
    }
  }
  if (rooms.ledger !== undefined && subject.startsWith('t')) {
    for (const id of await transactionsBeginning(subject, services)) {
      found.set(id, async () => explainTransaction(id, services))
    }
  }
  for (const record of await desk.list()) {
    if (record.job.startsWith(subject)) found.set(record.job, async () => explainJob(record))
  }
  for (const { capability, lease, name } of await files.list()) {
    if (capability.startsWith(subject)) found.set(capability, () => explainFile(capability, services))
    if (lease?.startsWith(subject)) found.set(lease, async () => explainLease(lease, name, services))
  }
  return found
}

async function explainUnlisted(subject: string, services: NodeServices): Promise<WhyView> {
  if (ShardId.is(subject)) {
    return {
      subject,
      what: 'shard',
      state: 'nameless',
      why: `${shortId(subject)} is a shard: a piece of some file. Only who has the file's capability knows which`,
      todo: 'Ask about the file instead: "borgios file info CAPABILITY --verify"',
    }
  }
  if (LeaseId.is(subject) && services.rooms.ledger !== undefined) return explainLease(subject, undefined, services)
  if (OperatorId.is(subject)) throw unknownSubject(`no node of the operator ${shortId(subject)} is known here`)
  if (subject.startsWith(CAPABILITY_BEGINNING)) return explainFile(subject, services)
  if (subject.length < MIN_BEGINNING_CHARS) {
    throw usageError(`"${subject}" is too short to look for: give at least ${MIN_BEGINNING_CHARS} characters of an id`)
  }
  throw unknownSubject(
    `no node, operator, job, file, lease or transaction known here begins with "${subject.slice(0, 80)}". ` +
      'Nodes are in "borgios net tree", jobs in "borgios job ls", files in "borgios file ls"',
  )
}

export function explainNode(node: NodeView): WhyView {
  const name = shortId(node.id)
  const about = { subject: node.id, what: 'node' as const, state: node.state }
  if (node.state === 'down') {
    return {
      ...about,
      why: `${name} (${node.place}) counts as down: ${node.why}. It may have ended, be frozen or without network. While it is away its shards are rebuilt only where nodes of other operators can take them`,
      todo: 'Look on its machine: a stopped process goes on after "kill -CONT PID" (daemon.pid in its folder names it); if there is none, start it again ("borgios up", or "borgios node start"), and its node.log says how it ended',
    }
  }
  if (node.state === 'silent') {
    return {
      ...about,
      why: `${name} (${node.place}) does not answer: ${node.why}. Its process may be frozen, or its machine overloaded, off or cut off`,
      todo: 'Look on its machine: a stopped process goes on after "kill -CONT PID" (daemon.pid in its folder names it), or end it with "borgios down" and start it again',
    }
  }
  if (node.state !== 'attached') {
    return {
      ...about,
      why: `${name} (${node.place}) runs as process ${node.pid}, but has no place in the tree: it is ${node.state}`,
      todo: 'Wait some seconds: it looks for a parent by itself. If it stays so, no address it knows answers: check its "join" addresses',
    }
  }
  const where =
    node.parent === null ? 'is the root of the tree' : `hangs below ${shortId(node.parent)} at depth ${node.depth}`
  const jobsWhy = node.load?.jobsWhy ?? null
  return {
    ...about,
    why:
      `${name} (${node.place}) is well: it ${where}, has ${formatCount(node.children.length, 'child', 'children')}` +
      (node.load === null
        ? ''
        : `, keeps ${formatBytes(node.load.storedBytes)} in ${formatCount(node.load.shards, 'shard')}`) +
      (jobsWhy === null ? '' : `. It runs no jobs: ${jobsWhy}`),
    todo: jobsWhy === null ? 'Nothing' : 'Nothing for files; for jobs remove the cause it names and restart it',
  }
}

export const explainGuest = (
  { node, genesis }: Pick<NodeIdentity, 'node' | 'genesis'>,
  { why, todo }: Pick<MembershipView, 'why' | 'todo'>,
): WhyView => ({
  subject: node,
  what: 'node',
  state: 'guest',
  why: `${shortId(node)} is a guest of "${genesis.name}", which sees no tree and holds no shards until it is admitted: ${why}`,
  todo: `${todo}. docs/joining.md has the steps`,
})

/** Ids of transactions known here that begin so; a whole id may also be of one that is not final. */
async function transactionsBeginning(subject: string, services: NodeServices): Promise<readonly TransactionId[]> {
  const { index, ledger } = ledgerOf(services)
  if (!TransactionId.is(subject)) return (await idsBeginning(subject, index)).map(TransactionId.fromBytes)
  const view = await transactionView(TransactionId.toBytes(subject), { index, ledger })
  return view === undefined ? [] : [subject]
}

async function explainTransaction(id: TransactionId, services: NodeServices): Promise<WhyView> {
  const view = withStanding(await transactionViewOf(id, ledgerOf(services)), statusOfLedger(services))
  const { state, why, todo } = view
  return { subject: id, what: 'transaction', state, why: `the transaction ${shortId(id)} is ${why}`, todo }
}

/** `name`: of the file that it pays for, where that is a file of this user. */
function explainLease(id: LeaseId, name: string | undefined, services: NodeServices): WhyView {
  const lease = leaseStanding(ledgerOf(services).ledger.state, LeaseId.toBytes(id))
  return leaseWhy(id, name === undefined ? 'a file' : `"${name}"`, lease)
}

export function leaseWhy(id: LeaseId, file: string, lease: LeaseStanding | undefined): WhyView {
  const about = { subject: id, what: 'lease' as const }
  const pays = `${shortId(id)} is the lease that pays for keeping ${file}`
  if (lease === undefined) {
    const why = `${pays}, and the ledger has none of this id: it is over, or never began`
    return { ...about, state: 'over', why, todo: '"borgios earn" shows what was paid into it and what came back' }
  }
  const { left, bytes, nodes, lastsMs } = lease
  const on = nodes.length === 0 ? 'no node' : nodes.map((key) => shortId(NodeId.fromBytes(key))).join(', ')
  const rest = `${unitsText(left)} are left in it for ${formatBytes(bytes)} of shards on ${on}`
  if (lastsMs === undefined) {
    const why = `${pays}: ${rest}. Nobody is paid from it now: no node has accepted its part, or it has run out`
    return {
      ...about,
      state: 'unpaid',
      why,
      todo: 'Wait until its nodes have accepted; one that ran out is gone a week later',
    }
  }
  const days = formatCount(Math.floor(lastsMs / (24 * HOUR_MS)), 'day')
  return { ...about, state: 'running', why: `${pays}: ${rest}, which lasts ${days}`, todo: 'Nothing' }
}

function explainOperator(operator: string, nodes: readonly NodeView[]): WhyView {
  const up = nodes.filter((node) => node.state !== 'down' && node.state !== 'silent')
  const isWhole = up.length === nodes.length
  return {
    subject: operator,
    what: 'operator',
    state: isWhole ? 'up' : up.length === 0 ? 'down' : 'partly up',
    why: `${shortId(operator)} brings ${formatCount(nodes.length, 'node')}, ${up.length} of them up: ${nodes.map((node) => shortId(node.id)).join(', ')}`,
    todo: isWhole ? 'Nothing' : 'Ask about the node that is not up: "borgios why NODE"',
  }
}

export function explainJob(record: JobRecord): WhyView {
  const about = { subject: record.job, what: 'job' as const, state: record.state }
  const where = record.node === null ? '' : ` on ${shortId(record.node)}`
  const took = record.wallTimeMs === null ? '' : ` after ${formatDuration(record.wallTimeMs)}`
  const reason = record.why === '' ? '' : `: ${record.why}`
  if (!isFinal(record)) {
    const todo = `Wait, or watch it: "borgios job logs --follow ${shortId(record.job)}"`
    return { ...about, why: `${shortId(record.job)} (${record.name}) is ${record.state}${where}${reason}`, todo }
  }
  const code = record.exitCode === null ? 'without an exit code' : `with exit code ${record.exitCode}`
  return {
    ...about,
    why: `${shortId(record.job)} (${record.name}) ended ${code}${where}${took}${reason}${usageText(record)}`,
    todo: record.state === 'done' && record.exitCode === 0 ? 'Nothing' : jobAdvice(record),
  }
}

/** 1,024 MiB for 1,000 ms. */
const MIB_MS_PER_GIB_S = 1_024_000

function usageText({ usage, why, doubts = [] }: JobRecord): string {
  if (usage === undefined) return ''
  const { cpuMs, memoryMibMs, inputBytes, outputBytes, logBytes } = usage
  const memory = `${(memoryMibMs / MIB_MS_PER_GIB_S).toFixed(3)} GiB s of memory`
  const bytes = `${formatBytes(inputBytes)} in, ${formatBytes(outputBytes + logBytes)} out`
  const odd = doubts.length === 0 ? '' : `. That cannot be: ${doubts.join('; ')}`
  return `${why.endsWith('.') ? '' : '.'} It used ${formatDuration(cpuMs)} of processor time, ${memory}, ${bytes}${odd}`
}

function jobAdvice(record: JobRecord): string {
  if (record.exitCode === 124) return 'It ran out of time: give it more with --timeout, or less to do'
  if (record.exitCode === 137) return 'It ran out of memory: give it more with --memory'
  if (record.exitCode !== null) return `Read what it printed: "borgios job logs ${shortId(record.job)}"`
  return 'It never ran to its end: remove the cause named above and run it again'
}

async function explainFile(capability: string, services: NodeServices): Promise<WhyView> {
  try {
    return explainInfo(capability, infoView(await services.rooms.store.info(capability)))
  } catch (error) {
    // Its manifest is gone for now, so that nothing can be counted.
    if (!isBorgError(error) || error.code !== 'STORE_UNREADABLE') throw error
    return { subject: capability, what: 'file', state: 'unreadable', why: error.message, todo: BRING_BACK }
  }
}

export function explainInfo(capability: string, info: FileInfoView): WhyView {
  const name = info.name ?? 'the file'
  const counts = `${info.presentShards} of its ${formatCount(info.shards, 'shard')} are there`
  const about = { subject: capability, what: 'file' as const }
  if (info.spareShards < 0) {
    return {
      ...about,
      state: 'unreadable',
      why: `${name} cannot be read now: ${counts}, and some part has ${-info.spareShards} too few`,
      todo: BRING_BACK,
    }
  }
  if (info.presentShards < info.shards) {
    return {
      ...about,
      state: 'degraded',
      why: `${name} can be read, but ${counts}; every part can lose ${info.spareShards} more`,
      todo: 'It is repaired by itself when enough nodes are up: bring back the ones that are down or add one',
    }
  }
  return {
    ...about,
    state: 'whole',
    why: `${name} is whole: all ${formatCount(info.shards, 'shard')} are there on ${formatCount(info.holders.length, 'node')}; any ${info.spareShards} of each part may be lost`,
    todo: 'Nothing',
  }
}
