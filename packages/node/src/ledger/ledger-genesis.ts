import { type JsonObject, NodeId, OperatorId } from '@borgios/core'
import { AccountIdSchema, accountIdOf, NodeIdSchema } from '@borgios/crypto'
import { type LedgerGenesis, PARAMETERS, parseLedgerGenesis } from '@borgios/ledger'
import { AmountTextSchema } from '@borgios/protocol'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** A node that is a member from the first block on. Keys of 32 bytes. */
export interface FoundingMember {
  readonly node: Uint8Array
  readonly operator: Uint8Array
  readonly capacityBytes: number
}

export interface GenesisPlan {
  /** Unix time. */
  readonly nowMs: number
  readonly release: string
  /** 32 bytes: whose key decides on the parameters, until it hands over to a majority. */
  readonly governor: Uint8Array
  /** 32 bytes: the account of who makes the network. */
  readonly wallet: Uint8Array
  readonly members: readonly FoundingMember[]
}

const ONE = 1_000_000n
/** What the maker of a network begins with: enough to try everything, and to bring others in. */
const FIRST_BALANCE = 1_000_000n * ONE
/** Beside its deposit: fees of some thousand transactions. */
const OPERATOR_BALANCE = 100n * ONE

/** What may be minted over all time for what members earn: ten times what the maker begins with. */
const TO_MINT = 10n * FIRST_BALANCE

/** What the ledger of a new network begins with: its maker's account, and the first members with their deposits. */
export function ledgerGenesis({ nowMs, release, governor, wallet, members }: GenesisPlan): JsonObject {
  const operators = new Map<string, { account: Uint8Array; nodes: number }>()
  for (const { operator } of members) {
    const account = OperatorId.fromBytes(operator)
    operators.set(account, { account: operator, nodes: (operators.get(account)?.nodes ?? 0) + 1 })
  }
  const deposit = PARAMETERS.deposit.first
  return {
    timeMs: nowMs,
    modules: {
      earning: { remaining: String(TO_MINT) },
      parameters: { governors: { needed: 1, keys: [accountIdOf(governor)] } },
      accounts: [
        { account: accountIdOf(wallet), balance: String(FIRST_BALANCE) },
        ...[...operators.values()].map(({ account, nodes }) => ({
          account: accountIdOf(account),
          balance: String(deposit * BigInt(nodes) + OPERATOR_BALANCE),
        })),
      ],
      members: members.map(({ node, operator, capacityBytes }) => ({
        node: NodeId.fromBytes(node),
        operator: OperatorId.fromBytes(operator),
        account: accountIdOf(operator),
        capacityBytes,
        cores: 1,
        release,
      })),
    },
  }
}

const accountsCheck = Compile(Type.Array(Type.Object({ account: AccountIdSchema, balance: AmountTextSchema })))
const membersCheck = Compile(Type.Array(Type.Object({ node: NodeIdSchema })))

/** The ledger's part of a genesis document, for people: who began with how much, and which nodes. Throws LEDGER_GENESIS_INVALID. */
export function readLedgerGenesis(value: unknown) {
  const { timeMs, modules }: LedgerGenesis = parseLedgerGenesis(value)
  const { accounts, members } = modules
  return {
    timeMs,
    modules,
    accounts: accountsCheck.Check(accounts) ? accounts : [],
    members: membersCheck.Check(members) ? members.map(({ node }) => node) : [],
  }
}
