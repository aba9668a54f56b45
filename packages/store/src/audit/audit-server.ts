import {
  type Clock,
  decodeBase64Url,
  isBorgError,
  type LentBytes,
  type Logger,
  limits,
  messageOf,
  type NodeId,
  ShardId,
  type Timers,
} from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { type AuditReply, type AuditRequest, auditRequestCheck, STORE_AUDIT_PROTOCOL } from '@borgios/protocol'
import { LEAF_BYTES, leafCountOf } from '../coding/merkle.ts'
import type { ProvenShard } from '../coding/merkle-path.ts'
import { auditsBusy, auditTimedOut, badMessage } from '../errors.ts'
import type { ShardStore } from '../shards/shard-store.ts'
import { FairGate } from '../transfer/fair-gate.ts'
import type { AuditAnswers, ShownShard } from './audit-answers.ts'
import { AuditBudget } from './audit-budget.ts'
import { challengeOf } from './challenge.ts'
import type { BeaconValue } from './ports.ts'

export interface AuditServerModules {
  readonly network: PeerNetwork
  readonly shards: Pick<ShardStore, 'read' | 'verify'>
  readonly answers: AuditAnswers
  /** Hashes and paths of leaves, worked out beside the main thread. */
  readonly prove: (bytes: Uint8Array, leaves: readonly number[]) => Promise<ProvenShard>
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

interface Audit {
  readonly stream: PeerStream
  readonly beacon: BeaconValue
}

type AskedShard = AuditRequest['shards'][number]

const NOTHING = new Uint8Array()

/** Shows other members leaves of this node's shards, few at a time, so that reads come first. */
export class AuditServer {
  readonly #modules: AuditServerModules
  readonly #lanes = new FairGate<NodeId>({ places: limits.store.auditsServed, placesEach: 1 })
  readonly #budget = new AuditBudget<NodeId>({
    burst: limits.store.auditBurstSamples,
    perSecond: limits.store.auditSamplesPerSecond,
    accounts: limits.store.auditorsRemembered,
  })
  /** Whose audit waits or is answered. */
  readonly #auditors = new Set<NodeId>()
  readonly #streams = new Set<PeerStream>()

  constructor(modules: AuditServerModules) {
    this.#modules = modules
    modules.network.handleStream(STORE_AUDIT_PROTOCOL, (stream) => this.#serve(stream))
  }

  stop(reason: Error): void {
    for (const stream of this.#streams) stream.abort(reason)
  }

  async #serve(stream: PeerStream): Promise<void> {
    const { timers, logger } = this.#modules
    const { node } = stream.remote
    const { auditTimeoutMs } = limits.store
    // By then the auditor has given up: one that does not take its answer must not hold a place.
    const cancel = timers.after(auditTimeoutMs, () => stream.abort(auditTimedOut(node, auditTimeoutMs)))
    this.#streams.add(stream)
    try {
      const message = await stream.receive()
      if (message === undefined) return
      const { header } = message
      if (!isSound(header)) throw badMessage('not an audit')
      const beacon = { epoch: header.epoch, bytes: decodeBase64Url(header.beacon) ?? NOTHING }
      if (this.#admits(node, header)) await this.#inTurn({ stream, beacon }, header.shards)
      else await reply(stream, { outcome: 'refused', code: auditsBusy().code })
      await stream.end()
    } catch (error) {
      logger.debug('an audit was not answered', { node, why: messageOf(error) })
      stream.abort(error instanceof Error ? error : badMessage(String(error)))
    } finally {
      cancel()
      this.#streams.delete(stream)
    }
  }

  /** One audit of each peer at a time, of all together a line, and of each so many leaves. */
  #admits(node: NodeId, { shards }: AuditRequest): boolean {
    const isFull = this.#auditors.has(node) || this.#auditors.size >= limits.store.auditsInLine
    return !isFull && this.#budget.take(node, samplesOf(shards), this.#modules.clock.monotonicMs())
  }

  async #inTurn(audit: Audit, asked: readonly AskedShard[]): Promise<void> {
    const { node } = audit.stream.remote
    this.#auditors.add(node)
    try {
      await this.#lanes.with(node, () => this.#answer(audit, asked))
    } finally {
      this.#auditors.delete(node)
    }
  }

  async #answer(audit: Audit, asked: readonly AskedShard[]): Promise<void> {
    const shown: ShownShard[] = []
    for (const one of asked) shown.push(await this.#show(audit, one))
    const signature = this.#modules.answers.sign(audit.beacon, shown)
    await reply(audit.stream, { outcome: 'signed', signature })
  }

  async #show(audit: Audit, { shard, bytes, count }: AskedShard): Promise<ShownShard> {
    const { clock, timers } = this.#modules
    const { stream, beacon } = audit
    const startMs = clock.monotonicMs()
    using lent = await this.#read(shard)
    const heldBytes = lent?.bytes.length ?? 0
    const leaves = challengeOf({
      beacon: beacon.bytes,
      node: this.#modules.network.self,
      ...{ shard, count, leaves: leafCountOf(bytes) },
    })
    const proven = lent !== undefined && heldBytes === bytes ? await this.#modules.prove(lent.bytes, leaves) : undefined
    const workedMs = clock.monotonicMs() - startMs
    const isDamaged = proven !== undefined && proven.shard !== shard
    if (lent === undefined || proven === undefined || isDamaged) {
      // Found by an audit it is repaired like any other damage.
      if (isDamaged) await this.#modules.shards.verify(shard)
      const left = isDamaged ? 0 : heldBytes
      await reply(stream, { outcome: 'held', bytes: left })
      return { shard, bytes: left, leaves: [] }
    }
    for (const [index, { path }] of proven.leaves.entries()) {
      const at = (leaves[index] ?? 0) * LEAF_BYTES
      await reply(stream, { outcome: 'leaf' }, Buffer.concat([lent.bytes.subarray(at, at + LEAF_BYTES), path]))
    }
    await timers.sleep(workedMs)
    return { shard, bytes, leaves: proven.leaves.map(({ hash }, index) => ({ leaf: leaves[index] ?? 0, hash })) }
  }

  /** What cannot be read cannot be shown: the scrub decides whether it is lost. */
  async #read(shard: ShardId): Promise<LentBytes | undefined> {
    try {
      return await this.#modules.shards.read(shard)
    } catch (error) {
      if (!isBorgError(error) || error.code !== 'STORE_DISK_FAILED') throw error
      return undefined
    }
  }
}

const samplesOf = (shards: readonly AskedShard[]): number => shards.reduce((sum, { count }) => sum + count, 0)

/** What the schema cannot say: canonical ids, each once, and not too many leaves in all. */
function isSound(header: unknown): header is AuditRequest {
  if (!auditRequestCheck.Check(header)) return false
  const { shards } = header
  const ids = new Set(shards.map(({ shard }) => shard))
  return (
    ids.size === shards.length &&
    [...ids].every((shard) => ShardId.is(shard)) &&
    samplesOf(shards) <= limits.store.maxAuditSamples
  )
}

const reply = (stream: PeerStream, header: AuditReply, payload: Uint8Array = NOTHING): Promise<void> =>
  stream.send({ header, payload })
