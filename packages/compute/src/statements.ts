import { canonicalJsonBytes, type JobId, limits, type NetworkId, NodeId, parseCanonicalJson } from '@borgios/core'
import { assertFresh, type Ed25519, type Signer, signStatement, verifyStatement } from '@borgios/crypto'
import {
  type CheckedJobSpec,
  type JobReceipt,
  JobReceiptSchema,
  type JobRequest,
  JobRequestSchema,
} from '@borgios/protocol'
import { Compile } from 'typebox/compile'
import { badMessage, badStatement } from './errors.ts'
import { jobSpecHash } from './job-spec.ts'

const REQUEST = 'job-request/1'
const RECEIPT = 'job-receipt/1'

const requestCheck = Compile(JobRequestSchema)
const receiptCheck = Compile(JobReceiptSchema)

/** Signs a request as the requesting node. */
export const signJobRequest = (signer: Signer, body: Omit<JobRequest, 'signature'>): Uint8Array =>
  canonicalJsonBytes(signStatement(signer, REQUEST, body))

/** Signs a receipt as the node that ran the job. */
export const signJobReceipt = (signer: Signer, body: Omit<JobReceipt, 'signature'>): Uint8Array =>
  canonicalJsonBytes(signStatement(signer, RECEIPT, body))

export interface RequestContext {
  readonly ed25519: Ed25519
  readonly network: NetworkId
  readonly self: NodeId
  /** The node at the other end of the stream. */
  readonly from: NodeId
  readonly nowMs: number
}

/** Reads a request from hostile bytes. Throws COMPUTE_BAD_MESSAGE, COMPUTE_BAD_STATEMENT, CORE_JSON_INVALID or CRYPTO_NOT_FRESH. */
export function openJobRequest(bytes: Uint8Array, context: RequestContext): JobRequest {
  if (bytes.length > limits.compute.maxRequestBytes) throw badMessage(`a request of ${bytes.length} bytes is too large`)
  const value = parseCanonicalJson(bytes, limits.core.jsonDepth)
  if (!requestCheck.Check(value)) throw badMessage('not a job request')
  if (value.network !== context.network) throw badStatement('the job request is for another network')
  if (value.to !== context.self) throw badStatement('the job request is for another node')
  if (value.from !== context.from)
    throw badStatement('the job request is from another node than the one that brought it')
  assertFresh(value.timeMs, context.nowMs)
  verify(context.ed25519, REQUEST, value, value.from)
  return value
}

export interface ReceiptContext {
  readonly ed25519: Ed25519
  readonly network: NetworkId
  readonly requester: NodeId
  readonly node: NodeId
  readonly job: JobId
  readonly spec: CheckedJobSpec
}

/** Reads a receipt from hostile bytes and checks that it answers this job. Throws as {@link openJobRequest} does. */
export function openJobReceipt(bytes: Uint8Array, context: ReceiptContext): JobReceipt {
  if (bytes.length > limits.compute.maxReceiptBytes) throw badMessage(`a receipt of ${bytes.length} bytes is too large`)
  const value = parseCanonicalJson(bytes, limits.core.jsonDepth)
  if (!receiptCheck.Check(value)) throw badMessage('not a job receipt')
  if (value.network !== context.network) throw badStatement('the receipt is of another network')
  if (value.node !== context.node) throw badStatement('the receipt is from another node than the one that was asked')
  if (value.requester !== context.requester) throw badStatement('the receipt is for another requester')
  if (value.job !== context.job) throw badStatement('the receipt is for another job')
  if (value.specHash !== jobSpecHash(context.spec)) throw badStatement('the receipt is for another program or input')
  verify(context.ed25519, RECEIPT, value, value.node)
  return value
}

function verify(ed25519: Ed25519, kind: string, statement: JobRequest | JobReceipt, by: NodeId): void {
  if (!NodeId.is(by)) throw badStatement(`the signer of this ${kind} is not a node id`)
  try {
    verifyStatement(ed25519, kind, statement, NodeId.toBytes(by))
  } catch (cause) {
    throw badStatement(`the signature of this ${kind} does not stand`, cause)
  }
}
