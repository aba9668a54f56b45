import { HOLD_UNITS } from '../escrow/escrow-module.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { hashLayout, operationOf } from '../service/records.ts'
import type { StateModule } from '../state-module.ts'
import { pruneSpans } from './holders.ts'
import {
  assignLayout,
  dismissLayout,
  extendLayout,
  nodeLeasesLayout,
  openLayout,
  reserveLayout,
} from './lease-bodies.ts'
import { endDueLeases, evictSome } from './lease-book.ts'
import {
  entryTable,
  evictionTable,
  holderTable,
  leaseDueTable,
  leaseTable,
  poolTable,
  spanTable,
} from './lease-records.ts'
import { LEASES_MODULE, type Leases } from './leases.ts'

/** Fee units: a lease and its end; a part in one, from its proposal to its end; an end or an extension touches every part. */
const LEASE_UNITS = 300
const ENTRY_UNITS = 300
const TOUCH_UNITS = 2_000

export const leaseOperations = (leases: Leases) => ({
  reserve: operationOf({
    kind: 1,
    name: 'reserve for put',
    body: reserveLayout,
    units: () => HOLD_UNITS,
    apply: (context, body) => leases.reserve(context, body),
  }),
  cancel: operationOf({
    kind: 2,
    name: 'cancel reservation',
    body: hashLayout,
    units: () => HOLD_UNITS,
    apply: (context, label) => leases.cancel(context, label),
  }),
  open: operationOf({
    kind: 3,
    name: 'open lease',
    body: openLayout,
    units: ({ entries }) => LEASE_UNITS + entries.length * ENTRY_UNITS,
    apply: (context, body) => leases.open(context, body),
  }),
  accept: operationOf({
    kind: 4,
    name: 'accept leases',
    body: nodeLeasesLayout,
    units: ({ leases: { length } }) => length * ENTRY_UNITS,
    apply: (context, body) => leases.accept(context, body),
  }),
  release: operationOf({
    kind: 5,
    name: 'release leases',
    body: nodeLeasesLayout,
    units: ({ leases: { length } }) => length * ENTRY_UNITS,
    apply: (context, body) => leases.release(context, body),
  }),
  extend: operationOf({
    kind: 6,
    name: 'extend lease',
    body: extendLayout,
    units: () => TOUCH_UNITS,
    apply: (context, body) => leases.extend(context, body),
  }),
  assign: operationOf({
    kind: 7,
    name: 'assign to lease',
    body: assignLayout,
    units: ({ entries }) => LEASE_UNITS + entries.length * ENTRY_UNITS,
    apply: (context, body) => leases.assign(context, body),
  }),
  dismiss: operationOf({
    kind: 8,
    name: 'dismiss from lease',
    body: dismissLayout,
    units: ({ nodes }) => LEASE_UNITS + nodes.length * ENTRY_UNITS,
    apply: (context, body) => leases.dismiss(context, body),
  }),
  end: operationOf({
    kind: 9,
    name: 'end lease',
    body: hashLayout,
    units: () => TOUCH_UNITS,
    apply: (context, lease) => leases.end(context, lease),
  }),
})

/** Must stand behind the escrow module, which keeps the clock. */
export const leasesModule = (leases: Leases): StateModule => ({
  id: LEASES_MODULE,
  name: 'leases',
  tables: [leaseTable, entryTable, holderTable, poolTable, leaseDueTable, spanTable, evictionTable],
  operations: Object.values(leaseOperations(leases)),
  refusals: { LEDGER_LEASE_EXISTS: 1, LEDGER_NO_LEASE: 2, LEDGER_NO_ENTRY: 3 },
  onBlock(context) {
    const { state } = context
    endDueLeases(context)
    evictSome(state)
    pruneSpans(state, ledgerTimeMs(state))
  },
})
