import { type Blame, BorgError, type ErrorKind, type ErrorMeta } from '@borgios/core'

interface Details {
  readonly meta?: ErrorMeta
  readonly cause?: unknown
}

const make =
  (code: string, kind: ErrorKind, blame: Blame, retryable = false) =>
  (message: string, details: Details = {}) =>
    new BorgError(message, { code, kind, blame, retryable, ...details })

/** A command line that cannot be meant: unknown word, missing argument, a number out of range. */
export const usageError = make('NODE_USAGE', 'invalid', 'caller')
/** A signal ended the command; `meta.signal` names it. */
export const interrupted = make('NODE_INTERRUPTED', 'unavailable', 'caller')
/** No daemon answers for this data folder. */
export const nothingRuns = make('NODE_NOT_RUNNING', 'notFound', 'none', true)
/** A daemon took the connection and then said nothing, or broke off. */
export const daemonSilent = make('NODE_DAEMON_SILENT', 'timeout', 'none', true)
export const daemonBrokeOff = make('NODE_DAEMON_BROKE_OFF', 'unavailable', 'none', true)
/** The daemon's answer does not fit this program: another release runs there. */
export const daemonForeign = make('NODE_DAEMON_FOREIGN', 'conflict', 'none')
/** Another daemon holds the data folder. */
export const folderInUse = make('NODE_FOLDER_IN_USE', 'conflict', 'caller')
/** The folder does not hold what the command needs. */
export const wrongFolder = make('NODE_WRONG_FOLDER', 'invalid', 'caller')
/** The folder belongs to another network than the one asked for. */
export const foreignFolder = make('NODE_FOREIGN_FOLDER', 'denied', 'caller')
/** A file of the data folder is not what it was. */
export const fileInvalid = make('NODE_FILE_INVALID', 'corrupt', 'self')
/** A key that others could have read. */
export const keyExposed = make('NODE_KEY_EXPOSED', 'denied', 'self')
/** An id or its beginning that nothing known here has. */
export const unknownSubject = make('NODE_UNKNOWN', 'notFound', 'caller')
/** A beginning that several ids have. */
export const ambiguousSubject = make('NODE_AMBIGUOUS', 'invalid', 'caller')
/** What a node tells of the past is not at the height of its ledger. */
export const indexBehind = make('NODE_INDEX_BEHIND', 'unavailable', 'self', true)
/** The request does not fit the local API. */
export const badRequest = make('NODE_BAD_REQUEST', 'invalid', 'caller')
/** A bound of this node is reached. */
export const full = make('NODE_FULL', 'exhausted', 'self', true)
/** No room on a disk of this machine for what this node keeps of files and jobs. */
export const diskFull = make('NODE_DISK_FULL', 'exhausted', 'self', true)
/** A node process ended or stayed silent while it was being started. */
export const startFailed = make('NODE_START_FAILED', 'unavailable', 'self')
export const startTimeout = make('NODE_START_TIMEOUT', 'timeout', 'self', true)
/** A node runs and found no place in the tree in time. */
export const notJoined = make('NODE_NOT_JOINED', 'timeout', 'none', true)
/** A file on this machine that cannot be read or written. */
export const localFile = make('NODE_LOCAL_FILE', 'unavailable', 'caller')
export const localFileMissing = make('NODE_LOCAL_FILE_MISSING', 'notFound', 'caller')
/** A host to listen on that is none of this machine's addresses. */
export const hostUnusable = make('NODE_HOST_UNUSABLE', 'invalid', 'caller')
/** A file of this machine that must not be replaced. */
export const localFileExists = make('NODE_LOCAL_FILE_EXISTS', 'denied', 'caller')
/** A folder where a file was asked for. */
export const notAFile = make('NODE_NOT_A_FILE', 'invalid', 'caller')
/** Something else where a folder is needed. */
export const notAFolder = make('NODE_NOT_A_FOLDER', 'invalid', 'caller')
/** A file that was given as a program and is none. */
export const notWasm = make('NODE_NOT_WASM', 'invalid', 'caller')
/** What was given as an invitation is none. */
export const invitationUnreadable = make('NODE_INVITATION_UNREADABLE', 'invalid', 'caller')
/** A port of this machine that another program holds. */
export const portTaken = make('NODE_PORT_TAKEN', 'conflict', 'none')
/** The node is ending. */
export const stopping = make('NODE_STOPPING', 'unavailable', 'self', true)
/** Something no error of ours describes: shown with its message, kept with its stack in the log. */
export const unexpected = make('NODE_UNEXPECTED', 'unavailable', 'self')
/** A step of the tour whose result is not what it must be. */
export const tourFailed = make('NODE_TOUR_FAILED', 'corrupt', 'self')
/** Only a member may do this, and this node is a guest. */
export const guestRefused = make('NODE_GUEST', 'denied', 'caller')
/** Only a founder may do this. */
export const notFounder = make('NODE_NOT_FOUNDER', 'denied', 'caller')
/** The invitation is for another operator, of no founder, or has run out. */
export const invitationRefused = make('NODE_INVITATION_REFUSED', 'denied', 'caller')
/** A node runs as a guest and the ledger has not admitted it in time. */
export const notAdmitted = make('NODE_NOT_ADMITTED', 'timeout', 'none', true)
/** An application for membership that this node does not vouch for. */
export const applicationRefused = make('NODE_APPLICATION_REFUSED', 'denied', 'peer')
/** The network began without a ledger. */
export const noLedger = make('NODE_NO_LEDGER', 'notFound', 'none')
/** What is trusted of the ledger is so old that it proves nothing. */
export const trustExpired = make('NODE_TRUST_EXPIRED', 'denied', 'caller')
/** A checkpoint that was given contradicts what was proved before. */
export const checkpointConflict = make('NODE_CHECKPOINT_CONFLICT', 'denied', 'caller')
/** What was asked about is proved not to be on the ledger. */
export const provenAbsent = make('NODE_PROVEN_ABSENT', 'notFound', 'none')
/** An account does not hold what is to be sent and paid. */
export const fundsShort = make('NODE_FUNDS_SHORT', 'denied', 'caller')
/** The ledger did not do what was paid for; `meta.reason` is the code of its refusal. */
export const paymentRefused = make('NODE_PAYMENT_REFUSED', 'conflict', 'none')
/** It is not known yet whether a payment took effect. */
export const paymentOpen = make('NODE_PAYMENT_OPEN', 'timeout', 'none', true)
/** Nothing new can be paid for: too few validators are up. */
export const ledgerStill = make('NODE_LEDGER_STILL', 'unavailable', 'none', true)

/** There is no lease to renew, or nobody accepted a part of it. */
export const leaseOver = make('NODE_LEASE_OVER', 'conflict', 'caller')
/** More than one lease covers. */
export const leaseTooLarge = make('NODE_LEASE_TOO_LARGE', 'invalid', 'caller')
/** Who asks for a job has not set aside what it may cost. */
export const jobUnpaid = make('NODE_JOB_UNPAID', 'denied', 'peer')
