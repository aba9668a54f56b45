import { earningModule } from './earning/earning-module.ts'
import { EscrowBook } from './escrow/escrow-book.ts'
import { escrowModule, plainHolds } from './escrow/escrow-module.ts'
import { grantsModule } from './grants/grants-module.ts'
import { Jobs, jobHolds, jobsModule } from './jobs/jobs-module.ts'
import { Leases, putReservations } from './leases/leases.ts'
import { leasesModule } from './leases/leases-module.ts'
import { ledgerServices } from './service/ledger-service-ports.ts'
import type { StateModule } from './state-module.ts'

/** What is earned and paid for, in the order in which it acts; stands behind the members. */
export function serviceModules(): readonly StateModule[] {
  const services = ledgerServices
  const book = new EscrowBook([plainHolds, jobHolds(services.parameters), putReservations])
  return [
    escrowModule(book),
    jobsModule(new Jobs(book, services)),
    leasesModule(new Leases(book, services)),
    earningModule(services),
    grantsModule(services),
  ]
}
