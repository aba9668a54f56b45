import type { Exchange } from './exchange.ts'
import type { NodeServices } from './node-services.ts'

/** Answers one kind of request. What it throws becomes the answer. */
export type Route = (exchange: Exchange, services: NodeServices) => Promise<void>
export type RouteTable = Readonly<Record<string, Route>>
