import { base32Pattern, JobId, limits } from '@borgios/core'
import {
  AccountIdSchema,
  CounterSchema,
  NetworkIdSchema,
  NodeIdSchema,
  SignatureSchema,
  strictObject,
} from '@borgios/crypto'
import { type Static, Type } from 'typebox'

/** Bulk stream on which one job is asked for, followed and answered. Since the second receipts say what the job used, since the third requests who pays. */
export const COMPUTE_PROTOCOL = 'compute.jobs.3'
/** Request: how busy a node is. */
export const COMPUTE_OFFER = 'compute.offer'

const bounds = limits.compute

export const JobIdSchema = Type.Unsafe<JobId>(Type.String({ pattern: JobId.pattern }))
const CapabilitySchema = Type.String({ minLength: 1, maxLength: bounds.maxCapabilityChars, pattern: '^[!-~]+$' })
const WhySchema = Type.String({ maxLength: bounds.maxWhyChars })

const LimitSchema = (max: number): Type.TInteger => Type.Integer({ minimum: 1, maximum: max })

export const JobLimitsSchema = strictObject({
  memoryBytes: LimitSchema(bounds.maxMemoryBytes),
  wallTimeMs: LimitSchema(bounds.maxWallTimeMs),
  outputBytes: LimitSchema(bounds.maxOutputBytes),
  logBytes: LimitSchema(bounds.maxLogBytes),
})

export const JobSpecSchema = strictObject({
  program: CapabilitySchema,
  args: Type.Array(Type.String({ maxLength: bounds.maxArgChars, pattern: '^[^\\u0000]*$' }), {
    maxItems: bounds.maxArgs,
  }),
  env: Type.Record(
    Type.String({ pattern: `^[A-Za-z_][A-Za-z0-9_]{0,${bounds.maxEnvNameChars - 1}}$` }),
    Type.String({ maxLength: bounds.maxArgChars, pattern: '^[^\\u0000]*$' }),
    { additionalProperties: false, maxProperties: bounds.maxEnv },
  ),
  inputs: Type.Array(
    strictObject({
      /** A plain file name: no path, nothing hidden, nothing a terminal or shell would trip over. */
      name: Type.String({ maxLength: bounds.maxInputNameChars, pattern: '^[A-Za-z0-9_][A-Za-z0-9._+@=,-]*$' }),
      capability: CapabilitySchema,
    }),
    { maxItems: bounds.maxInputs },
  ),
  limits: JobLimitsSchema,
})
export type CheckedJobSpec = Static<typeof JobSpecSchema>

/** Who has set money aside for a job: it names the hold, so that nobody has to look for one. */
const JobPayerSchema = strictObject({
  account: AccountIdSchema,
  /** Of the account, to `job-payer/1` with network, job, `from` and `to`: others know of the hold, too. */
  signature: SignatureSchema,
})
export type JobPayer = Static<typeof JobPayerSchema>

/** Signed by the requesting node (statement `job-request/2`). */
export const JobRequestSchema = strictObject({
  network: NetworkIdSchema,
  job: JobIdSchema,
  from: NodeIdSchema,
  to: NodeIdSchema,
  timeMs: CounterSchema,
  payer: Type.Optional(JobPayerSchema),
  spec: JobSpecSchema,
  signature: SignatureSchema,
})
export type JobRequest = Static<typeof JobRequestSchema>

/** The path of a file below /out: relative, printable, without empty parts and parts of dots alone. */
export const OutputNameSchema = Type.String({
  maxLength: bounds.maxOutputNameChars,
  pattern: '^(?!\\.{1,2}(?:/|$))[^/\\p{C}\\\\]+(?:/(?!\\.{1,2}(?:/|$))[^/\\p{C}\\\\]+)*$',
})

export const JobOutputSchema = strictObject({
  name: OutputNameSchema,
  bytes: CounterSchema,
  capability: CapabilitySchema,
})

/** What a job used of the node that ran it, beside time. */
export const JobUsageSchema = strictObject({
  /** User and system time of all its threads, from the program's start to its end. */
  cpuMs: CounterSchema,
  /** MiB that it might use times milliseconds that it ran; 1,024,000 are a GiB for a second. */
  memoryMibMs: CounterSchema,
  /** Program and inputs. */
  inputBytes: CounterSchema,
  outputBytes: CounterSchema,
  logBytes: CounterSchema,
})
export type JobUsage = Static<typeof JobUsageSchema>

/** Signed by the node that ran the job (statement `job-receipt/2`). */
export const JobReceiptSchema = strictObject({
  network: NetworkIdSchema,
  job: JobIdSchema,
  node: NodeIdSchema,
  requester: NodeIdSchema,
  /** Base32 of the SHA-256 of the spec's canonical JSON. */
  specHash: Type.String({ pattern: `^${base32Pattern(32)}$` }),
  state: Type.Union([Type.Literal('done'), Type.Literal('failed'), Type.Literal('cancelled')]),
  exitCode: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 })),
  why: WhySchema,
  outputs: Type.Array(JobOutputSchema, { maxItems: bounds.maxOutputFiles }),
  startedAtMs: CounterSchema,
  endedAtMs: CounterSchema,
  /** From the program's start to its end. */
  wallTimeMs: CounterSchema,
  usage: JobUsageSchema,
  signature: SignatureSchema,
})
export type JobReceipt = Static<typeof JobReceiptSchema>

/** Headers the requester sends: `run` first, with the request as payload; then signs of life and perhaps a cancellation. */
export const RequesterMessageSchema = Type.Union([
  strictObject({ type: Type.Literal('run') }),
  strictObject({ type: Type.Literal('alive') }),
  strictObject({ type: Type.Literal('cancel') }),
])
export type RequesterMessage = Static<typeof RequesterMessageSchema>

/** Headers the executor sends: events as they happen, at last a result with the receipt as payload, or a refusal. */
export const ExecutorMessageSchema = Type.Union([
  strictObject({ type: Type.Literal('alive') }),
  strictObject({
    type: Type.Literal('state'),
    state: Type.Union([
      Type.Literal('placing'),
      Type.Literal('fetching'),
      Type.Literal('running'),
      Type.Literal('storing'),
    ]),
    why: WhySchema,
  }),
  strictObject({
    type: Type.Literal('log'),
    /** 0, 1, 2 ... over both streams. */
    sequence: CounterSchema,
    stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]),
  }),
  strictObject({ type: Type.Literal('result') }),
  strictObject({ type: Type.Literal('refused'), why: WhySchema }),
])
export type ExecutorMessage = Static<typeof ExecutorMessageSchema>

/** Body of `compute.offer`: what the job asks for, so that a node that lends less says so before it is tried. */
export const ComputeAskSchema = strictObject({ limits: Type.Optional(JobLimitsSchema) })

/** Answer to `compute.offer`. */
export const ComputeOfferSchema = strictObject({
  slots: Type.Integer({ minimum: 0, maximum: bounds.maxSlots }),
  running: Type.Integer({ minimum: 0, maximum: bounds.maxSlots }),
  queued: Type.Integer({ minimum: 0, maximum: bounds.maxQueuedJobs }),
  queueSlots: Type.Integer({ minimum: 0, maximum: bounds.maxQueuedJobs }),
  unavailableWhy: Type.Optional(WhySchema),
})
export type ComputeOffer = Static<typeof ComputeOfferSchema>
