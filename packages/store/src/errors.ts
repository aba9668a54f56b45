import {
  type Blame,
  BorgError,
  type ErrorKind,
  type ErrorMeta,
  formatBytes,
  isBorgError,
  messageOf,
  type NodeId,
  type ShardId,
  shortId,
} from '@borgios/core'
import type { Coding } from './file-store.ts'
import { codingThatFits } from './placement/coding-that-fits.ts'

interface Details {
  readonly kind: ErrorKind
  readonly blame?: Blame
  readonly retryable?: boolean
  readonly meta?: ErrorMeta
  readonly cause?: unknown
}

const make = (code: string, message: string, details: Details): BorgError =>
  new BorgError(message, { code, ...details })

export const kernelMissing = (cause: unknown): BorgError =>
  make('STORE_KERNEL_MISSING', 'the erasure-coding kernel is not built; run `npm run setup` first', {
    kind: 'unavailable',
    blame: 'self',
    cause,
  })

export const badCoding = (why: string): BorgError =>
  make('STORE_BAD_CODING', `this coding cannot be used: ${why}`, { kind: 'invalid', blame: 'caller' })

export const badName = (why: string): BorgError =>
  make('STORE_BAD_NAME', `this file name cannot be stored: ${why}`, { kind: 'invalid', blame: 'caller' })

export const badCapability = (why: string): BorgError =>
  make(
    'STORE_BAD_CAPABILITY',
    `this is not a usable capability: ${why}; copy it again, whole, from where you kept it`,
    {
      kind: 'invalid',
      blame: 'caller',
    },
  )

/** Too few distinct nodes or operators offer to store shards. */
export function placementShort(coding: Coding, nodes: number, operators: number): BorgError {
  const needed = coding.data + coding.parity
  const offer = nodes === 1 ? 'offers' : 'offer'
  return make(
    'STORE_PLACEMENT_SHORT',
    `coding ${textOf(coding)} needs ${needed} nodes of ${needed} different operators, but only ${count(nodes, 'node')} of ` +
      `${count(operators, 'operator')} ${offer} to store; start more nodes${smallerCoding(coding, operators)}`,
    { kind: 'exhausted', retryable: true, meta: { needed, nodes, operators } },
  )
}

function smallerCoding(coding: Coding, operators: number): string {
  if (operators === 0) return ''
  const fits = codingThatFits(operators, coding)
  const but = fits.parity === 0 ? ', with which the file is lost with that node' : ''
  return `, or choose the coding ${textOf(fits)} (--coding ${textOf(fits)})${but}`
}

const textOf = ({ data, parity }: Coding): string => `${data}+${parity}`

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

/** Why a node did not take a shard. */
export interface NodeFailure {
  readonly node: NodeId
  readonly why: string
  /** Room is what it lacks. */
  readonly isFull: boolean
}

/** What storing a shard on a node threw, for people. */
export function nodeFailure(node: NodeId, error: unknown, shardBytes: number): NodeFailure {
  const freeBytes = isBorgError(error) ? error.meta['freeBytes'] : undefined
  if (typeof freeBytes !== 'number') return { node, why: messageOf(error), isFull: false }
  const room = `${formatBytes(freeBytes)} free, a shard takes ${formatBytes(shardBytes)}`
  return { node, why: `node ${shortId(node)} is full (${room})`, isFull: true }
}

/** Too few shards of a stripe became durable. */
export function quorumShort(stripe: string, needed: number, got: number, failures: readonly NodeFailure[]): BorgError {
  const causes = failures.map(({ why }) => why)
  const todo = failures.some(({ isFull }) => isFull)
    ? 'free some space there, raise their capacity or start more nodes, then try again'
    : 'try again once more nodes are up'
  return make(
    'STORE_QUORUM_SHORT',
    `only ${got} of at least ${needed} shards of ${stripe} could be stored: ` +
      `${causes.length === 0 ? 'no further node is there' : causes.join('; ')}. What was stored is removed again; ${todo}`,
    { kind: 'unavailable', retryable: true, meta: { needed, got, causes } },
  )
}

/** Fewer shards than needed can be reached. */
export function unreadable(what: string, needed: number, got: number, total: number): BorgError {
  return make(
    'STORE_UNREADABLE',
    `${what} cannot be read now: ${total - got} of its ${total} shards are missing and ${needed} are needed; ` +
      'start the nodes that hold them and try again',
    { kind: 'unavailable', retryable: true, meta: { needed, got, missing: total - got } },
  )
}

/** The shards are the ones the manifest names, yet the key does not open them, or a page says something impossible. */
export const manifestWrong = (why: string): BorgError =>
  make('STORE_MANIFEST_WRONG', `the file's manifest does not hold together: ${why}; its writer was faulty`, {
    kind: 'corrupt',
  })

/** The capability's key does not open the page it names. */
export const keyWrong = (): BorgError =>
  make(
    'STORE_KEY_WRONG',
    'the key in this capability does not open the file it names; use the capability as it was given',
    {
      kind: 'invalid',
      blame: 'caller',
    },
  )

/** The source brought more than was set aside for. */
export const leaseExceeded = (maxBytes: number): BorgError =>
  make(
    'STORE_LEASE_EXCEEDED',
    `the file has more than the ${formatBytes(maxBytes)} that storing it was to be paid for; say its size before it is stored`,
    { kind: 'invalid', blame: 'caller', meta: { maxBytes } },
  )

