import { assert, limits, type NodeId } from '@borgios/core'
import { ReplayMemory } from '@borgios/crypto'
import type { Below, Contact, TreeMessageOf, TreeName } from '@borgios/protocol'
import { Directory, memberOf } from '../directory/directory.ts'
import type { Member, Role, TreePosition } from '../peer-network.ts'
import { RecentBroadcasts } from './recent-broadcasts.ts'
import { SetDigest } from './set-digest.ts'
import type { TokenBucket } from './token-bucket.ts'
import type { Moment, SelfDescription, Target, TreeEffect } from './tree-io.ts'
import type { TreeOptions } from './tree-options.ts'

export interface Session {
  readonly node: NodeId
  readonly role: Role
  readonly addresses: readonly string[]
  readonly bucket: TokenBucket
  /** What it may make us send: bytes of kept broadcasts, comparisons, records. */
  readonly pulls: TokenBucket
  readonly summaries: TokenBucket
  readonly records: TokenBucket
  /** How many of its records are checked. */
  readonly recordChecks: TokenBucket
  /** Whether the tree opened it: then the tree hangs it up when idle. */
  dialed: boolean
  /** When it last served the tree. */
  usedMs: number
  strikes: number
}

/** What a neighbour is to this node. */
export type Relation = 'parent' | 'child' | 'guest' | 'lazy'

/** A logical relation with a heartbeat, on a session. A node has at most one with another. */
export interface Link {
  readonly node: NodeId
  readonly as: Relation
  readonly edge: number
  heardMs: number
  beatMs: number
  /** Beats left until the root group is sent again though it did not change. */
  groupIn: number
  groupSent: string
  /** Repair: the neighbour has all our `have` up to here; sent up to there at that time; what we have of theirs. */
  acked: number
  offered: number
  offeredMs: number
  got: number
  /** Directory: news waiting, comparison pacing. */
  readonly news: Set<NodeId>
  newsMs: number
  differsMs: number | undefined
  comparedMs: number
  /** Of a child: what it last said of its subtree, and the ids in it as listed by it. */
  below: Below | undefined
  census: Set<NodeId>
  censusDigest: SetDigest
  censusAskedMs: number
  readonly censusParts: Map<number, TreeMessageOf<'census'>>
}

export interface Attempt {
  readonly target: Target
  phase: 'dialing' | 'asked'
  /** Whom we ask, once known. */
  node: NodeId | undefined
  edge: number
  hops: number
  deadlineMs: number
}

/** The search for a parent. */
export interface Seek {
  readonly why: TreeMessageOf<'attach'>['why']
  readonly startedMs: number
  /** How long to leave it to others before making a tree of our own. */
  readonly patienceMs: number
  round: number
  queue: Target[]
  attempts: Attempt[]
  /** Who answered in this round that it has no way to a root either, and who of them has no parent. */
  readonly unrooted: Set<NodeId>
  readonly orphans: Set<NodeId>
  nextAttemptMs: number
  nextRoundMs: number | undefined
}

/** Why a dial is under way. */
export type DialPurpose =
  | { readonly kind: 'attach'; readonly attempt: Attempt }
  | { readonly kind: 'probe'; readonly addresses: readonly string[] }
  | { readonly kind: 'lazy' }
  | { readonly kind: 'check'; readonly node: NodeId; readonly suspect: Suspect }

/** A member that may be down. Any word of it, and any record newer than this one, ends the suspicion. */
export interface Suspect {
  /** A neighbour that went without a farewell, or a member that is missing from this root's tree. */
  readonly why: 'lost' | 'missing'
  readonly sequence: number
  /** It is not declared down before. */
  readonly dueMs: number
  /** Checks in a row that it did not answer. */
  failures: number
  /** When the check under way, if one is, counts as not answered. */
  checkEndsMs: number | undefined
}

export interface Missing {
  readonly from: NodeId
  readonly sequence: number
  readonly sinceMs: number
  dueMs: number
  /** Links that said they have it; the first is asked next. */
  readonly holders: NodeId[]
}

export interface Stranger {
  readonly via: NodeId
  readonly envelope: TreeEffectOf<'deliver'>['envelope']
  readonly bytes: Uint8Array
  readonly atMs: number
}

type TreeEffectOf<Kind extends TreeEffect['kind']> = Extract<TreeEffect, { kind: Kind }>

/** Everything one node knows of the tree. Only `step` changes it. */
export interface TreeState {
  readonly options: TreeOptions
  readonly degree: number
  nowMs: number
  /** Only by it invitations end: unlike `nowMs` it may jump. */
  timeOfDayMs: number
  effects: TreeEffect[]

  status: TreePosition['state']
  readonly about: SelfDescription
  contacts: readonly (readonly string[])[]
  /** Which node answered at a contact, where known. */
  readonly contactNodes: Map<string, NodeId>
  tickedMs: number
  /** What the shell was last told of the position. */
  positionTold: string
  /** What the children were last told of the way up. */
  aboveTold: string
  /** What the parent was last told of the subtree. */
  belowTold: string

  readonly sessions: Map<NodeId, Session>
  readonly links: Map<NodeId, Link>
  readonly dials: Map<number, { readonly purpose: DialPurpose; readonly deadlineMs: number }>
  nextDial: number

