import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { limits, NodeId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { Libp2pEngine } from '../src/engine/libp2p-engine.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { engineCompliance } from './engine-compliance.ts'
import { code, signerOf } from './support.ts'

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
