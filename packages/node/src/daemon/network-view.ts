import { formatDuration, isBorgError, limits, messageOf, type NodeId, shortId } from '@borgios/core'
import type { Member } from '@borgios/peertree'
import { type NetworkView, type NodeDescription, NodeDescriptionSchema, type NodeView } from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import type { Rooms, RoomsContext } from './rooms.ts'
import type { SelfDescription } from './self-description.ts'

/** The request one member asks another. */
export const DESCRIBE_METHOD = 'node.describe'

const descriptionCheck = Compile(NodeDescriptionSchema)

/**
 * Asks every member that is up about itself, a bounded number at once. Who does not answer in time is shown as silent, with the reason,
 * at the place its neighbours give it.
 */
export async function gatherNetwork(context: RoomsContext, rooms: Rooms, self: SelfDescription): Promise<NetworkView> {
  const members = [...rooms.network.members()]
  const views = new Map<NodeId, NodeView>()
  const waiting = [...members]
  const worker = async (): Promise<void> => {
    for (let member = waiting.shift(); member !== undefined; member = waiting.shift()) {
      views.set(member.node, await viewOf(member, context, rooms, self))
    }
  }
  await Promise.all(Array.from({ length: Math.min(limits.node.describeConcurrency, members.length) }, worker))
  const position = rooms.network.position()
  return {
    root: position.root ?? null,
    degree: position.degree,
    nodes: withPlaces([...views.values()], position.root).sort(
      (left, right) => order(left) - order(right) || (left.id < right.id ? -1 : 1),
    ),
    network: context.identity.network,
    name: context.identity.genesis.name,
    role: rooms.membership.view().role,
  }
}

const order = (view: NodeView): number => view.depth ?? Number.MAX_SAFE_INTEGER

/** What a silent node's neighbours say of where it hangs. */
function withPlaces(views: readonly NodeView[], root: NodeId | undefined): NodeView[] {
  return views.map((view) => {
    if (view.state !== 'silent') return view
    const children = views.filter((other) => other.parent === view.id).map((other) => other.id)
    if (view.id === root) return { ...view, children, depth: 0 }
    const parent = views.find((other) => other.children.includes(view.id))
    if (parent === undefined || parent.depth === null) return view
    return { ...view, parent: parent.id, children, depth: parent.depth + 1 }
  })
}

async function viewOf(member: Member, context: RoomsContext, rooms: Rooms, self: SelfDescription): Promise<NodeView> {
  return member.state === 'down' && member.node !== context.identity.node
    ? absentView(member, 'down', lostSince(member, context))
    : await askedView(member, context, rooms, self)
}

const lostSince = ({ sinceMs }: Member, { clock }: RoomsContext): string =>
  `the network lost it ${formatDuration(Math.max(0, clock.nowMs() - sinceMs))} ago`

/** How a member stands by its own word: also one that counts as down is asked. If its process has ended it is down, else it may be silent. */
export async function askedView(
  member: Member,
  context: RoomsContext,
  rooms: Rooms,
  self: SelfDescription,
): Promise<NodeView> {
  if (member.node === context.identity.node) return presentView(self.describe())
  const lost = member.state === 'down' ? `${lostSince(member, context)}, and ` : ''
  try {
    const timeoutMs = limits.node.describeTimeoutMs
    const answer = await rooms.network.request(member.node, DESCRIBE_METHOD, {}, { timeoutMs })
    if (descriptionCheck.Check(answer) && answer.node === member.node) return presentView(answer)
    return absentView(member, 'down', `${lost}its answer about itself makes no sense: it may run another release`)
  } catch (error) {
    const isLate = isBorgError(error) && error.kind === 'timeout'
    const why = isLate
      ? `it did not answer within ${formatDuration(limits.node.describeTimeoutMs)}`
      : `it does not answer: ${messageOf(error).replaceAll(member.node, shortId(member.node))}`
    return absentView(member, isLate ? 'silent' : 'down', lost + why)
  }
}

function presentView(description: NodeDescription): NodeView {
  const { node, pid, parent, children, depth, state, operator, place, release, load } = description
  const why = state === 'attached' ? '' : 'it runs, but has no place in the tree for the moment'
  return { id: node, pid, parent, children, depth, state, operator, place, release, why, load }
}

function absentView(member: Member, state: 'silent' | 'down', why: string): NodeView {
  const { node, operator, place, release } = member
  const nothing = { pid: null, parent: null, children: [], depth: null, load: null }
  return { id: node, ...nothing, state, operator, place, release, why: why.slice(0, limits.node.maxWhyChars) }
}
