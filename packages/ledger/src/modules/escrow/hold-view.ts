import type { StateReader } from '../../state/state.ts'
import { decodeTerms, type JobTerms } from '../jobs/job-terms.ts'
import { jobHoldIdOf } from '../jobs/jobs-module.ts'
import { LEASES_MODULE } from '../leases/leases.ts'
import { isSameBytes } from '../service/records.ts'
import { type Hold, holdDueTable, holdTable } from './hold.ts'

/** Holds of one purpose, in the order in which they end by themselves. */
function* holdsFor(state: StateReader, purpose: number): Generator<Hold> {
  for (const [{ id }] of state.list(holdDueTable)) {
    const hold = state.get(holdTable, id)
    if (hold?.purpose === purpose) yield hold
  }
}

/** What was set aside for one attempt at a job. */
export interface JobHoldView {
  readonly terms: JobTerms
  /** On the ledger's clock: then it goes back. */
  readonly dueMs: number
}

/** What an account has set aside for a job (16 bytes) on a node; undefined where it has nothing. */
export function jobHoldOf(
  state: StateReader,
  payer: Uint8Array,
  job: Uint8Array,
  node: Uint8Array,
): JobHoldView | undefined {
  const hold = state.get(holdTable, jobHoldIdOf(payer, job, node))
  return hold === undefined ? undefined : { terms: decodeTerms(hold.terms), dueMs: hold.dueMs }
}

/** What an account has set aside and nobody has yet, whatever for. Looks at all holds. */
export function holdsBy(state: StateReader, payer: Uint8Array): readonly Hold[] {
  const found: Hold[] = []
  for (const [{ id }] of state.list(holdDueTable)) {
    const hold = state.get(holdTable, id)
    if (hold !== undefined && isSameBytes(hold.payer, payer)) found.push(hold)
  }
  return found
}

/** Labels of the reservations that an account made for puts and that are there still. Looks at all holds. */
export function reservedLabels(state: StateReader, payer: Uint8Array): readonly Uint8Array[] {
  const labels: Uint8Array[] = []
  for (const hold of holdsFor(state, LEASES_MODULE)) if (isSameBytes(hold.payer, payer)) labels.push(hold.terms)
  return labels
}
