import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { after, test } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { socketTls } from '../src/engine/socket-tls.ts'
import { until } from './support.ts'

const ECHO = '/test/echo'
const PAYLOAD = new Uint8Array(3 * 1024 * 1024).map((_, index) => index % 251)
const started: Libp2p[] = []
after(() => Promise.all(started.map((node) => node.stop())))

async function nodeWith(encrypter: typeof socketTls | typeof tls, muxed = true): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [encrypter()],
    streamMuxers: muxed ? [yamux()] : [],
    connectionMonitor: { enabled: false },
  })
  started.push(node)
  await node.handle(ECHO, (stream) => {
    stream.addEventListener('message', (event) => stream.send(event.data))
  })
  return node
}

async function echo(connection: Connection): Promise<void> {
  const stream = await connection.newStream(ECHO)
  let received = Buffer.alloc(0)
  stream.addEventListener('message', (event) => {
    received = Buffer.concat([received, event.data.subarray()])
  })
  stream.send(PAYLOAD)
  await until(() => received.length === PAYLOAD.length)
  assert.deepEqual(new Uint8Array(received), PAYLOAD)
}

for (const [name, dialer, listener] of [
  ['socket-tls dials stock tls', socketTls, tls],
  ['stock tls dials socket-tls', tls, socketTls],
  ['socket-tls dials socket-tls', socketTls, socketTls],
] as const) {
  test(`${name}: the same wire protocol, each knows the other, megabytes come back whole`, async () => {
    const from = await nodeWith(dialer)
    const to = await nodeWith(listener)
    const connection = await from.dial(to.getMultiaddrs())
    assert.equal(connection.multiplexer, '/yamux/1.0.0')
    assert.equal(connection.encryption, '/tls/1.0.0')
    assert.ok(connection.remotePeer.equals(to.peerId))
    await until(() => to.getConnections().length === 1)
    assert.ok(to.getConnections()[0]?.remotePeer.equals(from.peerId))
    await echo(connection)
  })
}

test('a listener with another key than the dialed address names is refused', async () => {
  const from = await nodeWith(socketTls)
  const to = await nodeWith(socketTls)
  const other = await nodeWith(socketTls)
  const address = String(to.getMultiaddrs()[0]).replace(/\/p2p\/.*/, `/p2p/${other.peerId}`)
  await assert.rejects(from.dial(multiaddr(address)))
  assert.equal(from.getConnections().length, 0)
})

test('a TLS client without the libp2p certificate gets no connection', async () => {
  const to = await nodeWith(socketTls)
  const port = Number(
    to
      .getMultiaddrs()[0]
      ?.getComponents()
      .find((part) => part.name === 'tcp')?.value,
  )
  const raw = connect({ port, host: '127.0.0.1' })
  raw.write('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n')
  let negotiated = Buffer.alloc(0)
  while (!negotiated.includes('/tls/1.0.0\n')) {
    const [chunk] = (await once(raw, 'data')) as [Buffer]
    negotiated = Buffer.concat([negotiated, chunk])
  }
  const socket = tlsConnect({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['/yamux/1.0.0'] })
  socket.on('error', () => {})
  await once(socket, 'close')
  assert.equal(to.getConnections().length, 0)
})

test('a peer that hangs up during the handshake makes the dial fail and nothing else', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n')
      setTimeout(() => socket.destroy(), 20)
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const from = await nodeWith(socketTls)
  await assert.rejects(from.dial(multiaddr(`/ip4/127.0.0.1/tcp/${address.port}`)))
  server.close()
})

test('without the private socket it asserts and never goes on in the clear', async () => {
  const encrypter = socketTls()({
    privateKey: await generateKeyPair('Ed25519'),
    logger: { forComponent: () => assert.fail('no logs') },
    upgrader: { getStreamMuxers: () => new Map() } as never,
  })
  await assert.rejects(encrypter.secureOutbound({ readBuffer: undefined } as never), /holds its node:net socket/)
})
