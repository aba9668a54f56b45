import { assert, type JsonValue, limits } from '@borgios/core'
import { strictObject } from '@borgios/crypto'
import { badTerms, notAuditor, saidBefore, wrongEpoch } from '../../errors.ts'
import { AmountSchema, genesisCheck } from '../genesis-part.ts'
import { holderTable } from '../leases/lease-records.ts'
import { memberThatSent } from '../service/acts-for.ts'
import { hashLayout, isSameBytes, type Layout, operationOf, risingLayout } from '../service/records.ts'
import type { ServiceModules } from '../service/service-ports.ts'
import type { BlockContext, EpochEndContext, OperationContext, StateModule } from '../state-module.ts'
import { drawAuditors } from './audit-draw.ts'
import { carryTable } from './carries.ts'
import {
  auditTable,
  emissionTable,
  emittedTable,
  MAX_SAMPLES,
  payoutTable,
  prunePayouts,
  strikeTable,
} from './earning-records.ts'
import { Settlement } from './settlement.ts'

export const EARNING_MODULE = 8

/** What an auditor found at one node. */
export interface Finding {
  readonly node: Uint8Array
  /** Leaves it showed, of those asked for. */
  readonly passes: number
}

/** All an auditor found in an epoch, or a part of it. */
export interface ReportBody {
  /** The auditor's node. */
  readonly auditor: Uint8Array
  readonly epoch: number
  /** Hash of the answers it got: whoever has them can show what it saw. */
  readonly answers: Uint8Array
  /** In the order of nodes. */
  readonly findings: readonly Finding[]
}

const findingLayout: Layout<Finding> = {
  write(writer, { node, passes }) {
    hashLayout.write(writer, node)
    writer.u16(passes)
  },
  read: (reader) => ({ node: hashLayout.read(reader), passes: reader.u16() }),
}

const findingsLayout = risingLayout(findingLayout, ({ node }) => node, limits.ledgerMoney.maxReportedNodes)

const reportLayout: Layout<ReportBody> = {
  write(writer, { auditor, epoch, answers, findings }) {
    hashLayout.write(writer, auditor)
    writer.u64(epoch)
    hashLayout.write(writer, answers)
    findingsLayout.write(writer, findings)
  },
  read: (reader) => ({
    auditor: hashLayout.read(reader),
    epoch: reader.u64(),
    answers: hashLayout.read(reader),
    findings: findingsLayout.read(reader),
  }),
}

/** Fee units of one node's record. */
const FINDING_UNITS = 100

/** Throws LEDGER_WRONG_EPOCH, LEDGER_NO_ACTIVE_MEMBER, LEDGER_NOT_PARTY, LEDGER_NOT_AUDITOR, LEDGER_SAID_BEFORE, LEDGER_BAD_TERMS. */
function report(modules: ServiceModules, context: OperationContext, { auditor, epoch, findings }: ReportBody): void {
  const { state } = context
  if (epoch !== context.epoch) throw wrongEpoch(context.epoch)
  // One that drains or leaves was drawn while it was active: its word counts to the epoch's end.
  memberThatSent(context, modules.members, auditor)
  for (const { node, passes } of findings) {
    const audit = state.get(auditTable, node)
    const own = audit?.reports.find((one) => isSameBytes(one.auditor, auditor))
    if (audit?.epoch !== epoch || own === undefined) throw notAuditor()
    if (own.passes !== undefined) throw saidBefore()
    if (passes > audit.samples) throw badTerms('a node cannot show more leaves than it is asked for')
    const reports = audit.reports.map((one) => (one === own ? { auditor: own.auditor, passes } : one))
    state.set(auditTable, node, { ...audit, reports })
  }
}

export const reportOperation = (modules: ServiceModules) =>
  operationOf({
    kind: 1,
    name: 'report audits',
    body: reportLayout,
    units: ({ findings }) => findings.length * FINDING_UNITS,
    apply: (context, body) => report(modules, context, body),
  })

/** Who audits whom in the epoch that comes. */
function drawNext(modules: ServiceModules, context: EpochEndContext): void {
  const { state, epoch, nextBeacon } = context
  const { auditors, auditSamples } = modules.parameters({ state, epoch: epoch + 1 })
  assert(auditors <= limits.ledgerMoney.maxAuditors && auditSamples <= MAX_SAMPLES, 'parameters are in their bounds')
  const members = [...modules.members.active(state)].map(([node, { operator }]) => ({ node, operator }))
  for (const [node] of [...state.list(holderTable)]) {
    const operator = modules.members.get(state, node)?.operator
    if (operator === undefined) continue
    const drawn = drawAuditors(nextBeacon, { node, operator }, members, auditors)
    const reports = drawn.map((auditor) => ({ auditor, passes: undefined }))
    state.set(auditTable, node, { epoch: epoch + 1, samples: auditSamples, reports })
  }
}

const genesisPart = genesisCheck('earning', strictObject({ remaining: AmountSchema }))

/** What may be minted over time. With all that genesis mints it must fit an amount. */
function writeGenesis({ state }: BlockContext, part: JsonValue | undefined): void {
  state.set(emissionTable, true, part === undefined ? 0n : BigInt(genesisPart(part).remaining))
}

/** Must stand behind the members, jobs and leases modules. */
export const earningModule = (modules: ServiceModules): StateModule => ({
  id: EARNING_MODULE,
  name: 'earning',
  tables: [emissionTable, carryTable, auditTable, strikeTable, payoutTable, emittedTable],
  operations: [reportOperation(modules)],
  refusals: { LEDGER_WRONG_EPOCH: 1, LEDGER_NOT_AUDITOR: 2 },
  onGenesis: writeGenesis,
  onBlock: ({ state, epoch }) => prunePayouts(state, epoch),
  onEpochEnd(context) {
    new Settlement(context, modules).run()
    drawNext(modules, context)
  },
})
