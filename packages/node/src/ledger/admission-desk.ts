import { isBorgError, limits, messageOf, NodeId, shortId } from '@borgios/core'
import { type Ledger, memberOf } from '@borgios/ledger'
import type { Caller, PeerNetwork } from '@borgios/peertree'
import {
  type Application,
  type ApplicationReply,
  isApplication,
  isApplicationReply,
  MEMBER_APPLY,
  MEMBER_SPONSOR,
  MEMBER_STANDING,
  type StandingReply,
} from '@borgios/protocol'
import type { RoomsContext } from '../daemon/rooms.ts'
import { badRequest } from '../errors.ts'
import { ledgerStatusView } from './ledger-views.ts'
import { isAdmitted } from './member-register.ts'
import type { SponsorDesk } from './sponsor-desk.ts'

export interface AdmissionDeskModules extends Pick<RoomsContext, 'clock'> {
  readonly network: PeerNetwork
  readonly ledger: Ledger
  readonly sponsor: SponsorDesk
}

/** What a member does for guests that want to become members: tells them how they stand, and hands their applications on. */
export class AdmissionDesk {
  readonly #modules: AdmissionDeskModules
  /** When each guest applied last, the longest ago first. */
  readonly #applied = new Map<NodeId, number>()

  constructor(modules: AdmissionDeskModules) {
    this.#modules = modules
    const { network } = modules
    const access = { openToGuests: true }
    network.handle(MEMBER_STANDING, (_, caller) => this.#standing(caller), access)
    network.handle(MEMBER_APPLY, async (body, caller) => this.#apply(applicationIn(body), caller), access)
    network.handle(MEMBER_SPONSOR, async (body) => modules.sponsor.consider(applicationIn(body)))
  }

  #standing({ node }: Caller): StandingReply {
    const { ledger, network, clock } = this.#modules
    const { height, epoch } = ledger.chain.record
    const key = NodeId.toBytes(node)
    const up = network.members().filter(({ state }) => state === 'up')
    const { state, why } = ledgerStatusView(ledger, new Set(up.map((member) => member.node)), clock.nowMs())
    return {
      height,
      epoch,
      state: memberOf(ledger.state, key)?.state ?? 'unknown',
      isMember: isAdmitted(ledger.state, epoch, key),
      stalledWhy: state === 'running' ? '' : why,
    }
  }

  async #apply(application: Application, { node }: Caller): Promise<ApplicationReply> {
    const { network, sponsor } = this.#modules
    if (application.certificate.node !== node) throw badRequest('a node applies for itself')
    if (this.#isTooSoon(node)) return { outcome: 'refused', why: 'it asks too often' }
    if (application.sponsor === network.self) return sponsor.consider(application)
    const name = shortId(application.sponsor)
    const known = network.members().find((member) => member.node === application.sponsor)
    if (known?.state !== 'up') return { outcome: 'refused', why: `its sponsor ${name} is not up` }
    try {
      const reply = await network.request(application.sponsor, MEMBER_SPONSOR, application)
      if (isApplicationReply(reply)) return { outcome: reply.outcome, why: reply.why }
      return { outcome: 'refused', why: `its sponsor ${name} answers in another way: it may run another release` }
    } catch (error) {
      if (!isBorgError(error)) throw error
      return { outcome: 'refused', why: `its sponsor ${name} was asked in vain: ${messageOf(error)}` }
    }
  }

  #isTooSoon(node: NodeId): boolean {
    const nowMs = this.#modules.clock.monotonicMs()
    const lastMs = this.#applied.get(node) ?? Number.NEGATIVE_INFINITY
    if (nowMs - lastMs < limits.node.applicationPauseMs) return true
    this.#applied.delete(node)
    const [oldest] = this.#applied.keys()
    if (this.#applied.size >= limits.peertree.maxGuests && oldest !== undefined) this.#applied.delete(oldest)
    this.#applied.set(node, nowMs)
    return false
  }
}

/** Throws NODE_BAD_REQUEST. */
function applicationIn(body: unknown): Application {
  if (isApplication(body)) return body
  throw badRequest('this is no application for membership')
}