/** A put that ended with the process that ran it. */
export const restarted = (): BorgError =>
  make('STORE_RESTARTED', 'the node was restarted before the put had ended', { kind: 'unavailable', retryable: true })

/** The node's capacity is used up. */
export const storeFull = (freeBytes: number): BorgError =>
  make('STORE_FULL', 'this node has no room for more shards; raise its capacity or add nodes', {
    kind: 'exhausted',
    blame: 'self',
    retryable: true,
    meta: { freeBytes },
  })

/** A shard of a put that has ended: nobody would ever need it. */
export const putSettled = (shard: ShardId): BorgError =>
  make('STORE_PUT_SETTLED', `shard ${shortId(shard)} belongs to a put that is over`, {
    kind: 'conflict',
    meta: { shard },
  })

export const stripeHeld = (shard: ShardId): BorgError =>
  make('STORE_STRIPE_HELD', `another shard of the stripe of ${shortId(shard)} is stored here already`, {
    kind: 'conflict',
    meta: { shard },
  })

/** The disk is full, though the node's capacity is not used up. */
export const diskFull = (freeBytes: number, cause: unknown): BorgError =>
  make('STORE_DISK_FULL', "this node's disk is full; free some space on it", {
    kind: 'exhausted',
    blame: 'self',
    retryable: true,
    meta: { freeBytes },
    cause,
  })

export const diskFailed = (cause: unknown): BorgError =>
  make('STORE_DISK_FAILED', "this node's disk does not work as it should; look at it", {
    kind: 'unavailable',
    blame: 'self',
    retryable: true,
    cause,
  })

export const shardNotHere = (shard: ShardId): BorgError =>
  make('STORE_SHARD_NOT_FOUND', `shard ${shortId(shard)} is not stored here`, { kind: 'notFound', meta: { shard } })

/** Bytes that do not have the id they were said to have. */
export const wrongShard = (from: NodeId, shard: ShardId): BorgError =>
  make('STORE_WRONG_SHARD', `node ${shortId(from)} gave other bytes than those of shard ${shortId(shard)}`, {
    kind: 'byzantine',
    blame: 'peer',
    meta: { node: from, shard },
  })

export const badMessage = (why: string): BorgError =>
  make('STORE_BAD_MESSAGE', `a peer sent a message that makes no sense: ${why}`, { kind: 'byzantine', blame: 'peer' })

export const badReceipt = (from: NodeId, cause?: unknown): BorgError =>
  make('STORE_BAD_RECEIPT', `the receipt of node ${shortId(from)} is not for what it was given`, {
    kind: 'byzantine',
    blame: 'peer',
    meta: { node: from },
    cause,
  })

export const transferTimedOut = (node: NodeId, timeoutMs: number): BorgError =>
  make('STORE_TRANSFER_TIMEOUT', `a shard to or from node ${shortId(node)} took longer than ${timeoutMs} ms`, {
    kind: 'timeout',
    retryable: true,
    meta: { node, timeoutMs },
  })

/** What a peer answered instead of doing what it was asked. Its words are quoted only in `meta`. */
export const peerRefused = (node: NodeId, kind: ErrorKind, code: string, freeBytes?: number): BorgError =>
  make('STORE_PEER_REFUSED', `node ${shortId(node)} answered ${code}`, {
    kind,
    retryable: true,
    meta: { node, code, ...(freeBytes !== undefined && { freeBytes }) },
  })

/** A stripe record whose shards are not the code of one another. */
export const falseRecord = (record: string): BorgError =>
  make('STORE_FALSE_RECORD', `the shards of stripe record ${record.slice(0, 8)} do not belong together`, {
    kind: 'byzantine',
    blame: 'peer',
    meta: { record },
  })

/** An audit is answered in time or counts as unanswered. */
export const auditTimedOut = (node: NodeId, timeoutMs: number): BorgError =>
  make('STORE_AUDIT_TIMEOUT', `the audit with node ${shortId(node)} took longer than ${timeoutMs} ms`, {
    kind: 'timeout',
    retryable: true,
    meta: { node, timeoutMs },
  })

/** A node audits more than its share, or too many do at once. */
export const auditsBusy = (): BorgError =>
  make('STORE_AUDIT_BUSY', 'this node has answered as many audits as it may for now', {
    kind: 'exhausted',
    retryable: true,
  })

/** The signature under an audit's answer is not for what the node sent. */
export const badAuditAnswer = (from: NodeId, cause: unknown): BorgError =>
  make('STORE_BAD_AUDIT_ANSWER', `node ${shortId(from)} did not sign what it showed in an audit`, {
    kind: 'byzantine',
    blame: 'peer',
    meta: { node: from },
    cause,
  })

/** Nothing says which leaves to ask for. */
export const noBeacon = (): BorgError =>
  make('STORE_NO_BEACON', 'nothing can be audited before there is a beacon; wait for the next epoch', {
    kind: 'unavailable',
    retryable: true,
  })

export const stopped = (): BorgError =>
  make('STORE_STOPPED', 'the store was stopped', { kind: 'unavailable', retryable: true })
