import { GIB, limits, MINUTE_MS } from '@borgios/core'
import { strictObject } from '@borgios/crypto'
import { JobLimitsSchema } from '@borgios/protocol'
import { type Static, Type } from 'typebox'
import { checkedFile } from './checked-file.ts'

export const AddressesSchema = Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
  maxItems: limits.node.maxJoinAddresses,
})
export const PlaceSchema = Type.String({ pattern: '^[\\w.-]+(/[\\w.-]+)*$', maxLength: limits.tree.maxPlaceChars })
export const DegreeSchema = Type.Integer({ minimum: 1, maximum: limits.tree.maxDegree })

const NodeConfigSchema = strictObject({
  version: Type.Literal(1),
  /** Nodes of one place may fail together; shards of a stripe avoid sharing one. */
  place: PlaceSchema,
  host: Type.String({ minLength: 1, maxLength: 255 }),
  /** 0 until the first start picked one. */
  port: Type.Integer({ minimum: 0, maximum: 65535 }),
  /** Whether it was asked for by number: then it is kept or the start fails, else another takes its place when it is taken. */
  isPortFixed: Type.Boolean(),
  degree: DegreeSchema,
  /** Addresses of other members, tried at every start beside the ones remembered. */
  join: AddressesSchema,
  /** Folder of the user's files and jobs, relative to the node's folder. */
  records: Type.String({ minLength: 1, maxLength: 4096 }),
  /** Of shards this node takes. */
  capacityBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  /** Any `data` of the `data + parity` shards of a stripe rebuild it; for files whose owner does not say otherwise. */
  coding: strictObject({ data: Type.Integer({ minimum: 1 }), parity: Type.Integer({ minimum: 0 }) }),
  /** A member that is down for less is taken to be restarting, and its shards are not rebuilt. */
  repairGraceMs: Type.Integer({ minimum: 0 }),
  /** Jobs it runs for others at once; 0 for none. */
  jobSlots: Type.Integer({ minimum: 0, maximum: limits.compute.maxSlots }),
  /** The most one of them may use; what is left out is the most any job may. */
  maxJobLimits: Type.Optional(Type.Partial(JobLimitsSchema)),
  logLevel: Type.Enum(['debug', 'info', 'warn', 'error']),
})

/** How one node runs: `config.json` in its folder. */
export type NodeConfig = Static<typeof NodeConfigSchema>

export const nodeConfigFile = checkedFile(NodeConfigSchema, 'the configuration of a node')

/** Where a node listens unless told otherwise; node N of an embedded network takes the Nth from here. */
export const DEFAULT_PORT = 7420
/** Children a node may have unless told otherwise: wide and flat. */
export const DEFAULT_DEGREE = 8
/** In an embedded network: so narrow that five nodes show a tree. */
export const EMBEDDED_DEGREE = 2

export const defaultNodeConfig: NodeConfig = {
  version: 1,
  place: 'unknown',
  host: '0.0.0.0',
  port: 0,
  isPortFixed: false,
  degree: DEFAULT_DEGREE,
  join: [],
  records: 'records',
  capacityBytes: 256 * GIB,
  coding: { data: 3, parity: 2 },
  repairGraceMs: 2 * MINUTE_MS,
  jobSlots: 2,
  logLevel: 'info',
}
