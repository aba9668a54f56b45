import { earningModule, reportOperation } from './earning/earning-module.ts'
import { EscrowBook } from './escrow/escrow-book.ts'
import { claimOperation, escrowModule, grantOperation, holdOperation, plainHolds } from './escrow/escrow-module.ts'
import { grantOperationOf, grantsModule } from './grants/grants-module.ts'
import { Jobs, jobHolds, jobOperations, jobsModule } from './jobs/jobs-module.ts'
import { clockUntilMs } from './leases/lease-book.ts'
import { Leases, putReservations } from './leases/leases.ts'
import { leaseOperations, leasesModule } from './leases/leases-module.ts'
import { ledgerServices as services } from './service/ledger-service-ports.ts'
import type { StateModule } from './state-module.ts'

const book = new EscrowBook([plainHolds, jobHolds(services.parameters), putReservations])
const jobs = new Jobs(book, services)
const leases = new Leases(book, services)

/** What is earned and paid for, in the order in which it acts; stands behind the members. */
export const serviceModules: readonly StateModule[] = [
  escrowModule(book, clockUntilMs),
  jobsModule(jobs),
  leasesModule(leases),
  earningModule(services),
  grantsModule(services),
]

/** The operations of these modules by name: whoever sends one encodes its body by it. */
export const moneyOperations = {
  hold: holdOperation(book),
  payFromHold: grantOperation(book),
  claimFromHold: claimOperation(book),
  job: jobOperations(jobs),
  lease: leaseOperations(leases),
  report: reportOperation(services),
  grant: grantOperationOf(services),
}
