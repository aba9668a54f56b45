import { type NodeId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createPeerTree, type PeerTree } from '../src/peer-tree.ts'
import type { PeerTreeModules, PeerTreeOptions } from '../src/peer-tree-options.ts'
import { certificateOf, genesis } from './session-support.ts'
import { signerOf, until } from './support.ts'

export interface NodeOverrides
  extends Partial<PeerTreeOptions>,
    Partial<Pick<PeerTreeModules, 'addressBook' | 'clock' | 'register'>> {
  readonly guest?: boolean
}

/** The n-th test identity as a real node on loopback. Not started. */
export function realNode(n: number, contacts: readonly string[], overrides: NodeOverrides = {}): PeerTree {
  const { guest = false, addressBook, register, clock = systemClock, ...options } = overrides
  return createPeerTree(
    {
      genesis,
      certificate: guest ? undefined : certificateOf(n),
      place: `place-${n}`,
      release: '0.1.0-test',
      services: ['test'],
      listen: ['/ip4/127.0.0.1/tcp/0'],
      contacts,
      ...options,
    },
    {
      signer: signerOf(n),
      ed25519: sodiumEd25519,
      clock,
      timers: systemTimers,
      random: systemRandom,
      logger: silentLogger,
      ...(addressBook === undefined ? {} : { addressBook }),
      ...(register === undefined ? {} : { register }),
    },
  )
}

export const attached = (node: PeerTree): boolean => node.position().state === 'attached'

/** Whether these nodes are one tree and all know each other to be up. */
export function isWhole(nodes: readonly PeerTree[]): boolean {
  const roots = new Set(nodes.map((node) => node.position().root))
  return roots.size === 1 && nodes.every((node) => attached(node) && membersUp(node).length === nodes.length)
}

export const membersUp = (node: PeerTree): NodeId[] =>
  node
    .members()
    .filter(({ state }) => state === 'up')
    .map((member) => member.node)
    .sort()

/** A started network of members: the first is the first of its tree, the others join through it. */
export async function startNetwork(first: number, count: number, overrides: NodeOverrides = {}): Promise<PeerTree[]> {
  const root = realNode(first, [], overrides)
  await root.start()
  const nodes = [root]
  for (let n = first + 1; n < first + count; n += 1) {
    const node = realNode(n, root.addresses(), overrides)
    await node.start()
    nodes.push(node)
  }
  await until(() => isWhole(nodes), 'one whole tree', 40_000)
  return nodes
}

export const stopAll = async (nodes: readonly PeerTree[]): Promise<void> => {
  await Promise.all(nodes.map((node) => node.stop()))
}
