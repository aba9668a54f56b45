export { createMemoryNetwork, MemoryNetwork, MemoryPeer, testNodeId } from './memory-network.ts'
export { createMemoryStreamPair, type MemoryStreamPair } from './memory-message-stream.ts'
