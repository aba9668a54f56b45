import { NodeId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { Libp2pEngine } from '../src/engine/libp2p-engine.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { engineCompliance } from './engine-compliance.ts'
import { signerOf } from './support.ts'

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
