import { NodeId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { createTree, type Moment, type Role, type TreeEffect, type TreeEvent, type TreeState } from '@borgios/peertree'
import { fakeKeys } from './fake-keys.ts'

export type Dial = Extract<TreeEffect, { kind: 'dial' }>

export interface HostOptions {
  readonly index: number
  readonly role: Role
  readonly degree: number
  readonly random: SeededRandom
  /** Speed of its clock: 1 is true. */
  readonly clockRate: number
}

/** One machine of the simulated world: a node process that may crash, restart and freeze. */
export class Host {
  readonly index: number
  readonly role: Role
  readonly node: NodeId
  readonly addresses: readonly string[]
  /** Undefined while the process is dead. */
  state: TreeState | undefined
  /** Counts its lives. */
  life = 0
  frozen = false
  thawedMs = Number.NEGATIVE_INFINITY
  /** Its machine is off: nothing answers for it, not even to refuse. */
  dark = false
  /** What waits in the kernel while the process is frozen. */
  readonly inbox: TreeEvent[] = []
  /** Whom it holds a session with. The other side may think otherwise. */
  readonly sessions = new Set<NodeId>()
  /** Dials under way, and those that wait for one of these to end. */
  readonly dials = new Set<number>()
  readonly waitingDials: { readonly effect: Dial; readonly sinceMs: number }[] = []
  /** Broadcasts given to the application in this life. */
  readonly delivered = new Set<string>()
  bornMs = 0
  /** When the invitation of its operator ends. Undefined: it is a founder's. To be set before it boots. */
  invitedUntilMs: number | undefined
  /** Whom it was told to join through. */
  contacts: readonly Host[] = []
  framesReceived = 0
  readonly #options: HostOptions
  #sequence = 0

  constructor(options: HostOptions) {
    this.#options = options
    this.index = options.index
    this.role = options.role
    this.node = NodeId.fromBytes(options.random.bytes(32))
    this.addresses = [`/sim/${options.index}`]
  }

  get alive(): boolean {
    return this.state !== undefined
  }

  /** Its monotonic clock began sometime and is a little fast or slow; its time of day is right. */
  momentAt(worldMs: number): Moment {
    const monotonicMs = 1_000_000 + this.index * 77_777 + worldMs * this.#options.clockRate
    return { monotonicMs, timeOfDayMs: worldMs }
  }

  /** Whether nobody takes it for a member any more. */
  hasExpired(worldMs: number): boolean {
    return this.invitedUntilMs !== undefined && this.invitedUntilMs < worldMs
  }

  boot(worldMs: number): void {
    this.life += 1
    this.bornMs = worldMs
    this.frozen = false
    this.dark = false
    this.inbox.length = 0
    this.delivered.clear()
    this.sessions.clear()
    this.dials.clear()
    this.waitingDials.length = 0
    this.state = createTree(
      {
        self: this.node,
        role: this.role,
        about: { place: 'sim', release: '1', services: ['store'], addresses: this.addresses },
        firstSequence: Math.floor(worldMs) + 1,
        random: new SeededRandom(this.#options.random.uint32()),
        keys: fakeKeys(this.node, this.invitedUntilMs),
        degree: this.#options.degree,
      },
      this.momentAt(worldMs),
    )
  }

  nextSequence(): number {
    this.#sequence += 1
    return this.#sequence
  }
}
