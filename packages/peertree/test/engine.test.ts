import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { isBorgError, limits, NodeId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { contactsToTry } from '../src/address-book.ts'
import { assertDialable } from '../src/engine/dial-targets.ts'
import type { ByteStream } from '../src/engine/engine.ts'
import { Libp2pEngine } from '../src/engine/libp2p-engine.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { engineCompliance, Recorder } from './engine-compliance.ts'
import { code, collect, signerOf, until } from './support.ts'

let made = 0
const net = new MemoryNet()

engineCompliance('memory', async () => {
  made += 1
  const self = NodeId.fromBytes(signerOf(made).publicKey)
  return { engine: new MemoryEngine(net, self), self }
})

engineCompliance('libp2p', async () => {
  made += 1
  const signer = signerOf(made)
  const options = { listen: ['/ip4/127.0.0.1/tcp/0'], protocols: ['/test/a', '/test/b'] }
  const engine = new Libp2pEngine(options, { signer, timers: systemTimers })
  return { engine, self: NodeId.fromBytes(signer.publicKey) }
})

test('a dial to an address that takes the connection and says nothing runs out of time, and says so', async () => {
  const sockets: Socket[] = []
  const frozen = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(frozen, 'listening')
  const { port } = frozen.address() as AddressInfo
  const quick = {
    ...systemTimers,
    after: (delayMs: number, callback: () => void) =>
      systemTimers.after(delayMs === limits.peertree.dialAddressTimeoutMs ? 100 : delayMs, callback),
  }
  const options = { listen: ['/ip4/127.0.0.1/tcp/0'], protocols: ['/test/a'] }
  const engine = new Libp2pEngine(options, { signer: signerOf(99), timers: quick })
  await engine.start({ onConnection() {}, onStream() {} })
  try {
    const dialing = engine.dial([`/ip4/127.0.0.1/tcp/${port}`], undefined, new AbortController().signal)
    await assert.rejects(dialing, code('PEERTREE_TIMEOUT'))
  } finally {
    await engine.stop()
    for (const socket of sockets) socket.destroy()
    frozen.close()
  }
})

test('single bytes sent to a reader that pauses do not fill its memory', async () => {
  const far = Promise.withResolvers<Recorder>()
  const onStream = (_: unknown, __: unknown, stream: ByteStream) => far.resolve(new Recorder(stream))
  const options = { listen: ['/ip4/127.0.0.1/tcp/0'], protocols: ['/test/a'] }
  const [here, there] = [95, 96].map((n) => new Libp2pEngine(options, { signer: signerOf(n), timers: systemTimers }))
  assert(here !== undefined && there !== undefined)
  try {
    await here.start({ onConnection() {}, onStream })
    await there.start({ onConnection() {}, onStream() {} })
    const connection = await there.dial(here.addresses(), undefined, AbortSignal.timeout(10_000))
    const near = await connection.openStream('/test/a', AbortSignal.timeout(10_000))
    near.listen({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} })
    near.write(new Uint8Array(1))
    const reader = await far.promise
    await until(() => reader.bytes === 1, 'the stream')
    reader.stream.pause()
    collect()
    const before = process.memoryUsage().heapUsed
    const count = 100_000
    for (let sent = 0; sent < count; sent += 1) {
      near.write(new Uint8Array(1))
      // Else the sender joins them.
      if (sent % 10 === 0) await new Promise(setImmediate)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
    collect()
    const kept = process.memoryUsage().heapUsed - before
    assert.ok(kept < 20 * count, `${kept} bytes for ${count}`)
    reader.stream.resume()
    await until(() => reader.bytes === 1 + count, 'all bytes')
  } finally {
    await here.stop()
    await there.stop()
  }
})

const quiet = { onConnection() {}, onStream() {} }
const protocols = ['/test/a']

async function listening(n: number, listen = ['/ip4/127.0.0.1/tcp/0']): Promise<Libp2pEngine> {
  const engine = new Libp2pEngine({ listen, protocols }, { signer: signerOf(n), timers: systemTimers })
  await engine.start(quiet)
  return engine
}

test('silent TCP connections of one host leave room for others, and for that host once they are gone', async () => {
  const [here, there] = [await listening(97), await listening(98)]
  const sockets: Socket[] = []
  const open = async (localAddress: string): Promise<Socket> => {
    const port = Number(here.addresses()[0]?.split('/')[4])
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    sockets.push(socket)
    socket.on('error', () => {}).resume()
    // It may be reset before it is up.
    await once(socket, 'connect').catch(() => {})
    return socket
  }
  const dial = () => there.dial(here.addresses(), undefined, AbortSignal.timeout(10_000))
  try {
    // One that proved its id counts no more.
    const proven = await dial()
    for (let count = 0; count < limits.peertree.maxPendingPerHost; count += 1) await open('127.0.0.1')
    const silent = [...sockets]
    const tooMany = await open('127.0.0.1')
    await until(() => tooMany.destroyed, 'the connection beyond the limit being hung up')
    assert(silent.every((socket) => !socket.destroyed))
    const other = await open('127.0.0.2')
    await assert.rejects(dial(), code('PEERTREE_UNREACHABLE'))
    assert(!other.destroyed, 'another host is let in')
    for (const socket of silent) socket.destroy()
    let later = await dial().catch(() => undefined)
    for (let tries = 0; later === undefined && tries < 100; tries += 1) later = await dial().catch(() => undefined)
    assert(later, 'the host is let in again')
    proven.abort(new Error('the test is over'))
    later.abort(new Error('the test is over'))
  } finally {
    for (const socket of sockets) socket.destroy()
    await here.stop()
    await there.stop()
  }
})

test('addresses that cannot be listened on are refused in one clear line', async () => {
  const taken = await listening(97)
  const port = taken.addresses()[0]?.split('/')[4]
  const cases = [
    {
      listen: ['nonsense'],
      code: 'PEERTREE_BAD_ADDRESS',
      says: /^"nonsense" is no address to listen on: write one like/,
    },
    { listen: ['/ip4/1.2.3/tcp/1'], code: 'PEERTREE_BAD_ADDRESS', says: /is no address to listen on/ },
    { listen: ['/ip4/127.0.0.1/udp/1'], code: 'PEERTREE_BAD_ADDRESS', says: /is no address to listen on/ },
    { listen: [`/ip4/127.0.0.1/tcp/${port}`], code: 'PEERTREE_LISTEN_FAILED', says: /another program has that port/ },
    { listen: ['/ip4/192.0.2.1/tcp/0'], code: 'PEERTREE_LISTEN_FAILED', says: /this machine has no such address/ },
  ]
  try {
    for (const { listen, code: expected, says } of cases) {
      await assert.rejects(listening(98, listen), (error) => {
        assert(isBorgError(error))
        assert.equal(error.code, expected)
        assert.match(error.message, says)
        assert.doesNotMatch(error.message, /\n|libp2p|Error:| at /)
        return true
      })
    }
  } finally {
    await taken.stop()
  }
  assert.throws(() => assertDialable('nonsense'), code('PEERTREE_BAD_ADDRESS'))
  assert.throws(() => assertDialable('192.0.2.7:7420'), code('PEERTREE_BAD_ADDRESS'))
  assertDialable('/dns4/example.org/tcp/7420')
})

test('remembered members are tried however many addresses were given', () => {
  const given = Array.from({ length: 40 }, (_, index) => `/ip4/192.0.2.1/tcp/${index + 1}`)
  const node = NodeId.fromBytes(signerOf(1).publicKey)
  const tried = contactsToTry(given, [{ node, addresses: ['/ip4/192.0.2.2/tcp/1', '/ip4/192.0.2.3/tcp/1'] }])
  assert.equal(tried.length, limits.tree.maxContacts + 1)
  assert.deepEqual(tried[0], [given[0]])
  assert.deepEqual(tried.at(-1), ['/ip4/192.0.2.2/tcp/1', '/ip4/192.0.2.3/tcp/1'])
})
