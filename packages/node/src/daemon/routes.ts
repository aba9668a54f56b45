import { guestRefused } from '../errors.ts'
import { fileRoutes } from './file-routes.ts'
import { jobRoutes } from './job-routes.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import { lightRoutes } from './light-routes.ts'
import type { RouteTable } from './route.ts'
import { viewRoutes } from './view-routes.ts'

/** What needs the list of members, which a guest is not given. */
const FOR_MEMBERS = ['POST /v1/files', 'POST /v1/files/open', 'POST /v1/files/info', 'POST /v1/jobs']

/** Every request the daemon answers, by method and path. */
export const routes: RouteTable = forMembers({
  ...viewRoutes,
  ...fileRoutes,
  ...jobRoutes,
  ...ledgerRoutes,
  ...lightRoutes,
})

/** Whatever a guest tried would end in an error that blames the network. Throws NODE_GUEST instead. */
function forMembers(table: RouteTable): RouteTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, route]) => {
      if (!FOR_MEMBERS.includes(name)) return [name, route]
      const guarded: typeof route = async (exchange, services) => {
        const { role, why, todo } = services.rooms.membership.view()
        if (role === 'guest') {
          throw guestRefused(
            `this node is a guest: it stores, reads and runs nothing until it is admitted: ${why}. ${todo}`,
          )
        }
        await route(exchange, services)
      }
      return [name, guarded]
    }),
  )
}
