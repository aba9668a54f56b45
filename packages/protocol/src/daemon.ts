import { ERROR_KINDS, limits } from '@borgios/core'
import {
  CounterSchema,
  LeaseIdSchema,
  NetworkIdSchema,
  NodeIdSchema,
  OperatorIdSchema,
  orNull,
  strictObject,
} from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { JobUsageSchema } from './compute.ts'
import { LeftViewSchema, TransactionViewSchema } from './ledger/views.ts'
import { ErrorCodeSchema, WhySchema } from './why.ts'

/**
 * The daemon's local API: HTTP/1.1 on a unix socket. Requests and answers are JSON, events are one JSON object a line, file
 * bytes are bodies. The daemon's owner is on both sides, yet both check what they read: versions may differ after an update.
 */

const NameSchema = Type.String({ minLength: 1, maxLength: limits.node.maxNameChars })
const PlaceSchema = Type.String({ maxLength: limits.tree.maxPlaceChars })
const CapabilitySchema = Type.String({ minLength: 1, maxLength: limits.node.maxCatalogueLineBytes / 2 })
const SubjectSchema = Type.String({ minLength: 1, maxLength: limits.node.maxCatalogueLineBytes / 2 })
const JobIdSchema = Type.String({ pattern: '^j[a-z2-7]{26}$' })
/** A guest hears what is said to everyone; of the tree and its members it is told nothing. */
const RoleSchema = Type.Enum(['member', 'guest'])
const ReleaseSchema = Type.String({ maxLength: 64 })

const LoadSchema = Type.Object({
  /** Of one core, since the last time anyone asked. */
  cpuPercent: Type.Number({ minimum: 0, maximum: limits.node.maxCpuPercent }),
  rssBytes: CounterSchema,
  shards: CounterSchema,
  storedBytes: CounterSchema,
  repairsPending: CounterSchema,
  /** Stripes that cannot be repaired until more nodes are there. */
  repairsWaiting: CounterSchema,
  repairsDone: CounterSchema,
  runningJobs: CounterSchema,
  jobSlots: CounterSchema,
  /** Why it runs no jobs; null when it does. */
  jobsWhy: orNull(WhySchema),
})
export type NodeLoad = Static<typeof LoadSchema>

/**
 * What a node says of itself to another member (request `node.describe`). Further properties are let through, so that releases
 * may add some; only the ones named here are used.
 */
export const NodeDescriptionSchema = Type.Object({
  node: NodeIdSchema,
  operator: OperatorIdSchema,
  place: PlaceSchema,
  release: ReleaseSchema,
  pid: CounterSchema,
  uptimeMs: CounterSchema,
  state: Type.Enum(['joining', 'attached', 'orphan', 'stopped']),
  root: orNull(NodeIdSchema),
  parent: orNull(NodeIdSchema),
  children: Type.Array(NodeIdSchema, { maxItems: limits.tree.maxDegree }),
  depth: CounterSchema,
  degree: CounterSchema,
  load: LoadSchema,
})
export type NodeDescription = Static<typeof NodeDescriptionSchema>

/** One line of the drawn tree: the first six properties are those of `net tree --json`. */
export const NodeViewSchema = Type.Object({
  id: NodeIdSchema,
  pid: orNull(CounterSchema),
  parent: orNull(NodeIdSchema),
  children: Type.Array(NodeIdSchema),
  depth: orNull(CounterSchema),
  /** `silent`: it does not answer, though its process has not ended as far as can be seen; its place is what its neighbours say. */
  state: Type.Enum(['attached', 'joining', 'orphan', 'stopped', 'silent', 'down']),
  operator: OperatorIdSchema,
  place: PlaceSchema,
  release: ReleaseSchema,
  /** Why it is not attached, and since when; empty when all is well. */
  why: WhySchema,
  load: orNull(LoadSchema),
})
export type NodeView = Static<typeof NodeViewSchema>

/** `GET /v1/network`: every member as it describes itself just now. */
export const NetworkViewSchema = Type.Object({
  root: orNull(NodeIdSchema),
  degree: CounterSchema,
  nodes: Type.Array(NodeViewSchema),
  network: NetworkIdSchema,
  name: Type.String(),
  /** Of the node that answers. */
  role: RoleSchema,
})
export type NetworkView = Static<typeof NetworkViewSchema>

