import { limits, type NodeId } from '@borgios/core'
import { multiaddr } from '@multiformats/multiaddr'
import { badAddress } from '../errors.ts'
import { toPeerId } from './node-key.ts'

const DIALABLE: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/**
 * The addresses worth dialing, from a list that may come from a stranger: TCP ones that are well-formed and do not name
 * another node, each with the expected id added so that TLS accepts nobody else.
 */
export function dialTargets(addresses: readonly string[], expected: NodeId | undefined): readonly string[] {
  const wanted = expected === undefined ? undefined : toPeerId(expected).toString()
  const targets = new Set<string>()
  for (const text of addresses.slice(0, limits.peertree.maxAddresses)) {
    const target = toTarget(text, wanted)
    if (target !== undefined) targets.add(target)
  }
  return [...targets]
}

/** Whether this is the address of a node: a TCP multiaddr. */
export const isDialable = (address: string): boolean => toTarget(address, undefined) !== undefined

/** Throws PEERTREE_BAD_ADDRESS, with an example, if this is not the address of a node. */
export function assertDialable(address: string): void {
  if (isDialable(address)) return
  throw badAddress(`"${address.slice(0, 80)}" is no address of a node: write one like /ip4/192.0.2.7/tcp/7420`)
}

function toTarget(text: string, wanted: string | undefined): string | undefined {
  if (text.length > limits.tree.maxAddressChars) return undefined
  let parts: ReturnType<ReturnType<typeof multiaddr>['getComponents']>
  try {
    parts = multiaddr(text).getComponents()
  } catch {
    return undefined
  }
  const [host, port, peer, ...rest] = parts
  if (host === undefined || !DIALABLE.has(host.name) || port?.name !== 'tcp' || rest.length > 0) return undefined
  if (peer === undefined) return wanted === undefined ? text : `${text}/p2p/${wanted}`
  if (peer.name !== 'p2p') return undefined
  return wanted === undefined || peer.value === wanted ? text : undefined
}
