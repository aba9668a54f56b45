import { NodeId, OperatorId } from '@borgios/core'
import { type Genesis, networkIdOf, nobleEd25519, type Signer } from '@borgios/crypto'

/** Keys of the vectors: the seed is 32 times the same byte, so that any language can make them. */
const signerOf = (byte: number): Signer => nobleEd25519.signerFromSeed(new Uint8Array(32).fill(byte))

export const founder = signerOf(1)
export const guestOperator = signerOf(2)
export const node = signerOf(3)
export const otherNode = signerOf(4)

export const founderId = OperatorId.fromBytes(founder.publicKey)
export const operatorId = OperatorId.fromBytes(guestOperator.publicKey)
export const nodeId = NodeId.fromBytes(node.publicKey)
export const otherNodeId = NodeId.fromBytes(otherNode.publicKey)

export const genesis: Genesis = { version: 1, name: 'vectors', random: 'a'.repeat(52), founders: [founderId] }
export const network = networkIdOf(genesis)
export const otherNetwork = networkIdOf({ ...genesis, name: 'another' })

/** The moment all vectors are about. */
export const NOW_MS = 1_800_000_000_000
