import { encodeBase64Url } from '@borgios/core'
import { askMembers } from '@borgios/ledger'
import { type LightAnswer, LightRequestSchema } from '@borgios/protocol'
import { bodyCheck } from './exchange.ts'
import { ledgerOf } from './ledger-routes.ts'
import type { RouteTable } from './route.ts'

const lightCheck = bodyCheck(LightRequestSchema)

export const lightRoutes: RouteTable = {
  /** For who does not believe this daemon. A guest, which does not follow the ledger, hands over what members say. */
  'POST /v1/ledger/light': async (exchange, services) => {
    const { proofs } = ledgerOf(services).ledger
    const request = await exchange.json(lightCheck)
    const { context, rooms } = services
    const { timers } = context
    const parts =
      rooms.membership.view().role === 'guest'
        ? await askMembers({ network: rooms.network, timers }, request, exchange.signal)
        : await proofs.answer(request)
    exchange.answer({ parts: parts.map(encodeBase64Url) } satisfies LightAnswer)
  },
}
