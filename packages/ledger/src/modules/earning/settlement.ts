import { workTable } from '../jobs/job-records.ts'
import { accrued, drawn } from '../leases/holders.ts'
import { evict, takeFromPool } from '../leases/lease-book.ts'
import { restOf, worthOf } from '../leases/lease-price.ts'
import { type Holder, holderTable } from '../leases/lease-records.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { least, mulDiv, shareOf } from '../service/money-math.ts'
import { textOf } from '../service/records.ts'
import type { ServiceModules, ServiceParameters, ServingMember } from '../service/service-ports.ts'
import type { EpochEndContext } from '../state-module.ts'
import { burnedOf, carryTable, dropCarries, NO_CARRY, setCarry } from './carries.ts'
import {
  type Audit,
  auditTable,
  emissionTable,
  emittedTable,
  type Payout,
  payoutTable,
  strikeTable,
} from './earning-records.ts'
import { emissionOf, type Share } from './emission.ts'
import { unfaithfulOf, type Verdict, verdictOf } from './verdict.ts'

/** A node of which most auditors agree, or that is no member any more. */
interface Judged {
  readonly node: Uint8Array
  readonly holder: Holder
  readonly member: ServingMember | undefined
  readonly verdict: Verdict
}

const NOT_AUDITED: Verdict = { hasPassed: false, passes: 0, samples: 0 }

/** Pays the nodes for an epoch: leases by what their audits say, then what is minted. */
export class Settlement {
  readonly #context: EpochEndContext
  readonly #modules: ServiceModules
  readonly #parameters: ServiceParameters
  readonly #nowMs: number
  /** Auditors that did not do their part. */
  readonly #unfaithful = new Set<string>()
  readonly #payouts = new Map<string, { readonly node: Uint8Array; readonly payout: Payout }>()

  constructor(context: EpochEndContext, modules: ServiceModules) {
    this.#context = context
    this.#modules = modules
    this.#parameters = modules.parameters(context)
    this.#nowMs = ledgerTimeMs(context.state)
  }

