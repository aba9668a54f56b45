import { limits } from '@borgios/core'
import { malformed } from '@borgios/protocol'
import type { StateWriter } from '../../state/state.ts'
import { hashLayout, type Layout, nothingLayout, orderedCounter, tableOf, wideLayout } from '../service/records.ts'
import type { AuditorReport } from './verdict.ts'

/** What is left to mint. Not held by anybody yet. */
export const emissionTable = tableOf<true, bigint>({
  id: 64,
  name: 'emission',
  isListed: false,
  key: nothingLayout,
  value: { write: (writer, amount) => void writer.amount(amount), read: (reader) => reader.amount() },
})

/** Who audits a node in an epoch, and what they found. */
export interface Audit {
  readonly epoch: number
  /** Leaves each auditor asks for. */
  readonly samples: number
  readonly reports: readonly AuditorReport[]
}

const NOT_REPORTED = 0xffff

/** Samples and passes above this have no encoding. */
export const MAX_SAMPLES = NOT_REPORTED - 1

const auditLayout: Layout<Audit> = {
  write(writer, { epoch, samples, reports }) {
    writer.u64(epoch).u16(samples).u8(reports.length)
    for (const { auditor, passes } of reports) {
      hashLayout.write(writer, auditor)
      writer.u16(passes ?? NOT_REPORTED)
    }
  },
  read(reader) {
    const [epoch, samples, count] = [reader.u64(), reader.u16(), reader.u8()]
    if (count > limits.ledgerMoney.maxAuditors) throw malformed(`${count} auditors of one node`)
    const reports = Array.from({ length: count }, () => {
      const auditor = hashLayout.read(reader)
      const passes = reader.u16()
      return { auditor, passes: passes === NOT_REPORTED ? undefined : passes }
    })
    return { epoch, samples, reports }
  },
}

/** By the node that is audited. */
export const auditTable = tableOf({ id: 65, name: 'audits', isListed: false, key: hashLayout, value: auditLayout })

/** Epochs in a row in which a node failed its audits. None: no record. */
export const strikeTable = tableOf<Uint8Array, number>({
  id: 66,
  name: 'strikes',
  isListed: false,
  key: hashLayout,
  value: { write: (writer, count) => void writer.u8(count), read: (reader) => reader.u8() },
})

const OUTCOMES = ['passed', 'failed', 'gone'] as const
/** `gone`: it was no member any more. */
export type PayoutOutcome = (typeof OUTCOMES)[number]

/** How one epoch ended for a node. Kept for some epochs. Amounts in micro-units. */
export interface Payout {
  readonly outcome: PayoutOutcome
  /** The account that was paid. */
  readonly payTo: Uint8Array
  /** The time it was paid for, on the ledger's clock: to when auditors were drawn, so that they saw what it is paid for. */
  readonly fromMs: number
  readonly toMs: number
  /** Rates times milliseconds of all its parts in leases in this time. */
  readonly value: bigint
  /** What was carried to it, in the same measure: less than a micro-unit. */
  readonly carried: bigint
  /** All that left the pool: what both were worth, less what was carried on. */
  readonly gross: bigint
  /** Of that, what it earned by its audits; the rest went to the treasury. */
  readonly earned: bigint
  /** Of what it earned, what was burned. */
  readonly burned: bigint
  /** What was minted for it beside. */
  readonly minted: bigint
  /** Leaves shown, of those asked for: by all auditors that say what most of them say. */
  readonly passes: number
  readonly samples: number
}

/** What an account got for a node's epoch. */
export const creditedBy = ({ earned, burned, minted }: Payout): bigint => earned - burned + minted

export interface PayoutKey {
  readonly epoch: number
  readonly node: Uint8Array
}

const payoutKeyLayout: Layout<PayoutKey> = {
  write(writer, { epoch, node }) {
    orderedCounter.write(writer, epoch)
    hashLayout.write(writer, node)
  },
  read: (reader) => ({ epoch: orderedCounter.read(reader), node: hashLayout.read(reader) }),
}

const payoutLayout: Layout<Payout> = {
  write(writer, payout) {
    writer.u8(OUTCOMES.indexOf(payout.outcome))
    hashLayout.write(writer, payout.payTo)
    writer.u64(payout.fromMs).u64(payout.toMs)
    wideLayout.write(writer, payout.value)
    wideLayout.write(writer, payout.carried)
    writer.amount(payout.gross).amount(payout.earned).amount(payout.burned).amount(payout.minted)
    writer.u32(payout.passes).u32(payout.samples)
  },
  read(reader) {
    const outcome = OUTCOMES[reader.u8()]
    if (outcome === undefined) throw malformed('an outcome that is none')
    return {
      outcome,
      payTo: hashLayout.read(reader),
      fromMs: reader.u64(),
      toMs: reader.u64(),
      value: wideLayout.read(reader),
      carried: wideLayout.read(reader),
      gross: reader.amount(),
      earned: reader.amount(),
      burned: reader.amount(),
      minted: reader.amount(),
      passes: reader.u32(),
      samples: reader.u32(),
    }
  },
}

/** In the order of epochs. */
export const payoutTable = tableOf({
  id: 67,
  name: 'payouts',
  isListed: true,
  key: payoutKeyLayout,
  value: payoutLayout,
})

/** What an epoch minted, and by what. Micro-units. */
export interface Emitted {
  /** Left to mint before it. */
  readonly remaining: bigint
  /** Of all nodes that had a share: each got pot * its weight / this, unless its operator's cap was less. */
  readonly weight: bigint
  readonly pot: bigint
  /** What rounding left: the treasury's. */
  readonly dust: bigint
  /** The dust and all that nodes got. */
  readonly minted: bigint
}

/** In the order of epochs, kept as long as payouts. None for an epoch that minted nothing. */
export const emittedTable = tableOf<number, Emitted>({
  id: 68,
  name: 'emitted',
  isListed: true,
  key: orderedCounter,
  value: {
    write: (writer, { remaining, weight, pot, dust, minted }) =>
      void writer.amount(remaining).amount(weight).amount(pot).amount(dust).amount(minted),
    read: (reader) => ({
      remaining: reader.amount(),
      weight: reader.amount(),
      pot: reader.amount(),
      dust: reader.amount(),
      minted: reader.amount(),
    }),
  },
})

/** Forgets payouts of epochs long over, a bounded number at a time. */
export function prunePayouts(state: StateWriter, epoch: number): void {
  const { payoutEpochs, prunedPerBlock } = limits.ledgerMoney
  const old: PayoutKey[] = []
  for (const [key] of state.list(payoutTable)) {
    if (key.epoch + payoutEpochs > epoch || old.length >= prunedPerBlock) break
    old.push(key)
  }
  for (const key of old) state.set(payoutTable, key, undefined)
  for (const [emitted] of state.list(emittedTable)) {
    if (emitted + payoutEpochs > epoch) break
    state.set(emittedTable, emitted, undefined)
    break
  }
}
