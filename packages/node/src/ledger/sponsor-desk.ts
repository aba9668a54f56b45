import { isBorgError, limits, messageOf, NodeId, OperatorId } from '@borgios/core'
import { accountBytesOf } from '@borgios/crypto'
import {
  accountTable,
  allowanceLeft,
  GRANTS_MODULE,
  type Ledger,
  least,
  ledgerServices,
  memberOf,
  memberTable,
  moneyOperations,
  parameter,
  type StateReader,
  supplyTable,
} from '@borgios/ledger'
import {
  ACCOUNTS_MODULE,
  type Application,
  type ApplicationReply,
  compareBytes,
  encodeTransfer,
  type Operation,
  TRANSFER,
} from '@borgios/protocol'
import { readInvited } from '../config/invited.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { applicationRefused } from '../errors.ts'
import { checkApplication, joinOperationOf } from './application.ts'
import type { WalletSender } from './wallet-sender.ts'

export interface SponsorDeskModules {
  readonly ledger: Ledger
  /** The user's wallet, and the account of the node's operator. */
  readonly wallet: WalletSender
  readonly operator: WalletSender
  /** Where the user's invitations are remembered. */
  readonly records: string
}

type Context = Pick<RoomsContext, 'identity' | 'ed25519' | 'clock' | 'logger'>

const bounds = limits.node

/** Failures of which it is known that nothing was sent. */
const COST_NOTHING: readonly string[] = ['NODE_APPLICATION_REFUSED', 'NODE_FUNDS_SHORT']

/** Until when, on the monotonic clock, it is not tried again, and why. */
interface Failure {
  readonly why: string
  readonly untilMs: number
}

/**
 * Vouches for nodes of operators whom this node's user invited: pays their deposits, which are lost if they lie, and gives them something to
 * begin with. An invitation made elsewhere is no reason to pay.
 */
export class SponsorDesk {
  readonly #context: Context
  readonly #modules: SponsorDeskModules
  /** Nodes whose applications are looked at or seen to. */
  readonly #working = new Set<NodeId>()
  /** Operators whose last application failed, the oldest first: to try may have cost fees, whichever of their nodes it is for. */
  readonly #failures = new Map<OperatorId, Failure>()
  /** One after another: each looks at what the one before has left. */
  #last: Promise<void> = Promise.resolve()

  constructor(context: Context, modules: SponsorDeskModules) {
    this.#context = context
    this.#modules = modules
  }

  /** Sees to an application if this node is to vouch for it. Says at once why not, or what went wrong with it the last time. */
  async consider(application: Application): Promise<ApplicationReply> {
    const { node, operator } = application.certificate
    if (this.#working.has(node)) return { outcome: 'working', why: '' }
    const failure = this.#failures.get(operator)
    const isRecent = failure !== undefined && this.#context.clock.monotonicMs() < failure.untilMs
    if (isRecent) return { outcome: 'refused', why: failure.why }
    if (this.#working.size >= bounds.maxApplications)
      return { outcome: 'refused', why: 'it has many others to vouch for' }
    this.#working.add(node)
    try {
      await this.#assertWanted(application)
    } catch (error) {
      this.#working.delete(node)
      return { outcome: 'refused', why: shortened(messageOf(error)) }
    }
    this.#last = this.#last.then(() => this.#admit(application))
    return { outcome: 'working', why: '' }
  }

  /** Throws NODE_APPLICATION_REFUSED. */
  async #assertWanted(application: Application): Promise<void> {
    const { identity, ed25519, clock } = this.#context
    const { ledger, records } = this.#modules
    const { operator } = application.certificate
    if (application.sponsor !== identity.node) throw applicationRefused('it is meant for another sponsor')
    checkApplication({ ed25519, genesis: identity.genesis, nowMs: clock.nowMs() }, application)
    const { state } = ledger
    const { epoch } = ledger.chain.record
    const { untilEpoch } = application
    if (untilEpoch < epoch || untilEpoch > epoch + limits.ledgerMoney.maxConsentEpochs)
      throw applicationRefused('it is not good for this epoch: the node may be behind')
    if (memberOf(state, NodeId.toBytes(application.certificate.node)) !== undefined)
      throw applicationRefused('the ledger knows the node already')
    const own = memberOf(state, NodeId.toBytes(identity.node))
    if (own?.state !== 'active') throw applicationRefused('the sponsor is no active member itself')
    if (own.sponsored >= parameter({ state, epoch }, 'sponsoredMembers'))
      throw applicationRefused(`the sponsor already answers for ${own.sponsored} others, and may for no more`)
    const invited = await readInvited(records, operator)
    if (invited === undefined || invited.notAfterMs < clock.nowMs())
      throw applicationRefused('the sponsor has no valid record of having invited this operator')
    const before = sponsoredOf(ledger, OperatorId.toBytes(operator))
    if (before >= invited.nodes) {
      const only = `its user pays deposits for ${invited.nodes} of this operator's nodes`
      throw applicationRefused(`${only}, and has for ${before}: "borgios net invite --nodes" changes that`)
    }
  }

  async #admit(application: Application): Promise<void> {
    const { node, operator } = application.certificate
    try {
      // Another may have come before it since it was looked at.
      await this.#assertWanted(application)
      await this.#pay(application)
    } catch (error) {
      this.#context.logger.warn('a node could not be vouched for', { node, why: messageOf(error) })
      this.#noteFailure(operator, error)
    } finally {
      this.#working.delete(node)
    }
  }

