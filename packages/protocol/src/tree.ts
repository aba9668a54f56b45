import { limits } from '@borgios/core'
import { CounterSchema, NodeIdSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import {
  ContactSchema,
  DigestSchema,
  DirectoryEntriesSchema,
  DirectorySummarySchema,
  DirectoryWantSchema,
  NodeRecordSchema,
} from './directory.ts'

const bounds = limits.tree

/** Names one attempt and the edge that comes of it, so that a late message about an older edge is told apart. */
const EdgeSchema = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 })
const PulseSchema = Type.Integer({ minimum: 0, maximum: bounds.maxPulse })
const LevelSchema = Type.Integer({ minimum: 0, maximum: bounds.maxDepth })

/** Which tree: its root and that root's rank. Of two trees the lesser one's root joins the other (see `outranks`). */
export const TreeNameSchema = strictObject({
  root: NodeIdSchema,
  /** Raised when a root group elects a new root. */
  term: Type.Integer({ minimum: 0, maximum: bounds.maxTerm }),
  /** The pulse of the former root when this one began on its own; 0 for a first or an elected root. */
  born: PulseSchema,
})
export type TreeName = Static<typeof TreeNameSchema>

/** What a parent tells its member children of the way up. */
export const AboveSchema = strictObject({
  tree: TreeNameSchema,
  /** Counts up at the root only: proof that the root is up there and alive. */
  pulse: PulseSchema,
  /** From the root to the sender, both included. */
  path: Type.Array(NodeIdSchema, { minItems: 1, maxItems: bounds.maxDepth }),
  /** False while the sender or somebody above it has lost its parent. */
  rooted: Type.Boolean(),
  /** Shallowest depth in the whole tree at which a child could be taken. */
  freeDepth: LevelSchema,
  /** The root and its children in order. Sent when it changed, and now and then. */
  group: Type.Optional(Type.Array(ContactSchema, { maxItems: bounds.maxDegree + 1 })),
})
export type Above = Static<typeof AboveSchema>

/** What a child tells its parent of its subtree. */
export const BelowSchema = strictObject({
  /** Members in the subtree, the child included. */
  count: Type.Integer({ minimum: 1, maximum: bounds.directoryEntries }),
  height: LevelSchema,
  /** Levels below the child to the shallowest member with room for a child; 0 is the child itself. */
  freeLevels: LevelSchema,
  /** How much room there is at that level. */
  freeSlots: CounterSchema,
  /** Fingerprint of the ids in the subtree. */
  census: DigestSchema,
})
export type Below = Static<typeof BelowSchema>

/** Asks to become a child. */
const AttachSchema = strictObject({
  kind: Type.Literal('attach'),
  edge: EdgeSchema,
  /** New to the tree; lost its parent; looks for a shallower place; root of a lesser tree. */
  why: Type.Union([Type.Literal('join'), Type.Literal('heal'), Type.Literal('move'), Type.Literal('merge')]),
  /** Of the asking node now: a move must end above it. */
  depth: LevelSchema,
  /** Redirects followed so far: only the first asked may send upwards, so that a walk ends. */
  hops: LevelSchema,
  /** Tree the asking node is (or was last) in. */
  tree: Type.Optional(TreeNameSchema),
  /** Absent from a guest. */
  record: Type.Optional(NodeRecordSchema),
  below: Type.Optional(BelowSchema),
})

/** Yes: the edge stands. Guests are told nothing more. */
const AcceptSchema = strictObject({
  kind: Type.Literal('accept'),
  edge: EdgeSchema,
  above: Type.Optional(AboveSchema),
  record: Type.Optional(NodeRecordSchema),
})

/** Not here: ask there. */
const RedirectSchema = strictObject({ kind: Type.Literal('redirect'), edge: EdgeSchema, to: ContactSchema })

/** No. */
const RefuseSchema = strictObject({
  kind: Type.Literal('refuse'),
  edge: EdgeSchema,
  reason: Type.Union([
    /** The asked node lost its parent, or never had one, and looks for one itself. */
    Type.Literal('orphan'),
    /** The asked node's way to the root is broken further up. */
    Type.Literal('unrooted'),
    Type.Literal('full'),
    /** The asking node is above the asked one. */
    Type.Literal('cycle'),
    /** The asked node's tree is the lesser one. */
    Type.Literal('lesser'),
    /** The directory has no room for the asking node: it is full, or the operator has too many members up. */
    Type.Literal('unlisted'),
  ]),
})

