import {
  canonicalJsonBytes,
  type JsonValue,
  type Logger,
  limits,
  messageOf,
  NodeId,
  ShardId,
  type Timers,
} from '@borgios/core'
import {
  type AuditDuty,
  auditSeedOf,
  drawParts,
  dutiesOf,
  EARNING_MODULE,
  type Finding,
  type Ledger,
  moneyOperations,
  type OwedOperation,
  type PaidPart,
  paidPartsOf,
  type StateReader,
} from '@borgios/ledger'
import { compareBytes, decodeShardList, shardListHash, taggedHash } from '@borgios/protocol'
import type { AuditPorts, Audits, AuditTarget, BeaconValue } from '@borgios/store'
import { badRequest } from '../errors.ts'
import type { ListClient } from './list-client.ts'

const bounds = limits.node
const LIST_ITEM_BYTES = 36

export interface EpochAuditsModules {
  readonly ledger: Pick<Ledger, 'state' | 'chain' | 'onFinal'>
  readonly lists: Pick<ListClient, 'fetch'>
  /** 32 bytes: this node. */
  readonly node: Uint8Array
  readonly timers: Timers
  /** Called when an operation is owed. */
  readonly onOwed: () => void
  readonly logger: Logger
}

/** What this node found in an epoch, until it stands in the ledger. */
interface Report {
  readonly epoch: number
  readonly answers: Uint8Array
  readonly findings: readonly Finding[]
  /** How often it was sent. */
  tries: number
}

/** What was seen of one node. */
interface Seen {
  readonly finding: Finding
  readonly answer: JsonValue
}

interface Shown {
  readonly passes: number
  readonly answer: JsonValue
}

/** Audits, at the beginning of each epoch, the nodes that the ledger drew for this one, and reports what they showed. */
export class EpochAudits {
  /** For the store: what to ask of whom. */
  readonly ports: AuditPorts
  readonly #modules: EpochAuditsModules
  readonly #targets = new Map<NodeId, readonly AuditTarget[]>()
  readonly #stopping = new AbortController()
  #audits: Audits | undefined
  #epoch: number | undefined
  #running: Promise<void> | undefined
  #report: Report | undefined
  #stopListening = (): void => undefined

  constructor(modules: EpochAuditsModules) {
    this.#modules = modules
    this.ports = {
      beacon: { current: () => this.#beacon() },
      targets: { of: async (holder) => this.#targets.get(holder) ?? [] },
    }
  }

  start(audits: Audits): void {
    this.#audits = audits
    this.#stopListening = this.#modules.ledger.onFinal(() => this.#look())
  }

  async stop(): Promise<void> {
    this.#stopListening()
    this.#stopping.abort()
    await this.#running
  }

  /** The report of this epoch until it stands in the ledger, as an operation of a duty. */
  duty(state: StateReader): readonly OwedOperation[] {
    const report = this.#report
    const { ledger, node: auditor } = this.#modules
    if (report === undefined) return []
    const { epoch, answers } = report
    const due = dutiesOf(state, epoch, auditor).filter(({ isReported }) => !isReported)
    const findings = report.findings.filter(({ node }) => due.some((duty) => compareBytes(duty.node, node) === 0))
    const isOver = epoch !== ledger.chain.record.epoch || findings.length === 0 || report.tries >= bounds.reportTries
    if (isOver) {
      this.#report = undefined
      return []
    }
    const { kind, encode } = moneyOperations.report
    const body = encode({ auditor, epoch, answers, findings })
    const onSent = (): void => {
      report.tries += 1
    }
    return [{ module: EARNING_MODULE, kind, body, onSent }]
  }

  #beacon(): BeaconValue {
    const { epoch, beacon } = this.#modules.ledger.chain.record
    return { epoch, bytes: auditSeedOf(beacon, this.#modules.node) }
  }

  #look(): void {
    const { epoch } = this.#modules.ledger.chain.record
    if (epoch === this.#epoch || this.#running !== undefined) return
    this.#epoch = epoch
    this.#running = this.#run(epoch)
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted)
          this.#modules.logger.warn('the audits of an epoch failed', { epoch, why: messageOf(error) })
      })
      .finally(() => {
        this.#running = undefined
        this.#targets.clear()
      })
  }

