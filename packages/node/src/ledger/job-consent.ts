import type { JobId, NetworkId, NodeId } from '@borgios/core'
import { accountBytesOf, accountIdOf, type Ed25519, type Signer, signStatement, verifyStatement } from '@borgios/crypto'
import type { JobPayer } from '@borgios/protocol'
import { jobUnpaid } from '../errors.ts'

/** Whose job it is and where: all can read the id of a hold in the ledger, and must not run jobs of their own for it. */
export interface JobParties {
  readonly network: NetworkId
  readonly job: JobId
  readonly from: NodeId
  readonly to: NodeId
}

const KIND = 'job-payer/1'

/** An account's word that it pays for a job of this node on that one. */
export function payerOf(wallet: Signer, { network, job, from, to }: JobParties): JobPayer {
  const { signature } = signStatement(wallet, KIND, { network, job, from, to })
  return { account: accountIdOf(wallet.publicKey), signature }
}

/** The account, 32 bytes. Throws NODE_JOB_UNPAID where it has not said so. */
export function accountPaying(ed25519: Ed25519, payer: JobPayer, { network, job, from, to }: JobParties): Uint8Array {
  try {
    const account = accountBytesOf(payer.account)
    verifyStatement(ed25519, KIND, { network, job, from, to, signature: payer.signature }, account)
    return account
  } catch (cause) {
    throw jobUnpaid('who is said to pay for the job has not signed that', { cause })
  }
}
