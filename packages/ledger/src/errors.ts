import { type Blame, BorgError, type ErrorKind, type ErrorMeta } from '@borgios/core'

interface Details {
  readonly kind: ErrorKind
  readonly blame?: Blame
  readonly retryable?: boolean
  readonly meta?: ErrorMeta
  readonly cause?: unknown
}

const make = (code: string, message: string, details: Details): BorgError =>
  new BorgError(message, { code, ...details })

// Blocks

/** A leader proposed what the rules forbid: nobody may vote for it. */
export const blockInvalid = (why: string, cause?: unknown): BorgError =>
  make('LEDGER_BLOCK_INVALID', `the block breaks the rules: ${why}`, { kind: 'invalid', blame: 'peer', cause })

/** Micro-units appeared or vanished: a state module has a bug. The block must not stand. */
export const supplyBroken = (difference: bigint): BorgError =>
  make('LEDGER_SUPPLY_BROKEN', `the block changes what exists by ${difference} micro-units`, {
    kind: 'corrupt',
    blame: 'self',
    meta: { difference: String(difference) },
  })

/** Genesis asks for what cannot be. */
export const genesisInvalid = (why: string, cause?: unknown): BorgError =>
  make('LEDGER_GENESIS_INVALID', `the ledger's part of the genesis document cannot be used: ${why}`, {
    kind: 'invalid',
    blame: 'caller',
    cause,
  })

// Transactions: why one may not enter a block

/** It may not enter this block; later it may, if `retryable`. Nothing was charged. */
export const transactionRefused = (why: string, details: { retryable?: boolean; cause?: unknown } = {}): BorgError =>
  make('LEDGER_TRANSACTION_REFUSED', `the transaction cannot enter a block: ${why}`, {
    kind: 'denied',
    blame: 'caller',
    ...details,
  })

// Money

export const fundsShort = (needed: bigint, there: bigint): BorgError =>
  make('LEDGER_FUNDS_SHORT', `${needed} micro-units are needed, ${there} are there; add to the account or send less`, {
    kind: 'exhausted',
    blame: 'caller',
    meta: { needed: String(needed), there: String(there) },
  })

/** More than 2^64 - 1 micro-units cannot be. */
export const supplyFull = (): BorgError =>
  make('LEDGER_SUPPLY_FULL', 'no more micro-units can be minted', { kind: 'exhausted' })

// Accounts

export const accountExists = (): BorgError =>
  make('LEDGER_ACCOUNT_EXISTS', 'the majority account of these keys was already made; use it, or change the keys', {
    kind: 'conflict',
    blame: 'caller',
  })

export const notMajorityAccount = (): BorgError =>
  make(
    'LEDGER_NOT_MAJORITY_ACCOUNT',
    'only an account of several keys can change them; make one and move the money there',
    {
      kind: 'denied',
      blame: 'caller',
    },
  )

// Parameters

export const notGovernors = (): BorgError =>
  make('LEDGER_NOT_GOVERNORS', 'only the account of the governors may decide on this', {
    kind: 'denied',
    blame: 'caller',
  })

export const parameterRefused = (why: string): BorgError =>
  make('LEDGER_PARAMETER_REFUSED', `a parameter cannot be set so: ${why}`, { kind: 'invalid', blame: 'caller' })

// Members

export const memberExists = (): BorgError =>
  make('LEDGER_MEMBER_EXISTS', 'this node is a member, is leaving, or was put out for good', {
    kind: 'conflict',
    blame: 'caller',
  })

export const notMember = (): BorgError =>
  make('LEDGER_NOT_MEMBER', 'this node is no member', { kind: 'notFound', blame: 'caller' })

export const memberState = (state: string): BorgError =>
  make('LEDGER_MEMBER_STATE', `this cannot be done to a member that is ${state}`, { kind: 'conflict', blame: 'caller' })

