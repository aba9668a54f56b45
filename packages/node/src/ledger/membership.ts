import { assert, isBorgError, limits, messageOf, NodeId, shortId, type Timers } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import { committeeOf, LEAVE, type Ledger, leave, MEMBERS_MODULE, memberOf, parameter } from '@borgios/ledger'
import type { PeerNetwork, PeerTree, Role } from '@borgios/peertree'
import {
  type ApplicationReply,
  compareBytes,
  isApplicationReply,
  isStandingReply,
  type LeftView,
  MEMBER_APPLY,
  MEMBER_STANDING,
  type StandingReply,
} from '@borgios/protocol'
import { roleOf } from '../config/identity.ts'
import type { LeaveNote } from '../config/left-file.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { guestRefused, noLedger } from '../errors.ts'
import { type ApplicationKeys, signApplication } from './application.ts'
import { isAdmitted, type LedgerRegister } from './member-register.ts'
import type { Membership, MembershipView } from './membership-view.ts'
import type { WalletSender } from './wallet-sender.ts'

/** In a network without a ledger: what its invitation says, for good. */
export function invitedMembership({ identity, clock }: Pick<RoomsContext, 'identity' | 'clock'>): Membership {
  const role = roleOf(identity)
  const view = { role, ...(role === 'guest' ? UNINVITED : NOTHING), sinceMs: clock.nowMs() }
  const leave = async (): Promise<never> => {
    throw noLedger('this network has no ledger to leave: to end the node, "borgios down" is enough')
  }
  return { view: () => view, leave }
}

const NOTHING = { why: '', todo: 'Nothing' }
const UNINVITED = {
  why: 'no founder has invited its operator',
  todo: 'Send the operator that "borgios status" shows to a founder, who runs "borgios net invite", and start again with the invitation',
}

export interface LedgerMembershipModules {
  readonly network: Pick<PeerNetwork, 'self' | 'position' | 'request'> &
    Pick<PeerTree, 'barredBy'> & { enter(role: Role): Promise<void> }
  readonly register: LedgerRegister
  readonly ledger: Pick<Ledger, 'state' | 'chain' | 'trust'>
  /** Pays from the account of the node's operator. */
  readonly operator: WalletSender
  /** Whether the node's user has had it leave. */
  readonly leaveNote: LeaveNote
  readonly keys: ApplicationKeys
  /** 32 bytes: the account of the node's user. */
  readonly wallet: Uint8Array
  /** Who may vouch for the node, in the order in which they are asked. */
  readonly sponsors: readonly NodeId[]
}

type Context = Pick<RoomsContext, 'identity' | 'config' | 'release' | 'clock' | 'logger'> & { readonly timers: Timers }

const bounds = limits.node

/**
 * Makes this node what the ledger says it is: a guest asks to be admitted and waits, and becomes a member as soon as the ledger has it; a
 * member that was put out becomes a guest.
 */
export class LedgerMembership implements Membership {
  readonly #context: Context
  readonly #modules: LedgerMembershipModules
  readonly #stopping = new AbortController()
  #role: Role
  #sinceMs: number
  #said = NOTHING
  /** Whether this node's own ledger has had it as a member. */
  #isKnown: boolean
  #sponsorsAsked = 0
  #refusals = new Set<string>()
  #applyAtMs = Number.NEGATIVE_INFINITY
  #running: Promise<void> = Promise.resolve()

