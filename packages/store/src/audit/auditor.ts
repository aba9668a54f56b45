import { limits, messageOf, type NodeId } from '@borgios/core'
import { noBeacon, stopped } from '../errors.ts'
import { Gate } from '../transfer/gate.ts'
import { type AuditHolderModules, auditHolder, nothingSeen } from './audit-holder.ts'
import { sampleOf } from './challenge.ts'
import type { AuditOutcome, AuditRunOptions, Audits, AuditTargets, Beacon, BeaconValue } from './ports.ts'

const { auditSamples } = limits.store

export interface AuditorModules extends AuditHolderModules {
  readonly beacon: Beacon
  readonly targets: AuditTargets
  /** Who could be audited now. */
  readonly holders: () => readonly NodeId[]
  /** Called with each outcome as it comes. */
  readonly onAudited: (outcome: AuditOutcome) => void
}

/** Audits others. What is done about the outcomes is not decided here. */
export class Auditor implements Audits {
  readonly #modules: AuditorModules
  readonly #turn = new Gate(1)
  readonly #stopping = new AbortController()

  constructor(modules: AuditorModules) {
    this.#modules = modules
  }

  run({ holders, samples = auditSamples }: AuditRunOptions = {}): Promise<readonly AuditOutcome[]> {
    return this.#turn.with(async () => {
      this.#stopping.signal.throwIfAborted()
      const beacon = this.#modules.beacon.current()
      if (beacon === undefined) throw noBeacon()
      const self = this.#modules.network.self
      const asked = (holders ?? this.#modules.holders()).filter((holder) => holder !== self)
      const gate = new Gate(limits.store.auditsAsked)
      return Promise.all(
        asked.map((holder) => gate.with(() => this.#audit(holder, beacon, Math.min(samples, auditSamples)))),
      )
    })
  }

  /** Runs under way fail with STORE_STOPPED. */
  stop(): void {
    this.#stopping.abort(stopped())
  }

  async #audit(holder: NodeId, beacon: BeaconValue, count: number): Promise<AuditOutcome> {
    const outcome = await this.#see(holder, beacon, count)
    this.#modules.onAudited(outcome)
    return outcome
  }

  async #see(holder: NodeId, beacon: BeaconValue, count: number): Promise<AuditOutcome> {
    const { signal } = this.#stopping
    signal.throwIfAborted()
    let targets: Awaited<ReturnType<AuditTargets['of']>>
    try {
      targets = await this.#modules.targets.of(holder, beacon)
    } catch (error) {
      signal.throwIfAborted()
      return nothingSeen(holder, beacon, { asked: 0, silent: true, why: messageOf(error) })
    }
    const samples = sampleOf({ beacon: beacon.bytes, node: holder }, targets, count)
    return auditHolder(this.#modules, { holder, beacon, samples, signal })
  }
}