  async #pay(application: Application): Promise<void> {
    const { ledger, wallet, operator } = this.#modules
    const what = `the membership of ${application.certificate.node}`
    const { operations, amount } = this.#welcome(application)
    const fees = bounds.sponsorReserve
    const balance = ledger.state.get(accountTable, operator.account)?.balance ?? 0n
    if (balance < amount + fees) {
      const topUp = transferOf(operator.account, amount)
      await wallet.pay({ operations: [topUp], amount, what })
    }
    await operator.pay({ operations, amount, what })
    this.#context.logger.info('vouched for a node', { node: application.certificate.node })
  }

  /** What makes the node a member and gives its people something to begin with, and what it costs. */
  #welcome(application: Application): { operations: readonly Operation[]; amount: bigint } {
    const { ledger } = this.#modules
    const { state } = ledger
    const { epoch } = ledger.chain.record
    const sponsor = NodeId.toBytes(application.sponsor)
    const operator = OperatorId.toBytes(application.certificate.operator)
    const user = accountBytesOf(application.wallet)
    const price = parameter({ state, epoch }, 'accountPrice')
    const isNew = (account: Uint8Array): boolean => state.get(accountTable, account) === undefined
    const operations = [joinOperationOf(application)]
    let amount = parameter({ state, epoch }, 'deposit') + 2n * price
    // Who was welcomed before brings another node, or left and comes back: with whatever wallet.
    if (!isNewcomer(state, operator)) return { operations, amount }
    operations.push(transferOf(operator, bounds.welcomeAmount))
    amount += bounds.welcomeAmount
    // Whose wallet is open shares that of who invited it.
    if (!isNew(user) || compareBytes(user, operator) === 0) return { operations, amount }
    const granted = this.#grantable(sponsor)
    if (granted > 0n) {
      const body = moneyOperations.grant.encode({ node: sponsor, to: user, amount: granted })
      operations.push({ module: GRANTS_MODULE, kind: moneyOperations.grant.kind, body })
    }
    operations.push(transferOf(user, bounds.welcomeAmount - granted))
    return { operations, amount: amount + bounds.welcomeAmount }
  }

  /** What the treasury gives in the name of this node: all it may in an epoch, if that is but a part of what is there. */
  #grantable(sponsor: Uint8Array): bigint {
    const { state } = this.#modules.ledger
    const { epoch } = this.#modules.ledger.chain.record
    const left = allowanceLeft(ledgerServices, { state, epoch }, sponsor)
    const treasury = state.get(supplyTable, 'only')?.treasury ?? 0n
    return treasury < left * 2n ? 0n : least(left, bounds.welcomeAmount - 1n)
  }

  #noteFailure(operator: OperatorId, error: unknown): void {
    const wasFree = isBorgError(error) && COST_NOTHING.includes(error.code)
    const forMs = wasFree ? bounds.applicationRetryMs : bounds.sponsorFailureMs
    this.#failures.delete(operator)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size >= bounds.sponsorFailures && oldest !== undefined) this.#failures.delete(oldest)
    const untilMs = this.#context.clock.monotonicMs() + forMs
    this.#failures.set(operator, { why: shortened(messageOf(error)), untilMs })
  }
}

/** Whether an operator was never welcomed: it has never spent anything, and has less than it would have been given, which anybody may have sent. */
function isNewcomer(state: StateReader, operator: Uint8Array): boolean {
  const account = state.get(accountTable, operator)
  return account === undefined || (account.nonce === 0 && account.balance < bounds.welcomeAmount)
}

/** Nodes of an operator for which others paid, also such as were put out. */
function sponsoredOf({ state }: Ledger, operator: Uint8Array): number {
  let count = 0
  for (const [, member] of state.list(memberTable)) {
    if (member.sponsor !== undefined && compareBytes(member.operator, operator) === 0) count += 1
  }
  return count
}

const transferOf = (to: Uint8Array, amount: bigint): Operation => ({
  module: ACCOUNTS_MODULE,
  kind: TRANSFER,
  body: encodeTransfer({ to, amount, memo: new TextEncoder().encode('welcome') }),
})

const shortened = (why: string): string => why.slice(0, bounds.maxWhyChars)