  /** Decides as what the node begins, by what its own ledger knows: the network is then to enter so. */
  constructor(context: Context, modules: LedgerMembershipModules) {
    this.#context = context
    this.#modules = modules
    this.#isKnown = this.#standing === 'member'
    this.#role = this.#isKnown ? 'member' : 'guest'
    this.#sinceMs = context.clock.nowMs()
    if (!this.#isKnown) this.#say('it looks for a member that takes it in')
  }

  get role(): Role {
    return this.#role
  }

  view(): MembershipView {
    return { role: this.#role, ...this.#said, sinceMs: this.#sinceMs }
  }

  async leave(signal: AbortSignal): Promise<LeftView> {
    const { ledger, operator, leaveNote } = this.#modules
    const node = NodeId.toBytes(this.#context.identity.node)
    const state = memberOf(ledger.state, node)?.state
    if (state !== 'active' && state !== 'draining' && state !== 'leaving')
      throw guestRefused('this node is no member of the ledger, and has nothing to leave')
    const operations = [{ module: MEMBERS_MODULE, kind: LEAVE, body: leave.encode(node) }]
    // Noted first: if the process dies in between it must not ask to come back.
    await leaveNote.set(true)
    if (state !== 'leaving') await operator.pay({ operations, what: 'leaving' }, signal).catch(this.#notLeft)
    return leftView(ledger, node)
  }

  /** Of a payment that failed it is known that the node has not left, unless it may still take effect. */
  readonly #notLeft = async (error: unknown): Promise<never> => {
    const isCertain = isBorgError(error) && ['NODE_FUNDS_SHORT', 'NODE_PAYMENT_REFUSED'].includes(error.code)
    if (isCertain) await this.#modules.leaveNote.set(false)
    throw error
  }

  start(): void {
    this.#running = this.#run().catch((error) => {
      if (!this.#stopping.signal.aborted) this.#context.logger.error('membership ended', { why: messageOf(error) })
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      if (this.#role === 'member') await this.#asMember()
      else await this.#asGuest(signal)
      await this.#context.timers.sleep(bounds.admissionPollMs, signal)
    }
  }

  get #standing() {
    const { identity } = this.#context
    return this.#modules.register.standingOf(identity.node, identity.operator)
  }

  async #asMember(): Promise<void> {
    const standing = this.#standing
    const { register } = this.#modules
    if (standing === 'member') {
      this.#isKnown = true
      this.#said = NOTHING
      if (this.#isPutOutUnawares()) await this.#become('guest')
    } else if (!this.#isKnown && this.#context.clock.nowMs() - this.#sinceMs > bounds.admissionDoubtMs) {
      await this.#become('guest')
      this.#say('a member said that the ledger has admitted it, and nothing bears it out')
    } else if (this.#isKnown || (standing === 'barred' && !register.isBehind)) {
      await this.#become('guest')
      this.#say('the ledger has put it out')
    }
  }

  /** It was away when the ledger put it out, and members do not take it as one of theirs any more: a guest is told why. */
  #isPutOutUnawares(): boolean {
    const { ledger, network, register } = this.#modules
    const { barredBy } = network
    if (barredBy === undefined || !register.isBehind) return false
    return isAdmitted(ledger.state, ledger.chain.record.epoch, NodeId.toBytes(barredBy))
  }

  async #become(role: Role): Promise<void> {
    const { clock, logger } = this.#context
    logger.info('the node has another role', { role })
    this.#role = role
    this.#sinceMs = clock.nowMs()
    this.#isKnown = false
    await this.#modules.network.enter(role)
  }

  async #asGuest(signal: AbortSignal): Promise<void> {
    const { network } = this.#modules
    const { parent } = network.position()
    if (parent === undefined) return this.#say('no member has taken it in so far')
    const standing = await this.#ask(parent, signal)
    if (standing === undefined) return
    if (standing.isMember) {
      await this.#become('member')
      return this.#say('the ledger has admitted it; it catches up with the blocks of before')
    }
    const { state } = standing
    if (state === 'slashed') return this.#say('the ledger has put it out and taken its deposit', NEW_KEY)
    if (state === 'leaving') return this.#say('it has left the ledger; its deposit comes back after the unbonding time')
    if (this.#modules.leaveNote.isThere) return this.#say('it has left the ledger, as its user wanted', COME_BACK)
    if (roleOf(this.#context.identity) === 'guest') {
      this.#said = UNINVITED
      return
    }
    if (standing.stalledWhy !== '')
      return this.#say(`the ledger stands still, and can admit nobody: ${standing.stalledWhy}`, WAIT)
    // A member that cannot follow would count for the quorum and never vote.
    const why = await this.#modules.ledger.trust.whyAway()
    if (why !== undefined) return this.#say(why, NEW_TEXT)
    await this.#apply(parent, standing.epoch, signal)
  }

  async #ask(parent: NodeId, signal: AbortSignal): Promise<StandingReply | undefined> {
    try {
      const reply = await this.#modules.network.request(parent, MEMBER_STANDING, {}, { signal })
      if (isStandingReply(reply)) return reply
      this.#say(`${shortId(parent)}, below which it hangs, runs another release`)
    } catch (error) {
      signal.throwIfAborted()
      this.#say(`${shortId(parent)}, below which it hangs, does not answer: ${messageOf(error)}`)
    }
    return undefined
  }

  async #apply(parent: NodeId, epoch: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context
    const { sponsors } = this.#modules
    const sponsor = sponsors[this.#sponsorsAsked % sponsors.length]
    if (sponsor === undefined) return this.#say('nobody of the first members is there to vouch for it')
    if (clock.monotonicMs() < this.#applyAtMs) return
    this.#applyAtMs = clock.monotonicMs() + 2 * bounds.applicationPauseMs
    const { outcome, why } = await this.#sendTo(sponsor, parent, epoch, signal)
    if (outcome === 'working') return this.#say(`${shortId(sponsor)} vouches for it and pays its deposit`)
    this.#sponsorsAsked += 1
    this.#refusals.add(why)
    const isRound = this.#sponsorsAsked % Math.min(sponsors.length, bounds.sponsorTries) === 0
    if (!isRound) return
    this.#say(`nobody vouches for it: ${[...this.#refusals].join('; ')}`, ASK_FOUNDER)
    this.#refusals = new Set()
    this.#applyAtMs = clock.monotonicMs() + bounds.applicationRetryMs
  }

  async #sendTo(
    sponsor: NodeId,
    parent: NodeId,
    epoch: number,
    signal: AbortSignal,
  ): Promise<Pick<ApplicationReply, 'outcome' | 'why'>> {
    const { identity, config, release } = this.#context
    const { network, keys, wallet } = this.#modules
    const { certificate, invitation } = identity
    const application = signApplication(
      {
        ...{ certificate, invitation, sponsor, release },
        wallet: accountIdOf(wallet),
        capacityBytes: config.capacityBytes,
        cores: 1,
        untilEpoch: epoch + bounds.consentEpochs,
      },
      keys,
    )
    try {
      const reply = await network.request(parent, MEMBER_APPLY, application, { signal })
      return isApplicationReply(reply) ? reply : { outcome: 'refused', why: 'the answer makes no sense' }
    } catch (error) {
      signal.throwIfAborted()
      return { outcome: 'refused', why: messageOf(error) }
    }
  }

  #say(why: string, todo = WAIT): void {
    this.#said = { why: why.slice(0, bounds.maxWhyChars), todo }
  }
}

