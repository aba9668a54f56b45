import { encodeBase64Url, limits, messageOf, type NodeId, ShardId, type Timers } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { type AuditReply, type AuditRequest, auditReplyCheck, STORE_AUDIT_PROTOCOL } from '@borgios/protocol'
import { LEAF_BYTES, leafHash } from '../coding/merkle.ts'
import { leafBytesAt, pathBytesAt, rootOfPath } from '../coding/merkle-path.ts'
import { auditTimedOut, badMessage, peerRefused } from '../errors.ts'
import type { AuditAnswers, ShownShard } from './audit-answers.ts'
import type { ShardSample } from './challenge.ts'
import type { AuditOutcome, BeaconValue } from './ports.ts'

export interface AuditHolderModules {
  readonly network: PeerNetwork
  readonly timers: Timers
  readonly answers: AuditAnswers
}

export interface HolderAudit {
  readonly holder: NodeId
  readonly beacon: BeaconValue
  readonly samples: readonly ShardSample[]
  /** Ends it before its time. */
  readonly signal: AbortSignal
}

/** What came of one shard's leaves. */
interface Shown extends ShownShard {
  readonly passed: number
}

const NOTHING = new Uint8Array()

/** Asks one holder to show leaves and checks them one by one. Never throws for what the holder does; only the signal's reason. */
export async function auditHolder(modules: AuditHolderModules, audit: HolderAudit): Promise<AuditOutcome> {
  const asked = audit.samples.reduce((sum, { leaves }) => sum + leaves.length, 0)
  if (asked === 0) return nothingSeen(audit.holder, audit.beacon, { asked, silent: false })
  try {
    return outcomeOf(audit, asked, await follow(modules, audit))
  } catch (error) {
    audit.signal.throwIfAborted()
    return nothingSeen(audit.holder, audit.beacon, { asked, silent: true, why: messageOf(error) })
  }
}

/** An audit of which nothing can be said but this. */
export const nothingSeen = (
  holder: NodeId,
  { epoch }: BeaconValue,
  { asked, silent, why = '' }: { readonly asked: number; readonly silent: boolean; readonly why?: string },
): AuditOutcome => ({
  ...{ holder, epoch, asked, silent, why },
  ...{ passed: 0, failedShards: [], disputedShards: [], answer: undefined },
})

interface Answered {
  readonly shown: readonly Shown[]
  readonly answer: AuditOutcome['answer']
}

async function follow({ network, timers, answers }: AuditHolderModules, audit: HolderAudit): Promise<Answered> {
  const { holder, beacon, samples } = audit
  const late = new AbortController()
  const { auditTimeoutMs } = limits.store
  const cancel = timers.after(auditTimeoutMs, () => late.abort(auditTimedOut(holder, auditTimeoutMs)))
  const signal = AbortSignal.any([audit.signal, late.signal])
  let stream: PeerStream | undefined
  const onAbort = (): void => stream?.abort(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    stream = await network.openStream(holder, STORE_AUDIT_PROTOCOL, signal)
    signal.throwIfAborted()
    await stream.send({ header: requestOf(audit), payload: NOTHING })
    const shown: Shown[] = []
    for (const sample of samples) shown.push(await receiveShard(stream, sample))
    const { reply } = await receive(stream)
    if (reply.outcome !== 'signed') throw badMessage('an audit that goes on after its last leaf')
    const answer = answers.open(holder, beacon, shown, reply.signature)
    await stream.end()
    return { shown, answer }
  } catch (error) {
    stream?.abort(error instanceof Error ? error : badMessage(String(error)))
    throw signal.aborted ? signal.reason : error
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

const requestOf = ({ beacon, samples }: HolderAudit): AuditRequest => ({
  epoch: beacon.epoch,
  beacon: encodeBase64Url(beacon.bytes),
  shards: samples.map(({ shard, bytes, leaves }) => ({ shard, bytes, count: leaves.length })),
})

async function receive(stream: PeerStream): Promise<{ readonly reply: AuditReply; readonly payload: Uint8Array }> {
  const message = await stream.receive()
  if (message === undefined) throw badMessage('an audit that ended early')
  const { header: reply, payload } = message
  if (!auditReplyCheck.Check(reply)) throw badMessage('not an answer to an audit')
  if (reply.outcome === 'refused') throw peerRefused(stream.remote.node, 'exhausted', reply.code)
  if (payload.length > 2 * LEAF_BYTES) throw badMessage('a leaf that is too large')
  return { reply, payload }
}

async function receiveShard(stream: PeerStream, { shard, bytes, leaves }: ShardSample): Promise<Shown> {
  const root = ShardId.toBytes(shard)
  const shown: { leaf: number; hash: Uint8Array }[] = []
  let passed = 0
  for (const leaf of leaves) {
    const { reply, payload } = await receive(stream)
    if (reply.outcome === 'held' && shown.length === 0 && reply.bytes !== bytes) {
      return { shard, bytes: reply.bytes, leaves: [], passed: 0 }
    }
    const place = { shardBytes: bytes, leaf }
    const leafBytes = leafBytesAt(place)
    if (reply.outcome !== 'leaf' || payload.length !== leafBytes + pathBytesAt(place)) {
      throw badMessage('something else than the leaf that was asked for')
    }
    const part = payload.subarray(0, leafBytes)
    const found = rootOfPath(place, part, payload.subarray(leafBytes))
    if (found !== undefined && Buffer.from(found).equals(root)) passed += 1
    shown.push({ leaf, hash: leafHash(part) })
  }
  return { shard, bytes, leaves: shown, passed }
}

function outcomeOf({ holder, beacon, samples }: HolderAudit, asked: number, { shown, answer }: Answered): AuditOutcome {
  const failed: ShardId[] = []
  const disputed: ShardId[] = []
  for (const [index, { shard, bytes, passed }] of shown.entries()) {
    const sample = samples[index]
    if (passed === sample?.leaves.length) continue
    if (bytes !== 0 && bytes !== sample?.bytes) disputed.push(shard)
    else failed.push(shard)
  }
  const passed = shown.reduce((sum, one) => sum + one.passed, 0)
  const facts = { asked, passed, failedShards: failed, disputedShards: disputed }
  return { holder, epoch: beacon.epoch, ...facts, silent: false, why: '', answer }
}
