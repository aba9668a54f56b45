import { assert, limits, NodeId, OperatorId } from '@borgios/core'
import { accountBytesOf, accountIdOf } from '@borgios/crypto'
import { memberOf } from '@borgios/ledger'
import {
  AccountRequestSchema,
  BlockRequestSchema,
  EarnRequestSchema,
  HistoryRequestSchema,
  type LedgerStatusView,
  SendRequestSchema,
  TransactionRequestSchema,
  type TransactionView,
} from '@borgios/protocol'
import { badRequest, unknownSubject } from '../errors.ts'
import { MAX_AMOUNT } from '../ledger/amount.ts'
import { earnView, namesOf } from '../ledger/earn-view.ts'
import { historyView } from '../ledger/history-view.ts'
import {
  accountView,
  blockView,
  genesisView,
  ledgerStatusView,
  membersView,
  nodesUp,
  supplyView,
} from '../ledger/ledger-views.ts'
import { emissionView } from '../ledger/payout-view.ts'
import { type TransactionSources, transactionView, transactionViewOf } from '../ledger/transaction-view.ts'
import { bodyCheck, type Exchange } from './exchange.ts'
import type { NodeServices } from './node-services.ts'
import type { RouteTable } from './route.ts'

const accountCheck = bodyCheck(AccountRequestSchema)
const blockCheck = bodyCheck(BlockRequestSchema)
const earnCheck = bodyCheck(EarnRequestSchema)
const historyCheck = bodyCheck(HistoryRequestSchema)
const sendCheck = bodyCheck(SendRequestSchema)
const transactionCheck = bodyCheck(TransactionRequestSchema)

const UNDECIDED: readonly TransactionView['state'][] = ['sent', 'pending', 'inBlock']

/** Throws NODE_NO_LEDGER. */
export function ledgerOf({ wallet, rooms }: NodeServices): TransactionSources {
  const { ledger } = wallet
  const index = rooms.ledgerIndex
  assert(index !== undefined, 'a ledger has its index')
  return { ledger, index }
}

/** Members that this node sees up, and itself. */
const chosen = async (account: string | null, { wallet }: NodeServices): Promise<Uint8Array> =>
  account === null ? await wallet.account() : accountBytesOf(account)

/** Micro-units that fit a transfer. Throws NODE_BAD_REQUEST. */
function sendable(text: string): bigint {
  const amount = BigInt(text)
  if (amount > 0n && amount <= MAX_AMOUNT) return amount
  throw badRequest(
    amount === 0n ? 'the amount is zero, and nothing would be sent' : 'the amount is more than there can be',
  )
}

export const statusOfLedger = (services: NodeServices): LedgerStatusView =>
  ledgerStatusView(
    ledgerOf(services).ledger,
    nodesUp(services.rooms.network, services.context.identity.node),
    services.context.clock.nowMs(),
  )

/** What is undecided waits for the ledger: then its reason to stand still is the transaction's, too. */
export function withStanding(view: TransactionView, { state, why, todo }: LedgerStatusView): TransactionView {
  if (state === 'running' || !UNDECIDED.includes(view.state)) return view
  return { ...view, why: `${view.why}; ${why}`, todo }
}

/** Tells where a transaction stands whenever that changes, until it is decided; returns where it stands then. */
async function follow(
  id: Uint8Array,
  wait: boolean,
  send: (view: TransactionView) => Promise<void>,
  exchange: Exchange,
  services: NodeServices,
): Promise<TransactionView> {
  const sources = ledgerOf(services)
  for (let told = ''; ; ) {
    const view = await transactionView(id, sources)
    if (view === undefined) throw unknownSubject('the transaction that was sent is not followed here any more')
    const status = statusOfLedger(services)
    const standing = `${view.why} ${status.state}`
    if (standing !== told) await send(withStanding(view, status))
    told = standing
    if (!wait || !UNDECIDED.includes(view.state)) return view
    await services.context.timers.sleep(limits.node.transactionPollMs, exchange.signal)
  }
}

const whyNoBlock = (height: number, last: number, keptFrom: number | undefined): string => {
  if (height === 0) return 'genesis is no block: "borgios ledger genesis" shows it, and the first block has height 1'
  if (height > last) return `there is no block of height ${height} yet: the last one has height ${last}`
  return `block ${height} is not kept here any more: nodes keep the blocks of the last epochs, this one from height ${keptFrom ?? last} on`
}

