import { fileRoutes } from './file-routes.ts'
import { jobRoutes } from './job-routes.ts'
import type { RouteTable } from './route.ts'
import { viewRoutes } from './view-routes.ts'

/** Every request the daemon answers, by method and path. */
export const routes: RouteTable = { ...viewRoutes, ...fileRoutes, ...jobRoutes }
