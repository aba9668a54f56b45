import { type Blame, BorgError, type ErrorKind } from '@borgios/core'

const make = (code: string, kind: ErrorKind, blame: Blame) => (message: string, cause?: unknown) =>
  new BorgError(message, { code, kind, blame, cause })

/** Votes of another epoch's committee, or about something else than was asked. */
export const foreignCertificate = make('LIGHT_CERTIFICATE_FOREIGN', 'byzantine', 'peer')
/** Votes of less than a quorum. */
export const shortOfQuorum = make('LIGHT_QUORUM_SHORT', 'byzantine', 'peer')
/** A vote of nobody, one that counts twice, or a signature that does not stand. */
export const forgedCertificate = make('LIGHT_CERTIFICATE_FORGED', 'byzantine', 'peer')
/** Headers that do not follow one another, or do not fit what is already trusted. */
export const brokenChain = make('LIGHT_CHAIN_BROKEN', 'byzantine', 'peer')
/** Two blocks that a quorum signed, and that cannot be of one chain: more than a third of the validators lied, whoever showed them. */
export const forked = make('LIGHT_FORK', 'byzantine', 'none')
/** The newest that somebody shows is older than what was final already. */
export const rolledBack = make('LIGHT_ROLLED_BACK', 'byzantine', 'peer')
/** An answer that has not the parts it must have. */
export const wrongAnswer = make('LIGHT_ANSWER_WRONG', 'byzantine', 'peer')
/** Headers of an epoch whose committee is not known (yet, or any more). */
export const unknownEpoch = make('LIGHT_EPOCH_UNKNOWN', 'notFound', 'none')
/** A committee that is not the one the last header of an epoch names. */
export const wrongCommittee = make('LIGHT_COMMITTEE_WRONG', 'byzantine', 'peer')
/** A checkpoint that cannot be of the chain that was proved: one of the two is false. */
export const conflictingCheckpoint = make('LIGHT_CHECKPOINT_CONFLICT', 'denied', 'none')
/** A path that does not lead to the root in the header. */
export const wrongProof = make('LIGHT_PROOF_WRONG', 'byzantine', 'peer')
/** What is trusted is so old that its signers have nothing to lose any more. */
export const trustExpired = make('LIGHT_TRUST_EXPIRED', 'denied', 'caller')
/** A block from the future: this machine's clock is behind, or so many signers lie. */
export const fromTheFuture = make('LIGHT_FROM_THE_FUTURE', 'denied', 'self')
/** The kept state of this client is damaged. */
export const corruptTrust = make('LIGHT_STATE_CORRUPT', 'corrupt', 'self')