/** `GET /v1/status`: this node. */
export const StatusViewSchema = Type.Object({
  network: NetworkIdSchema,
  name: Type.String(),
  role: RoleSchema,
  /** Why it is a guest, or not quite a member, and what is to be done; `why` is empty when there is nothing to say. */
  membership: Type.Object({ why: WhySchema, todo: WhySchema, sinceMs: CounterSchema }),
  addresses: Type.Array(Type.String(), { maxItems: limits.node.maxJoinAddresses }),
  membersUp: CounterSchema,
  membersDown: CounterSchema,
  /** Releases of all members and how many run each. */
  releases: Type.Record(Type.String(), CounterSchema),
  self: NodeDescriptionSchema,
  /** Null in a network without one. */
  ledger: orNull(
    Type.Object({ height: CounterSchema, state: Type.Enum(['running', 'impaired', 'stalled', 'halted']) }),
  ),
})
export type StatusView = Static<typeof StatusViewSchema>

const CodingSchema = Type.Object({ data: CounterSchema, parity: CounterSchema })

/** A line of `file ls`. */
export const FileEntrySchema = Type.Object({
  name: NameSchema,
  bytes: CounterSchema,
  storedAtMs: CounterSchema,
  capability: CapabilitySchema,
  /** What its keeping is paid from; entries of earlier releases and of networks without a ledger have none. */
  lease: Type.Optional(LeaseIdSchema),
})
export type FileEntry = Static<typeof FileEntrySchema>

/** Whether the nodes of a file are paid for keeping it. */
const FilePaymentSchema = Type.Object({
  /** `waiting`: no node has accepted its part yet. `grace`: its lease ran out, and may be renewed. `over`: it is gone. */
  state: Type.Enum(['paid', 'waiting', 'grace', 'over']),
  /** By the clock of the node that answers, about: the end of what is paid for, or of the grace. */
  untilMs: orNull(CounterSchema),
})
export type FilePayment = Static<typeof FilePaymentSchema>

/** A file stored from here. `payment`: null where nothing was ever paid for it. */
const ListedFileSchema = Type.Object({ ...FileEntrySchema.properties, payment: orNull(FilePaymentSchema) })
export type ListedFile = Static<typeof ListedFileSchema>

/** `GET /v1/files`. */
export const FileListSchema = Type.Object({ files: Type.Array(ListedFileSchema) })

/** `POST /v1/files/renew`: a file of the list, or the beginning of its capability, and for how long more it is to be paid. */
export const FileRenewSchema = strictObject({ capability: CapabilitySchema, forMs: CounterSchema })

/** `POST /v1/files/open`: answered with the bytes; size and name in headers, the outcome in a trailer. */
export const FileOpenSchema = strictObject({ capability: CapabilitySchema })

/** `POST /v1/files/info`. */
export const FileInfoRequestSchema = strictObject({ capability: CapabilitySchema, verify: Type.Boolean() })

/** Health of a file, as `file info --json` prints it. */
export const FileInfoViewSchema = Type.Object({
  name: orNull(Type.String()),
  bytes: CounterSchema,
  coding: CodingSchema,
  stripes: CounterSchema,
  shards: CounterSchema,
  presentShards: CounterSchema,
  verified: Type.Boolean(),
  spareShards: Type.Integer(),
  holders: Type.Array(Type.Object({ node: NodeIdSchema, shards: CounterSchema })),
})
export type FileInfoView = Static<typeof FileInfoViewSchema>

/** What `file put --json` prints. */
export const PutViewSchema = Type.Object({
  capability: CapabilitySchema,
  bytes: CounterSchema,
  name: NameSchema,
  coding: CodingSchema,
  stripes: CounterSchema,
  shards: CounterSchema,
  missingShards: CounterSchema,
  /** Whether `file ls` knows it. */
  listed: Type.Boolean(),
  /** Why it is not listed; empty when it is. */
  why: WhySchema,
})
export type PutView = Static<typeof PutViewSchema>

/** What is left out is as much as a job gets when nobody says otherwise. */
const JobLimitsSchema = strictObject({
  memoryBytes: Type.Optional(CounterSchema),
  wallTimeMs: Type.Optional(CounterSchema),
  outputBytes: Type.Optional(CounterSchema),
  logBytes: Type.Optional(CounterSchema),
})

/** `POST /v1/jobs`. */
export const JobSubmissionSchema = strictObject({
  name: NameSchema,
  program: CapabilitySchema,
  args: Type.Array(Type.String(), { maxItems: limits.node.maxJobItems }),
  env: Type.Record(Type.String({ minLength: 1 }), Type.String(), { maxProperties: limits.node.maxJobItems }),
  inputs: Type.Array(strictObject({ name: NameSchema, capability: CapabilitySchema }), {
    maxItems: limits.node.maxJobItems,
  }),
  limits: JobLimitsSchema,
  /** An id or its beginning; null: the least loaded node that is not this one. */
  node: orNull(SubjectSchema),
  /** Whether the job goes on when the caller hangs up. */
  detach: Type.Boolean(),
})
export type JobSubmission = Static<typeof JobSubmissionSchema>

