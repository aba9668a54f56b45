import { limits, NetworkId, NodeId, OperatorId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import type { Envelope } from '@borgios/crypto'
import {
  createTree,
  type DirectoryKeys,
  positionOf,
  type Role,
  step,
  type TreeEffect,
  type TreeEvent,
  type TreeState,
} from '@borgios/peertree'
import type { Above, Below, NodeRecord, TreeMessage, TreeMessageKind, TreeMessageOf } from '@borgios/protocol'

const network = NetworkId.fromBytes(new Uint8Array(32))
const operatorOf = (number: number): OperatorId => OperatorId.fromBytes(new Uint8Array(32).fill(number))
const founder = operatorOf(1)
/** Somebody the founder invited. */
export const invited = operatorOf(2)
const GOOD = 'A'.repeat(86)

/** The id of a made-up node. */
export const nodeOf = (number: number): NodeId => NodeId.fromBytes(new Uint8Array(32).fill(number))

export const recordOf = (node: NodeId, sequence = 1, signature = GOOD, operator = founder): NodeRecord => ({
  network,
  node,
  place: '',
  release: '1',
  services: [],
  addresses: [`/test/${node.slice(0, 5)}`],
  sequence,
  certificate: { network, node, operator, signature: GOOD },
  signature,
})

const keysOf = (self: NodeId, { expired, verified }: Pick<TreeBench, 'expired' | 'verified'>): DirectoryKeys => ({
  signRecord: ({ sequence }) => recordOf(self, sequence),
  signNotice: ({ node, sequence }) => ({ network, node, sequence, by: self, signature: GOOD }),
  verifyRecord: ({ node, signature }) => {
    verified.push(node)
    return signature === GOOD
  },
  isFounder: (operator) => operator === founder,
  hasExpired: ({ node }) => expired.has(node),
  verifyNotice: ({ signature }) => signature === GOOD,
})

export const noticeOf = (node: NodeId, sequence: number, by: NodeId, signature = GOOD) => ({
  network,
  node,
  sequence,
  by,
  signature,
})

export const belowOf = (fields: Partial<Below> = {}): Below => ({
  count: 1,
  height: 0,
  freeLevels: 0,
  freeSlots: 8,
  census: '0'.repeat(16),
  ...fields,
})

export const aboveOf = (path: NodeId[], pulse: number, fields: Partial<Above> = {}): Above => ({
  tree: { root: path[0] ?? nodeOf(9), term: 1, born: 0 },
  pulse,
  path,
  rooted: true,
  freeDepth: 1,
  ...fields,
})

export const envelopeOf = (from: NodeId, sequence: number, audience: 'members' | 'everyone' = 'members'): Envelope => ({
  network,
  type: 'test.note',
  from,
  audience,
  timeMs: 0,
  sequence,
  body: null,
  signature: GOOD,
})

export interface BenchOptions {
  readonly role?: Role
  readonly degree?: number
  readonly contacts?: readonly (readonly string[])[]
}

/** One core, started, whose every neighbour is played by the test. */
export class TreeBench {
  readonly self = nodeOf(100)
  /** Members whose invitation has run out. */
  readonly expired = new Set<NodeId>()
  /** Of whom the signatures of a record were checked. */
  readonly verified: NodeId[] = []
  readonly state: TreeState
  nowMs = 1_000
  effects: readonly TreeEffect[] = []

  constructor({ role = 'member', degree = 8, contacts = [] }: BenchOptions = {}) {
    this.state = createTree(
      {
        self: this.self,
        role,
        about: { place: '', release: '1', services: [], addresses: ['/test/self'] },
        firstSequence: 1,
        random: new SeededRandom(1),
        keys: keysOf(this.self, this),
        degree,
      },
      this.#now,
    )
    this.give({ kind: 'start', contacts })
  }

  get #now() {
    return { monotonicMs: this.nowMs, timeOfDayMs: this.nowMs }
  }

  give(event: TreeEvent): readonly TreeEffect[] {
    this.effects = step(this.state, event, this.#now)
    return this.effects
  }

  receive(from: NodeId, message: TreeMessage): readonly TreeEffect[] {
    return this.give({ kind: 'received', from, message })
  }

  /** Lets time pass with its ticks; everything done meanwhile. */
  wait(forMs: number, each: () => void = () => {}): readonly TreeEffect[] {
    const all: TreeEffect[] = []
    for (let passedMs = 0; passedMs < forMs; passedMs += limits.tree.tickMs) {
      this.nowMs += limits.tree.tickMs
      each()
      all.push(...this.give({ kind: 'tick' }))
    }
    this.effects = all
    return all
  }

  open(node: NodeId, role: Role = 'member'): void {
    this.give({ kind: 'sessionOpened', node, role, addresses: [`/test/${node.slice(0, 5)}`] })
  }

  /** A member that asks to become our child. */
  attach(node: NodeId, edge = 1, fields: Partial<TreeMessageOf<'attach'>> = {}): readonly TreeEffect[] {
    const record = recordOf(node)
    return this.receive(node, {
      kind: 'attach',
      edge,
      why: 'join',
      depth: 0,
      hops: 0,
      record,
      below: belowOf(),
      ...fields,
    })
  }

  /** Opens a session with a member and makes it our child. */
  addChild(node: NodeId, edge = 1): void {
    this.open(node)
    this.attach(node, edge)
  }

  /** What was last sent of this kind. */
  sent<Kind extends TreeMessageKind>(kind: Kind, to?: NodeId): TreeMessageOf<Kind>[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'send' && effect.message.kind === kind && (to === undefined || effect.to === to)
        ? [effect.message as TreeMessageOf<Kind>]
        : [],
    )
  }

  of<Kind extends TreeEffect['kind']>(kind: Kind): Extract<TreeEffect, { kind: Kind }>[] {
    return this.effects.filter((effect) => effect.kind === kind) as Extract<TreeEffect, { kind: Kind }>[]
  }

  get position() {
    return positionOf(this.state)
  }
}

/** A core that has joined below `parent`, with the edge of it. */
export function joinedBench(parent: NodeId, options: BenchOptions = {}): { bench: TreeBench; edge: number } {
  const bench = new TreeBench({ ...options, contacts: [['/test/parent']] })
  const dial = bench.of('dial')[0]?.dial ?? 0
  bench.open(parent)
  bench.give({ kind: 'dialed', dial, node: parent })
  const edge = bench.sent('attach')[0]?.edge ?? 0
  const isGuest = options.role === 'guest'
  const told = isGuest ? {} : { above: aboveOf([parent], 1), record: recordOf(parent) }
  bench.receive(parent, { kind: 'accept', edge, ...told })
  return { bench, edge }
}
