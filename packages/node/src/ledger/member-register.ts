import { type Clock, limits, NodeId, OperatorId } from '@borgios/core'
import { committeeOf, type Ledger, memberOf, type StateReader } from '@borgios/ledger'
import type { MemberRegister, Standing } from '@borgios/peertree'
import { compareBytes, quorumOf, type Validator } from '@borgios/protocol'

/** The part of a ledger that says who is a member. */
export type RegisterLedger = Pick<Ledger, 'state'> & { readonly chain: Pick<Ledger['chain'], 'record'> }

/**
 * The ledger's members, as of its last final block, to whoever decides on admission. Until the ledger is open it knows nobody. Who leaves
 * stays admitted while its vote is needed, and for a moment more, so that it hears from the others that it has left.
 */
export class LedgerRegister implements MemberRegister {
  readonly #self: NodeId
  readonly #clock: Clock
  #ledger: RegisterLedger | undefined
  /** Of one height: neighbours ask for everybody several times a second. */
  readonly #known = new Map<string, Standing>()
  #knownHeight = -1
  /** Until when nodes that leave stay admitted, by monotonic time. */
  readonly #farewellMs = new Map<NodeId, number>()

  constructor(self: NodeId, clock: Clock) {
    this.#self = self
    this.#clock = clock
  }

  attach(ledger: RegisterLedger): void {
    this.#ledger = ledger
  }

  /** Its last block is so old that there may be newer ones elsewhere. */
  get isBehind(): boolean {
    const ledger = this.#ledger
    return ledger === undefined || this.#clock.nowMs() - ledger.chain.record.timeMs > limits.node.registerBehindMs
  }

  standingOf(node: NodeId, operator: OperatorId): Standing {
    const ledger = this.#ledger
    if (ledger === undefined) return 'unknown'
    const { height } = ledger.chain.record
    if (height !== this.#knownHeight) this.#known.clear()
    this.#knownHeight = height
    const key = `${node} ${operator}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const standing = this.#standingIn(ledger, NodeId.toBytes(node), OperatorId.toBytes(operator))
    if (standing === 'barred' && this.#saysFarewell(ledger.state, node, operator)) return 'member'
    if (this.#known.size < limits.tree.directoryEntries) this.#known.set(key, standing)
    return standing
  }

  #standingIn({ state, chain }: RegisterLedger, node: Uint8Array, operator: Uint8Array): Standing {
    const member = memberOf(state, node)
    const isIn = isAdmitted(state, chain.record.epoch, node)
    // Of one whose record is gone with its deposit the ledger does not know the operator any more; it knows the node.
    if (member === undefined) return isIn ? 'member' : 'unknown'
    return isIn && compareBytes(member.operator, operator) === 0 ? 'member' : 'barred'
  }

  /** Whether others still speak to a node that leaves: it would else be cut off from the very block that lets it go. */
  #saysFarewell(state: StateReader, node: NodeId, operator: OperatorId): boolean {
    const member = memberOf(state, NodeId.toBytes(node))
    if (member?.state !== 'leaving' || node === this.#self) return false
    if (compareBytes(member.operator, OperatorId.toBytes(operator)) !== 0) return false
    const nowMs = this.#clock.monotonicMs()
    const known = this.#farewellMs.get(node)
    if (known !== undefined) return nowMs < known
    if (this.#farewellMs.size >= limits.tree.directoryEntries) return false
    this.#farewellMs.set(node, nowMs + limits.node.farewellMs)
    return true
  }
}

/** Whether the ledger admits a node. `node`: 32 bytes. */
export function isAdmitted(state: StateReader, epoch: number, node: Uint8Array): boolean {
  const standing = memberOf(state, node)?.state
  if (standing === 'active' || standing === 'draining') return true
  const committee = committeeOf(state, epoch)?.validators ?? []
  const decides = committee.some(({ key }) => compareBytes(key, node) === 0)
  // Without it the epoch could not come to its end, and it be replaced: be it that its deposit went back while there was nobody to replace it.
  return decides && (standing !== 'slashed' || !canDecideAlone(state, committee))
}

/** Whether those of a committee that were not put out are enough to make blocks. */
function canDecideAlone(state: StateReader, committee: readonly Validator[]): boolean {
  const weightOf = (validators: readonly Validator[]) => validators.reduce((sum, { weight }) => sum + weight, 0)
  const faithful = committee.filter(({ key }) => memberOf(state, key)?.state !== 'slashed')
  return weightOf(faithful) >= quorumOf(weightOf(committee))
}