/** The edge is over, or the sender knows of no such edge. */
const DetachSchema = strictObject({
  kind: Type.Literal('detach'),
  edge: EdgeSchema,
  reason: Type.Union([Type.Literal('moved'), Type.Literal('leaving'), Type.Literal('unknown')]),
})

/** I am here: every second on every edge and lazy link, and at once when something above or below changed. */
const BeatSchema = strictObject({
  kind: Type.Literal('beat'),
  /** What the sender is to the receiver. */
  as: Type.Union([Type.Literal('parent'), Type.Literal('child'), Type.Literal('lazy')]),
  edge: EdgeSchema,
  above: Type.Optional(AboveSchema),
  below: Type.Optional(BelowSchema),
  /** Fingerprint of the members the sender holds to be up. */
  directory: Type.Optional(DigestSchema),
  /** The sender got every `have` of this link up to this count. */
  ack: CounterSchema,
})
export type Beat = Static<typeof BeatSchema>

/** Broadcasts of one publisher. */
const IdsSchema = Type.Array(
  strictObject({
    from: NodeIdSchema,
    sequences: Type.Array(CounterSchema, { minItems: 1, maxItems: bounds.maxIdsPerMessage }),
  }),
  { maxItems: bounds.maxIdsPerMessage },
)
export type BroadcastIds = Static<typeof IdsSchema>

/** Broadcasts the sender keeps, in the order it got them, from its count `after` up to `upTo`. Repeated until acknowledged by a beat. */
const HaveSchema = strictObject({
  kind: Type.Literal('have'),
  after: CounterSchema,
  upTo: CounterSchema,
  ids: IdsSchema,
})

/** Asks for these broadcasts. */
const WantSchema = strictObject({ kind: Type.Literal('want'), ids: IdsSchema })

/** Asks a node outside which tree it is in, and says which one asks. */
const ProbeSchema = strictObject({ kind: Type.Literal('probe'), nonce: EdgeSchema, tree: TreeNameSchema })
/** Answer to a probe; without a tree while there is none. */
const StatusSchema = strictObject({
  kind: Type.Literal('status'),
  nonce: EdgeSchema,
  tree: Type.Optional(TreeNameSchema),
})
/** Up the tree: I met a greater tree there. The root asks there itself before it believes it. */
const MeetSchema = strictObject({ kind: Type.Literal('meet'), tree: TreeNameSchema, at: ContactSchema })

/** Asks for a lazy link. */
const LazySchema = strictObject({ kind: Type.Literal('lazy'), edge: EdgeSchema })
/** Whether the lazy link stands. */
const LazyReplySchema = strictObject({ kind: Type.Literal('lazyReply'), edge: EdgeSchema, ok: Type.Boolean() })

/** Asks a child for the ids in its subtree. */
const CensusAskSchema = strictObject({ kind: Type.Literal('censusAsk'), edge: EdgeSchema })
/** One part of the answer. */
const CensusSchema = strictObject({
  kind: Type.Literal('census'),
  edge: EdgeSchema,
  part: Type.Integer({ minimum: 0, maximum: 1023 }),
  parts: Type.Integer({ minimum: 1, maximum: 1024 }),
  nodes: Type.Array(NodeIdSchema, { maxItems: bounds.censusPageNodes }),
})

/** Everything two tree neighbours (or nodes about to be) say to each other, beside the broadcasts themselves. */
export const TreeMessageSchema = Type.Union([
  AttachSchema,
  AcceptSchema,
  RedirectSchema,
  RefuseSchema,
  DetachSchema,
  BeatSchema,
  HaveSchema,
  WantSchema,
  ProbeSchema,
  StatusSchema,
  MeetSchema,
  LazySchema,
  LazyReplySchema,
  CensusAskSchema,
  CensusSchema,
  DirectoryEntriesSchema,
  DirectorySummarySchema,
  DirectoryWantSchema,
])
export type TreeMessage = Static<typeof TreeMessageSchema>
export type TreeMessageKind = TreeMessage['kind']
/** The tree message of one kind. */
export type TreeMessageOf<Kind extends TreeMessageKind> = Extract<TreeMessage, { kind: Kind }>

const treeMessageCheck = Compile(TreeMessageSchema)

/** Whether a JSON value from a peer is a tree message. */
export const isTreeMessage = (value: unknown): value is TreeMessage => treeMessageCheck.Check(value)