export const notMembersOperator = (): BorgError =>
  make('LEDGER_NOT_MEMBERS_OPERATOR', "only the account of the member's operator may do this", {
    kind: 'denied',
    blame: 'caller',
  })

/** The node, or its operator, has not agreed to this membership. */
export const badConsent = (why: string): BorgError =>
  make('LEDGER_CONSENT_BAD', `the consent to join does not stand: ${why}`, { kind: 'denied', blame: 'caller' })

export const sponsorRefused = (why: string): BorgError =>
  make('LEDGER_SPONSOR_REFUSED', `this member cannot vouch for another: ${why}`, { kind: 'denied', blame: 'caller' })

/** It does not prove that a member lied. */
export const evidenceWeak = (why: string): BorgError =>
  make('LEDGER_EVIDENCE_WEAK', `the evidence proves nothing: ${why}`, { kind: 'invalid', blame: 'caller' })

// Services: escrow, jobs, leases, audits, grants

const refusedService = (code: string, kind: ErrorKind, message: string): BorgError =>
  make(code, message, { kind, blame: 'caller' })

export const holdExists = (): BorgError =>
  refusedService('LEDGER_HOLD_EXISTS', 'conflict', 'a hold with this label is there already; take another label')

export const noHold = (): BorgError =>
  refusedService('LEDGER_NO_HOLD', 'notFound', 'there is no such hold: it was never made, or is paid or given back')

export const notParty = (who: string): BorgError =>
  refusedService('LEDGER_NOT_PARTY', 'denied', `only ${who} may do this`)

export const aboveHold = (asked: bigint, held: bigint): BorgError =>
  refusedService('LEDGER_ABOVE_HOLD', 'invalid', `${asked} micro-units are asked for, ${held} are held for it`)

export const saidBefore = (): BorgError =>
  refusedService('LEDGER_SAID_BEFORE', 'conflict', 'this side has said its amount already; it counts as it is')

/** Something in an operation is out of its bounds. */
export const badTerms = (why: string): BorgError =>
  refusedService('LEDGER_BAD_TERMS', 'invalid', `this cannot be agreed on: ${why}`)

/** It costs more than its payer allowed. */
export const priceAbove = (cost: bigint, allowed: bigint): BorgError =>
  refusedService(
    'LEDGER_PRICE_ABOVE',
    'conflict',
    `it costs ${cost} micro-units, of which ${allowed} were allowed; look at the price again`,
  )

export const noActiveMember = (): BorgError =>
  refusedService('LEDGER_NO_ACTIVE_MEMBER', 'notFound', 'this node is no active member; choose another')

export const leaseExists = (): BorgError =>
  refusedService(
    'LEDGER_LEASE_EXISTS',
    'conflict',
    'a lease with this label is there already; extend it or take another label',
  )

export const noLease = (): BorgError =>
  refusedService('LEDGER_NO_LEASE', 'notFound', 'there is no such lease: it was never made, or has ended')

export const noEntry = (): BorgError =>
  refusedService('LEDGER_NO_ENTRY', 'notFound', 'this node has no part, or none left to accept, in one of these leases')

export const wrongEpoch = (epoch: number): BorgError =>
  refusedService(
    'LEDGER_WRONG_EPOCH',
    'conflict',
    `audits of epoch ${epoch} are reported now; others come too late or too early`,
  )

export const notAuditor = (): BorgError =>
  refusedService('LEDGER_NOT_AUDITOR', 'denied', 'the draw gave one of these nodes to other auditors')

export const allowanceSpent = (left: bigint): BorgError =>
  refusedService(
    'LEDGER_ALLOWANCE_SPENT',
    'exhausted',
    `${left} micro-units are left to grant in this epoch; grant less or wait for the next`,
  )

export const grantedBefore = (): BorgError =>
  refusedService(
    'LEDGER_GRANTED_BEFORE',
    'conflict',
    'this account was given its grant already; send it of your own instead',
  )