  run(): void {
    for (const judged of this.#judge()) this.#settle(judged)
    this.#mint()
    for (const { node, payout } of this.#payouts.values()) this.#payOut(node, payout)
    dropCarries(this.#context.state, this.#modules.members)
  }

  /** A node without a verdict is left as it is: what it is owed waits for the next. What it earned in this epoch waits for that in any case. */
  #judge(): readonly Judged[] {
    const { state, epoch } = this.#context
    const judged: Judged[] = []
    for (const [node, record] of [...state.list(holderTable)]) {
      const member = this.#modules.members.get(state, node)
      // After this there is no verdict. Who leaves has accepted nothing since auditors were drawn.
      const isLast = member === undefined || (member.freeEpoch !== 0 && member.freeEpoch <= epoch)
      const now = accrued(record, this.#nowMs)
      const holder = isLast ? drawn(now, this.#nowMs) : now
      const audit = state.get(auditTable, node)
      const verdict = audit?.epoch === epoch ? this.#verdictOf(audit) : undefined
      if (member === undefined) judged.push({ node, holder, member, verdict: NOT_AUDITED })
      else if (verdict !== undefined) judged.push({ node, holder, member, verdict })
      else state.set(holderTable, node, drawn(holder, this.#nowMs))
    }
    return judged
  }

  #verdictOf({ reports, samples }: Audit): Verdict | undefined {
    const { passPpm } = this.#parameters
    const verdict = verdictOf(reports, samples, passPpm)
    for (const auditor of unfaithfulOf(reports, verdict, samples, passPpm)) this.#unfaithful.add(textOf(auditor))
    return verdict
  }

  #settle({ node, holder, member, verdict }: Judged): void {
    const { state, money } = this.#context
    const { due: value, fromMs, drawnMs: toMs } = holder
    const { hasPassed, passes, samples } = verdict
    const outcome = member === undefined ? 'gone' : hasPassed ? 'passed' : 'failed'
    const carried = state.get(carryTable, node) ?? NO_CARRY
    const shown = hasPassed ? mulDiv(value, BigInt(passes), BigInt(samples)) : 0n
    const owed = outcome === 'gone' ? 0n : carried.value + shown
    const earned = takeFromPool(state, worthOf(owed))
    const forfeited = takeFromPool(state, worthOf(carried.value + value - owed))
    const { burned, burnedAhead } = burnedOf(earned, this.#parameters.serviceBurnPpm, carried.burnedAhead)
    money.giveTreasury(forfeited)
    money.burn(burned)
    setCarry(state, node, outcome === 'gone' ? NO_CARRY : { value: restOf(owed), burnedAhead })
    const gross = earned + forfeited
    const payTo = member?.account ?? node
    const amounts = { value, carried: carried.value, gross, earned, burned, minted: 0n }
    const payout = { outcome, payTo, fromMs, toMs, ...amounts, passes, samples } as const
    this.#payouts.set(textOf(node), { node, payout })
    const paid = drawn({ ...holder, due: 0n, fromMs: toMs }, this.#nowMs)
    const isDone = paid.entries === 0 && paid.due === 0n
    state.set(holderTable, node, isDone ? undefined : paid)
    if (outcome === 'gone') evict(state, node)
    else this.#strike(node, hasPassed)
  }

  #strike(node: Uint8Array, hasPassed: boolean): void {
    const { state } = this.#context
    const strikes = hasPassed ? 0 : (state.get(strikeTable, node) ?? 0) + 1
    const isOut = strikes >= this.#parameters.maxStrikes
    state.set(strikeTable, node, strikes === 0 || isOut ? undefined : strikes)
    if (!isOut) return
    this.#modules.members.slash(this.#context, node)
    evict(state, node)
  }

  #mint(): void {
    const { state, money, epoch } = this.#context
    const { serviceBurnPpm, subsidyPpm, emissionShift: shift, operatorCapPpm } = this.#parameters
    const remaining = state.get(emissionTable, true) ?? 0n
    const shares = this.#shares()
    const rule = {
      remaining,
      shift,
      // What is minted for a payment is never more than what is burned of it: paying oneself gains nothing.
      subsidyPpm: least(subsidyPpm, serviceBurnPpm),
      operatorCapPpm,
    }
    const { pot, rewards, dust, minted } = emissionOf(shares, rule)
    if (minted === 0n) return
    money.mint(minted)
    money.giveTreasury(dust)
    state.set(emissionTable, true, remaining - minted)
    const weight = shares.reduce((sum, share) => sum + share.weight, 0n)
    state.set(emittedTable, epoch, { remaining, weight, pot, dust, minted })
    for (const [index, { node }] of shares.entries()) this.#reward(node, rewards[index] ?? 0n)
  }

  /** In the order of nodes. Auditors that did not do their part have none. */
  #shares(): readonly Share[] {
    const { state } = this.#context
    const { storageWeightPpm, computeWeightPpm } = this.#parameters
    const weights = new Map<string, { readonly node: Uint8Array; readonly weight: bigint }>()
    for (const [key, { node, payout }] of this.#payouts) {
      weights.set(key, { node, weight: shareOf(payout.earned, storageWeightPpm) })
    }
    for (const [node, paid] of [...state.list(workTable)]) {
      const before = weights.get(textOf(node))?.weight ?? 0n
      weights.set(textOf(node), { node, weight: before + shareOf(paid, computeWeightPpm) })
      state.set(workTable, node, undefined)
    }
    const shares: Share[] = []
    for (const [key, { node, weight }] of weights) {
      const member = this.#modules.members.get(state, node)
      const counts = weight > 0n && member !== undefined && !this.#unfaithful.has(key)
      if (counts) shares.push({ node, operator: member.operator, weight })
    }
    return shares
  }

  #reward(node: Uint8Array, minted: bigint): void {
    const known = this.#payouts.get(textOf(node))
    this.#payouts.set(textOf(node), { node, payout: { ...(known?.payout ?? this.#workOnly(node)), minted } })
  }

  /** A node that earned by jobs alone. */
  #workOnly(node: Uint8Array): Payout {
    const payTo = this.#modules.members.get(this.#context.state, node)?.account ?? node
    const amounts = { value: 0n, carried: 0n, gross: 0n, earned: 0n, burned: 0n, minted: 0n }
    return { outcome: 'passed', payTo, fromMs: this.#nowMs, toMs: this.#nowMs, ...amounts, passes: 0, samples: 0 }
  }

  #payOut(node: Uint8Array, payout: Payout): void {
    const { state, money, epoch } = this.#context
    const { payTo, earned, burned, minted } = payout
    money.give(payTo, earned - burned, { reason: 'storage', subject: node })
    money.give(payTo, minted, { reason: 'emission', subject: node })
    state.set(payoutTable, { epoch, node }, payout)
  }
}
