import { limits } from '@borgios/core'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'

/** The host in a multiaddr: its first protocol and value, such as `/ip4/192.0.2.1`. */
export const hostOf = (address: string): string => address.split('/', 3).join('/')

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