const NEW_TEXT = 'Ask a member you trust for the text of "borgios net export", and start again with it'
const WAIT = 'Wait: it goes on by itself'
const COME_BACK =
  'Nothing; to have it ask for admission again, run "borgios down" and "borgios node start --invitation FILE", with the invitation as before or a new one'
const NEW_KEY = 'Its key cannot come back: begin with another folder and another invitation'
const ASK_FOUNDER =
  'Ask the founder who made the invitation: its network must be up, "borgios wallet balance" there must cover the deposit, and "borgios net invite" there remembers whom it invited. It goes on trying by itself'

function leftView({ state, chain }: LedgerMembershipModules['ledger'], node: Uint8Array): LeftView {
  const { epoch } = chain.record
  const member = memberOf(state, node)
  assert(member !== undefined, 'the record stays until the deposit goes back')
  const committee = committeeOf(state, epoch)?.validators ?? []
  return {
    node: NodeId.fromBytes(node),
    deposit: String(member.deposit),
    payer: accountIdOf(member.payer),
    epoch,
    freeEpoch: member.freeEpoch,
    epochBlocks: parameter({ state, epoch }, 'epochBlocks'),
    inCommittee: committee.some(({ key }) => compareBytes(key, node) === 0),
  }
}

/** The first members, in an order of the node's own, so that not all newcomers ask the same. */
export function sponsorsFor(node: NodeId, members: readonly NodeId[]): readonly NodeId[] {
  const first = NodeId.toBytes(node)[0] ?? 0
  const turn = members.length === 0 ? 0 : first % members.length
  return [...members.slice(turn), ...members.slice(0, turn)]
}
