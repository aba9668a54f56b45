export { createMemoryStreamPair, type MemoryStreamPair } from './memory-message-stream.ts'
export { createMemoryNetwork, MemoryNetwork, MemoryPeer, testNodeId } from './memory-network.ts'
