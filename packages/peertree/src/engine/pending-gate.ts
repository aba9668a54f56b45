import { isIPv6 } from 'node:net'
import { limits } from '@borgios/core'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'

/**
 * The host in a multiaddr: its first protocol and value, such as `/ip4/192.0.2.1`. Of an IPv6 address the network, its first 64 bits:
 * whoever has one address of it has all.
 */
export function hostOf(address: string): string {
  const [, protocol, host = ''] = address.split('/', 3)
  if (protocol !== 'ip6' && protocol !== 'ip6zone') return `/${protocol}/${host}`
  const ip = protocol === 'ip6' ? host : (address.split('/', 5)[4] ?? '')
  return `/ip6/${networkOf(ip)}`
}

/** The first 64 bits, or the IPv4 address that is mapped into the IPv6 one. */
function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip
  // The URL parser writes every IPv6 address in one way, without dots.
  const written = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const [head = '', tail] = written.split('::', 2)
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const all = [...groups, ...Array<string>(8 - groups.length - behind.length).fill('0'), ...behind]
  const isMapped = all.slice(0, 5).every((group) => group === '0') && all[5] === 'ffff'
  return isMapped ? all.join(':') : all.slice(0, 4).join(':')
}

/**
 * Turns away connections of a host that has too many which proved no node id yet: libp2p bounds those only as a whole, so that one host
 * could take all the room.
 */
export function pendingGate(): ConnectionGater {
  const pending = new Map<string, Set<MultiaddrConnection>>()
  const forget = (connection: MultiaddrConnection): void => {
    const host = hostOf(connection.remoteAddr.toString())
    const ofHost = pending.get(host)
    ofHost?.delete(connection)
    if (ofHost?.size === 0) pending.delete(host)
  }
  return {
    denyInboundConnection: (connection) => {
      // One that is over already would never be forgotten.
      if (connection.status !== 'open') return true
      const host = hostOf(connection.remoteAddr.toString())
      const ofHost = pending.get(host) ?? new Set()
      if (ofHost.size >= limits.peertree.maxPendingPerHost) return true
      pending.set(host, ofHost.add(connection))
      connection.addEventListener('close', () => forget(connection))
      return false
    },
    denyInboundEncryptedConnection: (_peer, connection) => {
      forget(connection)
      return false
    },
  }
}
