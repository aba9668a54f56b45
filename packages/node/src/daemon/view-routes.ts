import { type LedgerStatusView, type StatusView, WhyRequestSchema } from '@borgios/protocol'
import { bodyCheck } from './exchange.ts'
import { statusOfLedger } from './ledger-routes.ts'
import { gatherNetwork } from './network-view.ts'
import type { NodeServices } from './node-services.ts'
import type { RouteTable } from './route.ts'
import { explain } from './why.ts'

const whyCheck = bodyCheck(WhyRequestSchema)

const ledgerWord = ({ height, state }: LedgerStatusView) => ({ height, state })

const statusOf = (services: NodeServices): StatusView => {
  const { context, rooms, self } = services
  const { role, ...membership } = rooms.membership.view()
  const members = rooms.network.members()
  const releases: Record<string, number> = {}
  for (const { release } of members) releases[release] = (releases[release] ?? 0) + 1
  const membersUp = members.filter((member) => member.state === 'up').length
  return {
    network: context.identity.network,
    name: context.identity.genesis.name,
    role,
    membership,
    addresses: [...rooms.addresses()],
    membersUp,
    membersDown: members.length - membersUp,
    releases,
    self: self.describe(),
    ledger: rooms.ledger === undefined ? null : ledgerWord(statusOfLedger(services)),
  }
}

export const viewRoutes: RouteTable = {
  'GET /v1/ping': async (exchange, { context }) => exchange.answer({ node: context.identity.node, pid: process.pid }),

  'GET /v1/status': async (exchange, services) => exchange.answer(statusOf(services)),

  'GET /v1/network': async (exchange, { context, rooms, self }) =>
    exchange.answer(await gatherNetwork(context, rooms, self)),

  'POST /v1/why': async (exchange, services) => {
    const { subject } = await exchange.json(whyCheck)
    exchange.answer(await explain(subject, services))
  },
}
