import { BlockId, formatCount, formatDuration, limits, NodeId, OperatorId, shortId, TransactionId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { ArchivedBlock } from '@borgios/ledger'
import {
  accountOf,
  committeeOf,
  type Holdings,
  type Impairment,
  type Ledger,
  type Member,
  memberTable,
  PARAMETERS,
  type ParameterName,
  parameter,
} from '@borgios/ledger'
import type { Member as PeerMember, PeerNetwork } from '@borgios/peertree'
import {
  type AccountView,
  type BlockView,
  decodeTransaction,
  headerHash,
  type LedgerGenesisView,
  type LedgerStatusView,
  type MembersView,
  quorumOf,
  type Receipt,
  type SupplyView,
  transactionId,
} from '@borgios/protocol'
import type { RoomsContext } from '../daemon/rooms.ts'
import { leavingOf } from './leaving.ts'
import { readLedgerGenesis } from './ledger-genesis.ts'
import { operationView } from './transaction-view.ts'

/** Where the ledger stands, and if it stands still, why. `up`: the members this node sees up, itself among them. */
export function ledgerStatusView(ledger: Ledger, up: ReadonlySet<NodeId>, nowMs: number): LedgerStatusView {
  const { height, block, epoch, lastHeight, isValidator, pending, haltedWhy, awayWhy, impairments } = ledger.status()
  const { timeMs, baseFee } = ledger.chain.record
  const { validators, quorum } = votersOf(ledger, up)
  const blockAgeMs = Math.max(0, Math.round(nowMs - timeMs))
  return {
    height,
    block: BlockId.fromBytes(block),
    blockAgeMs,
    epoch,
    lastHeight,
    blocksLeft: lastHeight - height,
    isValidator,
    validators,
    quorum,
    pending,
    baseFee: String(baseFee),
    ...standing({ haltedWhy, awayWhy, impairments, blockAgeMs, validators, quorum }),
  }
}

/** The members that a node sees up, itself among them. */
export function nodesUp(network: Pick<PeerNetwork, 'members'>, self: NodeId): ReadonlySet<NodeId> {
  const up = network.members().filter(({ state }) => state === 'up')
  return new Set([self, ...up.map(({ node }) => node)])
}

/** Why no block can become final now, as far as this node sees; undefined when one can. `up` as for the view. */
export const whyStill = (ledger: Ledger, up: ReadonlySet<NodeId>): string | undefined =>
  ledger.status().haltedWhy ?? whyNoQuorum(votersOf(ledger, up))

type Voters = Pick<LedgerStatusView, 'validators' | 'quorum'>

function votersOf(ledger: Ledger, up: ReadonlySet<NodeId>): Voters {
  const validators = (committeeOf(ledger.state, ledger.status().epoch)?.validators ?? []).map(({ key, weight }) => {
    const node = NodeId.fromBytes(key)
    return { node, weight, isUp: up.has(node) }
  })
  return { validators, quorum: quorumOf(validators.reduce((sum, { weight }) => sum + weight, 0)) }
}

const namesOfDown = ({ validators }: Voters): string =>
  validators
    .filter(({ isUp }) => !isUp)
    .map(({ node }) => shortId(node))
    .join(', ')

function whyNoQuorum(voters: Voters): string | undefined {
  const { validators, quorum } = voters
  const weightUp = validators.reduce((sum, { weight, isUp }) => sum + (isUp ? weight : 0), 0)
  if (weightUp >= quorum) return undefined
  return (
    `no block can become final: ${weightUp} of ${formatCount(validators.length, 'validator')} can be reached from here and ${quorum} are needed. ` +
    `Not reached: ${namesOfDown(voters)}`
  )
}

export interface StandingFacts extends Pick<LedgerStatusView, 'blockAgeMs' | 'validators' | 'quorum'> {
  readonly haltedWhy: string | undefined
  readonly impairments: readonly Impairment[]
  readonly awayWhy: string | undefined
}

/** How the ledger stands in words, and what is to be done. */
export function standing({
  haltedWhy,
  awayWhy,
  impairments: [impairment],
  blockAgeMs,
  validators,
  quorum,
}: StandingFacts): Pick<LedgerStatusView, 'state' | 'why' | 'todo'> {
  if (haltedWhy !== undefined) {
    return {
      state: 'halted',
      why: `this node takes no part in the ledger any more: ${haltedWhy}`.slice(0, limits.node.maxWhyChars),
      todo: 'Remove the cause and start the node again: "borgios down", then "borgios up"',
    }
  }
  if (awayWhy !== undefined) {
    return {
      state: 'stalled',
      why: awayWhy.slice(0, limits.node.maxWhyChars),
      todo: 'A member you trust runs "borgios net export -o FILE"; then here: "borgios down", and "borgios node start --invitation FILE"',
    }
  }
  // Our own trouble comes first: it may be why the rest looks as it does.
  if (impairment !== undefined) {
    return { state: 'impaired', why: impairment.why.slice(0, limits.node.maxWhyChars), todo: impairment.todo }
  }
  const isOld = blockAgeMs > limits.node.stalledMs
  const why = whyNoQuorum({ validators, quorum })
  if (why !== undefined) {
    return {
      state: 'stalled',
      why,
      todo: 'Bring them back: "borgios net tree" shows each node, "borgios up" starts those of this machine. Balances are safe, and what was sent goes on by itself',
    }
  }
  if (isOld) {
    return {
      state: 'stalled',
      why: `the last block came ${formatDuration(blockAgeMs)} ago, though enough validators seem to be up: they may not reach each other, be frozen, or their clocks be apart`,
      todo: 'Ask another node the same; look into node.log of this one, and at the clocks. Nodes that were away for long first catch up',
    }
  }
  const down = namesOfDown({ validators, quorum })
  const few = down === '' ? '' : `, without ${down}`
  return { state: 'running', why: `blocks become final${few}`, todo: 'Nothing' }
}

/** Every node the ledger knows, and whether it is here. `around`: the members this node knows of, itself among them. */
export function membersView(ledger: Ledger, around: readonly SeenMember[], nowMs: number): MembersView {
  const { height, epoch } = ledger.status()
  const committee = committeeOf(ledger.state, epoch)?.validators ?? []
  const deciding = new Set(committee.map(({ key }) => NodeId.fromBytes(key)))
  const seen = new Map(around.map((member) => [member.node, member]))
  const members = [...ledger.state.list(memberTable)].map(([key, member]) => {
    const node = NodeId.fromBytes(key)
    const { state, deposit, capacityBytes, cores, release, joinedEpoch, sponsor } = member
    const inCommittee = deciding.has(node)
    return {
      node,
      operator: OperatorId.fromBytes(member.operator),
      account: accountIdOf(member.account),
      state,
      deposit: String(deposit),
      capacityBytes,
      cores,
      release,
      inCommittee,
      joinedEpoch,
      sponsor: sponsor === undefined ? null : NodeId.fromBytes(sponsor),
      isUp: seen.get(node)?.state === 'up',
      why: memberWhy(member, { inCommittee, seen: seen.get(node), nowMs }),
    }
  })
  return { height, epoch, members }
}

export type SeenMember = Pick<PeerMember, 'node' | 'state' | 'sinceMs'>

interface MemberFacts {
  readonly inCommittee: boolean
  readonly seen: SeenMember | undefined
  readonly nowMs: number
}

function memberWhy({ state, freeEpoch, joinedEpoch }: Member, { inCommittee, seen, nowMs }: MemberFacts): string {
  const parts: string[] = []
  if (state === 'slashed') return 'put out: it lied, or failed its audits again and again; its deposit is lost'
  if (state === 'draining') parts.push('gets nothing new')
  if (state === 'leaving') parts.push(`leaves; its deposit goes back at the end of epoch ${freeEpoch}`)
  if (state === 'active' && !inCommittee) parts.push(`joined in epoch ${joinedEpoch}, not drawn to decide in this one`)
  const isServing = state === 'active' || state === 'draining'
  if (seen?.state !== 'up' && (isServing || inCommittee)) {
    const since = seen === undefined ? '' : ` for ${formatDuration(Math.max(0, nowMs - seen.sinceMs))}`
    parts.push(`not reached from here${since}${inCommittee ? ', and counts for the quorum all the same' : ''}`)
  }
  return parts.join('; ')
}

/** What the records of a table are to people, where its name does not say it. */
const PART_NAMES: Readonly<Record<string, string>> = { accounts: 'balances', members: 'deposits', holds: 'escrow' }

export function supplyView({ height, supply, holdings }: Holdings): SupplyView {
  const { minted, treasury, burned } = supply
  const sum = holdings.reduce((total, { held }) => total + held, treasury + burned)
  return {
    height,
    minted: String(minted),
    parts: holdings.map(({ table, records, held }) => ({
      name: PART_NAMES[table] ?? table,
      records,
      amount: String(held),
    })),
    treasury: String(treasury),
    burned: String(burned),
    sum: String(sum),
    isOk: sum === minted,
  }
}

/** Throws LEDGER_GENESIS_INVALID. */
export function genesisView(ledger: Ledger, { identity }: Pick<RoomsContext, 'identity'>): LedgerGenesisView {
  const { timeMs, modules, accounts, members } = readLedgerGenesis(identity.genesis.ledger)
  const { epoch } = ledger.status()
  const names = Object.keys(PARAMETERS) as ParameterName[]
  return {
    network: identity.network,
    name: identity.genesis.name,
    timeMs,
    accounts,
    members,
    modules,
    parameters: names.map((name) => ({
      name,
      value: String(parameter({ state: ledger.state, epoch }, name)),
      unit: PARAMETERS[name].unit,
    })),
  }
}

export function accountView(ledger: Ledger, account: Uint8Array): AccountView {
  const record = accountOf(ledger.state, account)
  const { amount, count } = leavingOf(ledger, account)
  const policy = record?.policy
  return {
    account: accountIdOf(account),
    height: ledger.status().height,
    isOpen: record !== undefined,
    balance: String(record?.balance ?? 0n),
    nonce: record?.nonce ?? 0,
    policy: policy === undefined ? null : { needed: policy.needed, keys: policy.keys.map(accountIdOf) },
    leaving: String(amount),
    undecided: count,
  }
}

/** `receipts`: of its transactions, where they are known. */
export function blockView(
  ledger: Ledger,
  { block }: Pick<ArchivedBlock, 'block'>,
  receipts: readonly Receipt[] | undefined,
): BlockView {
  const { network, registry } = ledger.chain.modules
  const { header, transactions } = block
  const leader = committeeOf(ledger.state, header.epoch)?.validators[header.leader]?.key
  return {
    height: header.height,
    block: BlockId.fromBytes(headerHash(network, header)),
    parent: BlockId.fromBytes(header.parent.hash),
    epoch: header.epoch,
    slot: header.slot,
    timeMs: header.timeMs,
    leader: leader === undefined ? null : NodeId.fromBytes(leader),
    baseFee: String(header.baseFee),
    usedUnits: header.usedUnits,
    stateRoot: Buffer.from(header.stateRoot).toString('hex'),
    isLastOfEpoch: header.seal !== undefined,
    transactions: transactions.map((bytes, position) => {
      const transaction = decodeTransaction(bytes)
      const receipt = receipts?.[position]
      return {
        transaction: TransactionId.fromBytes(transactionId(network, transaction)),
        account: accountIdOf(transaction.account),
        nonce: transaction.nonce,
        operations: transaction.operations.map((operation) => operationView(operation, registry)),
        isDone: receipt === undefined ? null : receipt.status === 0,
        fee: receipt === undefined ? null : String(receipt.feePaid),
      }
    }),
  }
}