const JobStateSchema = Type.Enum(['placing', 'fetching', 'running', 'storing', 'done', 'failed', 'cancelled'])

/** A job as its requester remembers it. */
export const JobRecordSchema = Type.Object({
  job: JobIdSchema,
  name: NameSchema,
  state: JobStateSchema,
  exitCode: orNull(Type.Integer()),
  node: orNull(NodeIdSchema),
  why: WhySchema,
  requester: NodeIdSchema,
  submittedAtMs: CounterSchema,
  wallTimeMs: orNull(Type.Number({ minimum: 0 })),
  /** What its node says it used, and what of that cannot be. Neither stands in records of older releases, nor of jobs that did not end. */
  usage: Type.Optional(JobUsageSchema),
  doubts: Type.Optional(Type.Array(Type.String())),
  outputs: Type.Array(Type.Object({ name: Type.String(), bytes: CounterSchema, capability: CapabilitySchema })),
})
export type JobRecord = Static<typeof JobRecordSchema>

/** `GET /v1/jobs`. */
export const JobListSchema = Type.Object({ jobs: Type.Array(JobRecordSchema) })

/** `POST /v1/jobs/logs`. */
export const JobLogsRequestSchema = strictObject({ job: SubjectSchema, follow: Type.Boolean() })

/** `POST /v1/why`: an id or capability, or the beginning of one. */
export const WhyRequestSchema = strictObject({ subject: SubjectSchema })
export const WhyViewSchema = Type.Object({
  subject: Type.String(),
  what: Type.Enum(['node', 'operator', 'job', 'shard', 'file', 'transaction', 'lease']),
  state: Type.String(),
  why: Type.String(),
  todo: Type.String(),
})
export type WhyView = Static<typeof WhyViewSchema>

/** How every error travels and how `--json` prints it. */
export const ErrorViewSchema = Type.Object({
  code: ErrorCodeSchema,
  kind: Type.Enum([...ERROR_KINDS]),
  message: Type.String(),
  blame: Type.Enum(['self', 'peer', 'caller', 'none']),
  retryable: Type.Boolean(),
  meta: Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]),
  ),
})
export type ErrorView = Static<typeof ErrorViewSchema>
export const ErrorAnswerSchema = Type.Object({ error: ErrorViewSchema })

/** A line of an event stream. Every stream ends with `put`, `info`, `renewed`, `accepted`, `job`, `transaction` or `error`; `alive` only says that the daemon is there. */
export const DaemonEventSchema = Type.Union([
  strictObject({ event: Type.Literal('alive') }),
  strictObject({ event: Type.Literal('progress'), doneBytes: CounterSchema, totalBytes: orNull(CounterSchema) }),
  strictObject({ event: Type.Literal('put'), put: PutViewSchema }),
  strictObject({ event: Type.Literal('info'), info: FileInfoViewSchema }),
  strictObject({ event: Type.Literal('renewed'), file: ListedFileSchema }),
  strictObject({ event: Type.Literal('state'), state: JobStateSchema, node: orNull(NodeIdSchema), why: WhySchema }),
  /** What was logged so far is void: a node failed and another begins anew. */
  strictObject({ event: Type.Literal('restart'), why: WhySchema }),
  strictObject({
    event: Type.Literal('log'),
    stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]),
    /** Base64url, since a program may print any bytes. */
    data: Type.String(),
  }),
  strictObject({ event: Type.Literal('accepted'), job: JobIdSchema }),
  strictObject({ event: Type.Literal('job'), job: JobRecordSchema }),
  /** Whenever it stands otherwise; the last one says how it ended, or where it stands when nobody waits. */
  strictObject({ event: Type.Literal('transaction'), transaction: TransactionViewSchema }),
  strictObject({ event: Type.Literal('left'), left: LeftViewSchema }),
  strictObject({ event: Type.Literal('error'), error: ErrorViewSchema }),
])
export type DaemonEvent = Static<typeof DaemonEventSchema>

/** Header and trailer names of a file's bytes. */
export const FILE_BYTES_HEADER = 'borgios-file-bytes'
/** Percent-encoded. */
export const FILE_NAME_HEADER = 'borgios-file-name'
/** `ok`, or the percent-encoded JSON of the error that cut the bytes short. */
export const OUTCOME_TRAILER = 'borgios-outcome'
