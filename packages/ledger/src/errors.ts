import {
  type Blame,
  BorgError,
  type ErrorKind,
  type ErrorMeta,
  formatDuration,
  isBorgError,
  messageOf,
} from '@borgios/core'
import { refusalText } from './mempool/mempool-words.ts'
import type { Refusal } from './mempool/refusal.ts'

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

// Mempool

/** A transaction of an own user that the mempool does not take. */
export const transactionNotTaken = (refusal: Refusal): BorgError =>
  make('LEDGER_TRANSACTION_NOT_TAKEN', `the transaction was not taken: ${refusalText(refusal)}`, {
    kind: refusal.reason === 'mempoolFull' || refusal.reason === 'accountFull' ? 'exhausted' : 'invalid',
    blame: 'caller',
    retryable: refusal.reason === 'mempoolFull' || refusal.reason === 'accountFull',
    meta: { reason: refusal.reason },
  })

/** A batch of another node with something in it that no honest node sends. */
export const falseTransactions = (why: string): BorgError =>
  make('LEDGER_FALSE_TRANSACTIONS', `a node brought transactions that cannot be: ${why}`, {
    kind: 'byzantine',
    blame: 'peer',
  })

export const trackerFull = (most: number): BorgError =>
  make(
    'LEDGER_TRACKER_FULL',
    `this node already follows ${most} transactions of its users that are not decided yet; wait until some are, then send again`,
    { kind: 'exhausted', blame: 'caller', retryable: true, meta: { most } },
  )

// Beacon

/** The epoch is not at the point where this may be done, or has no committee. */
export const beaconClosed = (phase: string): BorgError =>
  make('LEDGER_BEACON_CLOSED', `this is not the time to ${phase} for the beacon; wait for its part of the next epoch`, {
    kind: 'conflict',
    blame: 'caller',
  })

export const notBeaconMember = (): BorgError =>
  make('LEDGER_BEACON_NOT_MEMBER', 'only a validator of this epoch, or who answers for it, may do this in its name', {
    kind: 'denied',
    blame: 'caller',
  })

export const beaconSaid = (what: 'dealt' | 'opened'): BorgError =>
  make('LEDGER_BEACON_SAID', `this validator has ${what} in this epoch already; it counts as it is`, {
    kind: 'conflict',
    blame: 'caller',
  })

/** A dealing or share that cannot be one. */
export const beaconRefused = (why: string): BorgError =>
  make('LEDGER_BEACON_REFUSED', `the beacon cannot take this: ${why}`, { kind: 'invalid', blame: 'caller' })

// Validators

/** A validator passed on what it must have seen to be false. */
export const falseFrame = (what: string): BorgError =>
  make('LEDGER_FALSE_FRAME', `a validator sent ${what}`, { kind: 'byzantine', blame: 'peer' })

// Catching up

/** A peer sent blocks that do not follow one another, are not final or not of this epoch. */
export const badSyncMessage = (why: string): BorgError =>
  make('LEDGER_SYNC_MESSAGE', `a node sent ${why}`, { kind: 'byzantine', blame: 'peer' })

/** A peer neither brings nor takes blocks at the pace there must be. */
export const syncTooSlow = (): BorgError =>
  make('LEDGER_SYNC_SLOW', 'a node is too slow, or silent, at handing over blocks; another is asked', {
    kind: 'timeout',
    blame: 'peer',
    retryable: true,
  })

/** What a quorum finalised comes out otherwise here. */
export const chainDiverged = (height: number, why: string): BorgError =>
  make(
    'LEDGER_DIVERGED',
    `the final block of height ${height} comes out otherwise on this node (${why}): its software or its state is not that of the network; update it, or let it begin anew`,
    { kind: 'corrupt', blame: 'self', meta: { height } },
  )

/** The state is newer than the blocks that are kept. */
export const archiveShort = (height: number): BorgError =>
  make(
    'LEDGER_ARCHIVE_SHORT',
    `the saved state is that after block ${height}, which is not among the blocks kept here: remove the folders "state" and "blocks" of the ledger, and this node gets them anew from the others. Keep "journal": it says what this node has voted for`,
    { kind: 'corrupt', blame: 'self', meta: { height } },
  )

// Proofs

/** Nothing is known here of what was asked about. */
export const proofUnknown = (why: string): BorgError =>
  make('LEDGER_PROOF_UNKNOWN', why, { kind: 'notFound', blame: 'caller' })

/** What would prove it is forgotten. */
export const proofPruned = (why: string): BorgError =>
  make('LEDGER_PROOF_PRUNED', why, { kind: 'notFound', blame: 'caller' })

/** It cannot be proved here, or not yet; another node may. */
export const proofMissing = (why: string, cause?: unknown): BorgError =>
  make('LEDGER_PROOF_MISSING', why, { kind: 'unavailable', retryable: true, cause })

/** What this node saw final last is so old that those who signed it have nothing to lose any more: whatever peers show proves nothing. */
export const tooLongAway = (sinceMs: number): BorgError =>
  make(
    'LEDGER_TOO_LONG_AWAY',
    `this node last saw a block become final ${formatDuration(sinceMs)} ago, which is too long: those who decided then may have left and ` +
      'signed something else. A member you trust runs "borgios net export -o FILE"; then start this node with "borgios node start --invitation FILE"',
    { kind: 'denied', blame: 'self', meta: { sinceMs } },
  )

/** Peers did not bring all of a state; what came is kept. */
export const stateUnfetched = (): BorgError =>
  make('LEDGER_STATE_UNFETCHED', 'no peer brought the rest of the state; it is tried again, with what came', {
    kind: 'unavailable',
    retryable: true,
  })

// Journal

/** Something is wrong in the journal where all had been durable: the disk lost or changed it. */
export const journalDamaged = (file: string, atBytes: number): BorgError =>
  make(
    'LEDGER_JOURNAL_CORRUPT',
    `the ledger's file ${file} is damaged at byte ${atBytes}, where all had been safe: look at the disk. If it is in the folder "journal", ` +
      'this node no longer knows for certain what it voted for: to go on, move that folder away and start the node with a new key. If it ' +
      'is in "blocks", remove "blocks" and "state" beside it: the node gets them anew from the others',
    { kind: 'corrupt', blame: 'self', meta: { file, atBytes } },
  )

export const journalClosed = (): BorgError =>
  make('LEDGER_JOURNAL_CLOSED', "the ledger's journal is closed", { kind: 'unavailable', blame: 'self' })

/** What a disk threw, for people. Nothing that was to be written counts as written. */
export function journalFailed(cause: unknown): BorgError {
  if (isBorgError(cause)) return cause
  if (isDiskFull(cause)) {
    return make('LEDGER_DISK_FULL', 'the disk with the ledger is full: free some space on it and start the node anew', {
      kind: 'exhausted',
      blame: 'self',
      cause,
    })
  }
  return make(
    'LEDGER_DISK_FAILED',
    `the disk with the ledger does not work as it should: ${messageOf(cause)}; look at it and start the node anew`,
    { kind: 'unavailable', blame: 'self', cause },
  )
}

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

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
