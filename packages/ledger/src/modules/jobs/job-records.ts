import { limits } from '@borgios/core'
import type { StateReader, StateWriter } from '../../state/state.ts'
import { hashLayout, type Layout, orderedCounter, tableOf } from '../service/records.ts'
import { jobLayout } from './job-terms.ts'

/** One payment for a job, kept for some epochs. Micro-units. */
export interface JobBill {
  readonly job: Uint8Array
  readonly payer: Uint8Array
  readonly node: Uint8Array
  readonly payTo: Uint8Array
  /** What left the hold. */
  readonly gross: bigint
  /** Of that, what was burned; the rest went to `payTo`. */
  readonly burned: bigint
}

export interface BillKey {
  readonly epoch: number
  readonly hold: Uint8Array
}

const billKeyLayout: Layout<BillKey> = {
  write(writer, { epoch, hold }) {
    orderedCounter.write(writer, epoch)
    hashLayout.write(writer, hold)
  },
  read: (reader) => ({ epoch: orderedCounter.read(reader), hold: hashLayout.read(reader) }),
}

const billLayout: Layout<JobBill> = {
  write(writer, { job, payer, node, payTo, gross, burned }) {
    jobLayout.write(writer, job)
    for (const hash of [payer, node, payTo]) hashLayout.write(writer, hash)
    writer.amount(gross).amount(burned)
  },
  read: (reader) => ({
    job: jobLayout.read(reader),
    payer: hashLayout.read(reader),
    node: hashLayout.read(reader),
    payTo: hashLayout.read(reader),
    gross: reader.amount(),
    burned: reader.amount(),
  }),
}

/** In the order of epochs. */
export const billTable = tableOf({ id: 48, name: 'job bills', isListed: true, key: billKeyLayout, value: billLayout })

/** What nodes were paid for jobs in this epoch: the weight of compute in the emission. Empty while that counts nothing. */
export const workTable = tableOf<Uint8Array, bigint>({
  id: 49,
  name: 'work',
  isListed: true,
  key: hashLayout,
  value: { write: (writer, amount) => void writer.amount(amount), read: (reader) => reader.amount() },
})

/** Forgets bills of epochs long over, a bounded number at a time. */
export function pruneBills(state: StateWriter, epoch: number): void {
  const old: BillKey[] = []
  for (const [key] of state.list(billTable)) {
    const isKept = key.epoch + limits.ledgerMoney.payoutEpochs > epoch
    if (isKept || old.length >= limits.ledgerMoney.prunedPerBlock) break
    old.push(key)
  }
  for (const key of old) state.set(billTable, key, undefined)
}

/** Bills of an epoch, in the order of their holds. */
export function* billsOf(state: StateReader, epoch: number): Generator<JobBill> {
  for (const [key, bill] of state.list(billTable, { epoch, hold: new Uint8Array(32) })) {
    if (key.epoch !== epoch) return
    yield bill
  }
}