  /** The tree this node is in, or was last in. */
  tree: TreeName | undefined
  pulse: number
  pulseAtMs: number
  /** When the root, if that is us, last raised the pulse. */
  pulsedMs: number
  /** From the root to this node, both included; only this node while it has no parent. */
  path: readonly NodeId[]
  /** Whether the chain of parents leads to a root, as far as the parent knows. */
  rooted: boolean
  treeFreeDepth: number
  group: readonly Contact[]
  /** Whom we lost, and whether by silence. */
  lastParent: { readonly contact: Contact; readonly silent: boolean } | undefined
  grandparent: NodeId | undefined
  seek: Seek | undefined
  moveAtMs: number | undefined

  readonly directory: Directory
  /** The sequence of our newest own record. */
  sequence: number
  announcedMs: number
  announceDue: boolean
  readonly suspects: Map<NodeId, Suspect>

  readonly replay: ReplayMemory
  readonly recent: RecentBroadcasts
  readonly missing: Map<string, Missing>
  strangers: Stranger[]

  readonly questions: Map<number, { readonly node: NodeId; readonly deadlineMs: number }>
  readonly probed: Map<string, { nextMs: number; pauseMs: number }>
  nextProbeMs: number
  metMs: number
  nextLazyMs: number
  readonly lazyAsked: Map<number, NodeId>
}

/** The state before `start`. */
export function createTree(options: TreeOptions, { monotonicMs: nowMs, timeOfDayMs }: Moment): TreeState {
  const degree = options.degree ?? limits.tree.degree
  assert(Number.isInteger(degree) && degree >= 1 && degree <= limits.tree.maxDegree, 'the degree is within bounds')
  return {
    options,
    degree,
    nowMs,
    timeOfDayMs,
    effects: [],
    status: 'joining',
    about: options.about,
    contacts: [],
    contactNodes: new Map(),
    tickedMs: nowMs,
    positionTold: '',
    aboveTold: '',
    belowTold: '',
    sessions: new Map(),
    links: new Map(),
    dials: new Map(),
    nextDial: 1,
    tree: undefined,
    pulse: 0,
    pulseAtMs: nowMs,
    pulsedMs: nowMs,
    path: [options.self],
    rooted: false,
    treeFreeDepth: 1,
    group: [],
    lastParent: undefined,
    grandparent: undefined,
    seek: undefined,
    moveAtMs: undefined,
    directory: new Directory(options.keys.isFounder),
    sequence: options.firstSequence,
    announcedMs: Number.NEGATIVE_INFINITY,
    announceDue: false,
    suspects: new Map(),
    replay: new ReplayMemory(),
    recent: new RecentBroadcasts(),
    missing: new Map(),
    strangers: [],
    questions: new Map(),
    probed: new Map(),
    nextProbeMs: nowMs,
    metMs: Number.NEGATIVE_INFINITY,
    nextLazyMs: nowMs,
    lazyAsked: new Map(),
  }
}

export function createLink(node: NodeId, as: Relation, edge: number, nowMs: number): Link {
  const censusDigest = new SetDigest()
  censusDigest.toggle(node)
  return {
    node,
    as,
    edge,
    heardMs: nowMs,
    beatMs: Number.NEGATIVE_INFINITY,
    groupIn: 0,
    groupSent: '',
    acked: 0,
    offered: 0,
    offeredMs: Number.NEGATIVE_INFINITY,
    got: 0,
    news: new Set(),
    newsMs: Number.NEGATIVE_INFINITY,
    differsMs: undefined,
    comparedMs: Number.NEGATIVE_INFINITY,
    below: undefined,
    census: new Set([node]),
    censusDigest,
    censusAskedMs: Number.NEGATIVE_INFINITY,
    censusParts: new Map(),
  }
}

export const isMember = (state: TreeState): boolean => state.options.role === 'member'

export const linksAs = (state: TreeState, ...relations: readonly Relation[]): Link[] =>
  [...state.links.values()].filter((link) => relations.includes(link.as))

export const parentLink = (state: TreeState): Link | undefined =>
  [...state.links.values()].find((link) => link.as === 'parent')

export const childLinks = (state: TreeState): Link[] => linksAs(state, 'child')

/** Whether this node is the root of its tree. */
export const isRoot = (state: TreeState): boolean =>
  state.status === 'attached' && isMember(state) && parentLink(state) === undefined

/** Whether the node may take others in: it is attached and its root shows life. */
export const isSound = (state: TreeState): boolean =>
  state.status === 'attached' &&
  state.rooted &&
  (isRoot(state) || state.nowMs - state.pulseAtMs < limits.tree.pulseStaleMs)

export function positionOf(state: TreeState): TreePosition {
  const attached = state.status === 'attached'
  return {
    state: state.status,
    root: attached && isMember(state) ? state.tree?.root : undefined,
    parent: attached ? parentLink(state)?.node : undefined,
    children: childLinks(state).map((link) => link.node),
    depth: attached ? state.path.length - 1 : 0,
    degree: state.degree,
  }
}

/** Everyone known, this node too. `sinceMs` is of the clock that `step` gets. */
export const membersOf = (state: TreeState): readonly Member[] => [...state.directory.entries()].map(memberOf)
