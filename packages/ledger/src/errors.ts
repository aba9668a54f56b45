import { BorgError, type ErrorKind } from '@borgios/core'

// Services: escrow, jobs, leases, audits, grants

const refusedService = (code: string, kind: ErrorKind, message: string): BorgError =>
  new BorgError(message, { code, kind, blame: 'caller' })

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
