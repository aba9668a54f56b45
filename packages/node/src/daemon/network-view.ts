import { formatDuration, limits, messageOf, type NodeId } from '@borgios/core'
import type { Member } from '@borgios/peertree'
import { type NetworkView, type NodeDescription, NodeDescriptionSchema, type NodeView } from '@borgios/protocol'
import { Compile } from 'typebox/compile'
import type { Rooms, RoomsContext } from './rooms.ts'
import type { SelfDescription } from './self-description.ts'

/** The request one member asks another. */
export const DESCRIBE_METHOD = 'node.describe'

const descriptionCheck = Compile(NodeDescriptionSchema)

/** Asks every member about itself, a bounded number at once; who does not answer in time is shown as down, with the reason. */
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
    nodes: [...views.values()].sort((left, right) => order(left) - order(right) || (left.id < right.id ? -1 : 1)),
    network: context.identity.network,
    name: context.identity.genesis.name,
  }
}

const order = (view: NodeView): number => view.depth ?? Number.MAX_SAFE_INTEGER

async function viewOf(member: Member, context: RoomsContext, rooms: Rooms, self: SelfDescription): Promise<NodeView> {
  if (member.node === context.identity.node) return attachedView(self.describe())
  if (member.state === 'down') {
    const silentMs = Math.max(0, context.clock.nowMs() - member.sinceMs)
    return downView(member, `the network lost it ${formatDuration(silentMs)} ago`)
  }
  try {
    const timeoutMs = limits.node.describeTimeoutMs
    const answer = await rooms.network.request(member.node, DESCRIBE_METHOD, {}, { timeoutMs })
    if (!descriptionCheck.Check(answer) || answer.node !== member.node) {
      return downView(member, 'its answer about itself makes no sense: it may run another release')
    }
    return attachedView(answer)
  } catch (error) {
    return downView(member, `it does not answer: ${messageOf(error)}`.slice(0, limits.node.maxWhyChars))
  }
}

function attachedView(description: NodeDescription): NodeView {
  const { node, pid, parent, children, depth, state, operator, place, release, load } = description
  const why = state === 'attached' ? '' : 'it runs, but has no place in the tree for the moment'
  return { id: node, pid, parent, children, depth, state, operator, place, release, why, load }
}

function downView(member: Member, why: string): NodeView {
  const { node, operator, place, release } = member
  const nothing = { pid: null, parent: null, children: [], depth: null, load: null }
  return { id: node, ...nothing, state: 'down', operator, place, release, why }
}