export const ledgerRoutes: RouteTable = {
  'GET /v1/ledger/status': async (exchange, services) => exchange.answer(statusOfLedger(services)),

  'GET /v1/ledger/members': async (exchange, services) => {
    const { rooms, context } = services
    exchange.answer(membersView(ledgerOf(services).ledger, rooms.network.members(), context.clock.nowMs()))
  },

  'POST /v1/ledger/leave': async (exchange, services) => {
    ledgerOf(services)
    await exchange.events(async (send) => {
      await send({ event: 'left', left: await services.rooms.membership.leave(exchange.signal) })
    })
  },

  'GET /v1/ledger/supply': async (exchange, services) =>
    exchange.answer(supplyView(await ledgerOf(services).ledger.holdings())),

  'GET /v1/ledger/genesis': async (exchange, services) =>
    exchange.answer(genesisView(ledgerOf(services).ledger, services.context)),

  'GET /v1/ledger/emission': async (exchange, services) => exchange.answer(emissionView(ledgerOf(services).ledger)),

  'POST /v1/ledger/earn': async (exchange, services) => {
    const { ledger, index } = ledgerOf(services)
    const request = await exchange.json(earnCheck)
    const { context, files, desk, wallet } = services
    const { identity, timers } = context
    const node = NodeId.toBytes(identity.node)
    const earning = memberOf(ledger.state, node)?.account ?? OperatorId.toBytes(identity.operator)
    const account = request.of === 'wallet' ? await wallet.account() : earning
    const names = namesOf(await files.list(), await desk.list())
    const view = await earnView(account, request, { ledger, index, timers, node, names })
    if (view === undefined) {
      throw unknownSubject(
        `this node earns for ${accountIdOf(account)}, and keeps no history of it: ask the node of that account's owner`,
      )
    }
    exchange.answer(view)
  },

  'POST /v1/ledger/account': async (exchange, services) => {
    const { ledger } = ledgerOf(services)
    const { account } = await exchange.json(accountCheck)
    exchange.answer(accountView(ledger, await chosen(account, services)))
  },

  'POST /v1/ledger/block': async (exchange, services) => {
    const { ledger, index } = ledgerOf(services)
    const request = await exchange.json(blockCheck)
    const last = ledger.status().height
    const height = request.height ?? last
    const archived = await ledger.block(height)
    if (archived === undefined) {
      throw unknownSubject(whyNoBlock(height, last, ledger.keptFrom))
    }
    exchange.answer(blockView(ledger, archived, await index.receipts(height)))
  },

  'POST /v1/ledger/transaction': async (exchange, services) => {
    const sources = ledgerOf(services)
    const { transaction } = await exchange.json(transactionCheck)
    exchange.answer(withStanding(await transactionViewOf(transaction, sources), statusOfLedger(services)))
  },

  'POST /v1/wallet/send': async (exchange, services) => {
    ledgerOf(services)
    const { to, amount, memo, wait } = await exchange.json(sendCheck)
    const bytes = Buffer.from(memo)
    const { maxMemoBytes } = limits.ledgerCodec
    if (bytes.length > maxMemoBytes)
      throw badRequest(`the memo has ${bytes.length} bytes, and ${maxMemoBytes} are allowed`)
    const transfer = { to: accountBytesOf(to), amount: sendable(amount), memo: bytes }
    const first = await services.wallet.send(transfer)
    await exchange.events(async (send) => {
      const tell = (transaction: TransactionView) => send({ event: 'transaction', transaction })
      let view = await follow(first, wait, tell, exchange, services)
      // Another daemon with the same wallet took the nonce. What was replaced never takes effect, so nothing is sent twice.
      for (let again = 1; view.state === 'replaced' && again < limits.node.sendAttempts; again += 1) {
        view = await follow(await services.wallet.send(transfer), wait, tell, exchange, services)
      }
    })
  },

  'POST /v1/wallet/history': async (exchange, services) => {
    const { ledger, index } = ledgerOf(services)
    const { account, lines } = await exchange.json(historyCheck)
    const bytes = await chosen(account, services)
    const history = await index.history(bytes, lines)
    if (history === undefined) {
      throw unknownSubject(
        "this node keeps the history of its user's accounts only: that of the wallet, and that of its operator",
      )
    }
    exchange.answer(historyView(bytes, history, ledger.chain.modules.registry))
  },
}