  async #run(epoch: number): Promise<void> {
    const { ledger, node: auditor, logger } = this.#modules
    const duties = dutiesOf(ledger.state, epoch, auditor).filter(({ isReported }) => !isReported)
    const seen: Seen[] = []
    for (const duty of duties.slice(0, limits.ledgerMoney.maxReportedNodes)) {
      seen.push(await this.#see(duty))
      if (this.#stopping.signal.aborted || ledger.chain.record.epoch !== epoch) return
    }
    if (seen.length === 0) return
    const answers = taggedHash('audit-answers', canonicalJsonBytes(seen.map(({ answer }) => answer)))
    this.#report = { epoch, answers, findings: seen.map(({ finding }) => finding), tries: 0 }
    const failed = seen.filter(({ finding: { passes } }, index) => passes < (duties[index]?.samples ?? 0))
    this.#modules.onOwed()
    logger.info('audited', { epoch, nodes: seen.length, failed: failed.length })
  }

  /** Whoever is silent is asked once more: a node may just be restarting. */
  async #see({ node, samples }: AuditDuty): Promise<Seen> {
    const { ledger, timers } = this.#modules
    const { bytes } = this.#beacon()
    const drawn = drawParts(bytes, node, paidPartsOf(ledger.state, node), samples)
    if (drawn.size === 0) return { finding: { node, passes: samples }, answer: null }
    const seen = await this.#ask(node, drawn)
    if (!seen.isSilent) return seen
    await timers.sleep(bounds.auditRetryMs, this.#stopping.signal)
    return this.#ask(node, drawn)
  }

  /**
   * Each part is asked for as many leaves as were drawn of it: drawn once more from all parts together, the leaves of a large part would
   * take the place of those of many small ones.
   */
  async #ask(node: Uint8Array, drawn: ReadonlyMap<PaidPart, number>): Promise<Seen & { isSilent: boolean }> {
    const holder = NodeId.fromBytes(node)
    const answers: JsonValue[] = []
    let passes = 0
    let silences = 0
    for (const [part, count] of drawn) {
      const shown = await this.#askFor(holder, part, count)
      if (shown === undefined) silences += 1
      // One that is away is not waited for again and again.
      if (silences > bounds.auditSilences || this.#stopping.signal.aborted) break
      passes += shown?.passes ?? 0
      answers.push(shown?.answer ?? null)
    }
    return { finding: { node, passes }, answer: answers, isSilent: silences > 0 }
  }

  /** Leaves of one part that were shown, of `count`; undefined if there was no answer. */
  async #askFor(holder: NodeId, part: PaidPart, count: number): Promise<Shown | undefined> {
    const shards = await this.#listOf(holder, part)
    if (shards === undefined) return undefined
    this.#targets.set(holder, shards)
    const [outcome] = (await this.#audits?.run({ holders: [holder], samples: count })) ?? []
    if (outcome === undefined || outcome.silent) return undefined
    const { asked, passed, answer = null } = outcome
    // A part with few leaves shows all it has.
    return { passes: asked === 0 ? 0 : Math.floor((count * passed) / asked), answer }
  }

  /** The shards of a part, as the node that keeps them lists them; undefined if it does not. */
  async #listOf(holder: NodeId, { lease, shards, list }: PaidPart): Promise<readonly AuditTarget[] | undefined> {
    try {
      const listed = decodeShardList(await this.#modules.lists.fetch(holder, lease, shards * LIST_ITEM_BYTES))
      if (compareBytes(shardListHash(listed), list) !== 0) throw badRequest('another list than that of the lease')
      return listed.map(({ shard, bytes }) => ({ shard: ShardId.fromBytes(shard), bytes }))
    } catch (error) {
      this.#modules.logger.info('a node does not list what it keeps', { holder, why: messageOf(error) })
      return undefined
    }
  }
}
