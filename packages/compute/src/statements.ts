import { canonicalJsonBytes, type JobId, limits, type NetworkId, NodeId, parseCanonicalJson } from '@borgios/core'
import { assertFresh, type Ed25519, type Signer, signStatement, verifyStatement } from '@borgios/crypto'
import {
  type CheckedJobSpec,
  type JobReceipt,
  JobReceiptSchema,
  type JobRequest,
  JobRequestSchema,
} from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { badMessage, badStatement } from './errors.ts'
import { jobSpecHash } from './job-spec.ts'

/** One kind of signed statement between requester and executor. */
interface StatementKind<Statement extends JobRequest | JobReceipt> {
  readonly label: string
  readonly name: string
  readonly maxBytes: number
  readonly check: { Check(value: unknown): value is Statement }
}

const requestCheck = Compile(JobRequestSchema)
const receiptCheck = Compile(JobReceiptSchema)

const REQUEST: StatementKind<JobRequest> = {
  label: 'job-request/2',
  name: 'job request',
  maxBytes: limits.compute.maxRequestBytes,
  check: requestCheck,
}

const RECEIPT: StatementKind<JobReceipt> = {
  label: 'job-receipt/2',
  name: 'job receipt',
  maxBytes: limits.compute.maxReceiptBytes,
  check: receiptCheck,
}

/** Signs a request as the requesting node. */
export const signJobRequest = (signer: Signer, body: Omit<JobRequest, 'signature'>): Uint8Array =>
  canonicalJsonBytes(signStatement(signer, REQUEST.label, body))

/** Signs a receipt as the node that ran the job. */
export const signJobReceipt = (signer: Signer, body: Omit<JobReceipt, 'signature'>): Uint8Array =>
  canonicalJsonBytes(signStatement(signer, RECEIPT.label, body))

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
  const { network, self: to, from } = context
  const request = open(REQUEST, bytes, context.ed25519, from, { network, to, from })
  assertFresh(request.timeMs, context.nowMs)
  return request
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
  const { ed25519, network, requester, node, job, spec } = context
  return open(RECEIPT, bytes, ed25519, node, { network, requester, node, job, specHash: jobSpecHash(spec) })
}

/** Checks size, form, that each field is the expected one, and the signature. */
function open<Statement extends JobRequest | JobReceipt>(
  { label, name, maxBytes, check }: StatementKind<Statement>,
  bytes: Uint8Array,
  ed25519: Ed25519,
  by: NodeId,
  expected: Partial<Statement>,
): Statement {
  if (bytes.length > maxBytes) throw badMessage(`a ${name} of ${bytes.length} bytes is too large`)
  const statement = parseCanonicalJson(bytes, limits.core.jsonDepth)
  if (!check.Check(statement)) throw badMessage(`not a ${name}`)
  for (const field of Object.keys(expected) as (keyof Statement)[]) {
    if (statement[field] !== expected[field]) throw badStatement(`the ${name} is about another ${String(field)}`)
  }
  try {
    verifyStatement(ed25519, label, statement, NodeId.toBytes(by))
  } catch (cause) {
    throw badStatement(`the signature of this ${name} does not stand`, cause)
  }
  return statement
}
