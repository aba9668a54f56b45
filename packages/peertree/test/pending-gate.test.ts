import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import type { MultiaddrConnection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { hostOf, pendingGate } from '../src/engine/pending-gate.ts'

const MOST = limits.peertree.maxPendingPerHost
const nobody = {} as PeerId

/** As much of a libp2p connection as the gate looks at. */
function connectionFrom(address: string, status: MultiaddrConnection['status'] = 'open') {
  const events = new EventTarget()
  const remoteAddr = multiaddr(address)
  const connection = Object.assign(events, { remoteAddr, status }) as unknown as MultiaddrConnection
  return { connection, close: () => events.dispatchEvent(new Event('close')) }
}

function gate() {
  const { denyInboundConnection, denyInboundEncryptedConnection } = pendingGate()
  assert.ok(denyInboundConnection && denyInboundEncryptedConnection)
  const isTurnedAway = (connection: MultiaddrConnection) => denyInboundConnection(connection)
  return {
    isTurnedAway,
    proves: (connection: MultiaddrConnection) => denyInboundEncryptedConnection(nobody, connection),
  }
}

/** So many connections of one host, each from a port of its own, that were let in. */
function fill(isTurnedAway: (connection: MultiaddrConnection) => unknown, addressOf: (n: number) => string) {
  return Array.from({ length: MOST }, (_, n) => {
    const made = connectionFrom(addressOf(n))
    assert.equal(isTurnedAway(made.connection), false, `connection ${n}`)
    return made
  })
}

const v4 = (n: number, host = '192.0.2.1') => `/ip4/${host}/tcp/${1_000 + n}`

test('a host has at most so many, whatever others have', () => {
  const { isTurnedAway } = gate()
  fill(isTurnedAway, v4)
  assert.equal(isTurnedAway(connectionFrom(v4(MOST)).connection), true)
  fill(isTurnedAway, (n) => v4(n, '192.0.2.2'))
})

test('one that closed, or proved who it is, makes room for one, however often it is told', () => {
  const { isTurnedAway, proves } = gate()
  const [first, second] = fill(isTurnedAway, v4)
  assert.ok(first && second)
  const comes = () => !isTurnedAway(connectionFrom(v4(999)).connection)
  first.close()
  assert.deepEqual([comes(), comes()], [true, false])
  assert.equal(proves(second.connection), false)
  second.close()
  first.close()
  assert.deepEqual([comes(), comes()], [true, false])
})

test('one that is over already takes no place', () => {
  const { isTurnedAway } = gate()
  for (const status of ['closed', 'aborted', 'reset'] as const) {
    for (let n = 0; n < MOST; n += 1) assert.equal(isTurnedAway(connectionFrom(v4(n), status).connection), true)
  }
  fill(isTurnedAway, v4)
})

test('the addresses of one IPv6 network are one host', () => {
  const { isTurnedAway } = gate()
  fill(isTurnedAway, (n) => `/ip6/2001:db8:0:7::${(n + 1).toString(16)}/tcp/1`)
  assert.equal(isTurnedAway(connectionFrom('/ip6/2001:db8:0:7:ffff:1:2:3/tcp/1').connection), true)
  assert.equal(isTurnedAway(connectionFrom('/ip6/2001:db8:0:8::1/tcp/1').connection), false)
})

test('the host of an address', () => {
  const hosts = {
    '/ip4/192.0.2.1/tcp/7400/p2p/abc': '/ip4/192.0.2.1',
    '/dns4/example.org/tcp/1': '/dns4/example.org',
    '/memory/7': '/memory/7',
    '/ip6/2001:db8::1/tcp/1': '/ip6/2001:db8:0:0',
    '/ip6/2001:DB8:0:0:1::/tcp/1': '/ip6/2001:db8:0:0',
    '/ip6/::1/tcp/1': '/ip6/0:0:0:0',
    '/ip6zone/eth0/ip6/fe80::1/tcp/1': '/ip6/fe80:0:0:0',
    '/ip6/::ffff:192.0.2.1/tcp/1': '/ip6/0:0:0:0:0:ffff:c000:201',
    '/ip6/::ffff:192.0.2.2/tcp/1': '/ip6/0:0:0:0:0:ffff:c000:202',
    '/ip6/nonsense/tcp/1': '/ip6/nonsense',
  }
  for (const [address, host] of Object.entries(hosts)) assert.equal(hostOf(address), host)
})
