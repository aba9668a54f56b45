import type { WalletDesk } from '../ledger/wallet-desk.ts'
import type { FileCatalogue } from './file-catalogue.ts'
import type { JobBook } from './job-book.ts'
import type { JobDesk } from './job-desk.ts'
import type { Rooms, RoomsContext } from './rooms.ts'
import type { SelfDescription } from './self-description.ts'

/** What the routes work with. */
export interface NodeServices {
  readonly context: RoomsContext
  readonly rooms: Rooms
  readonly self: SelfDescription
  readonly files: FileCatalogue
  readonly book: JobBook
  readonly desk: JobDesk
  readonly wallet: WalletDesk
}
