import { assert, NodeId } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'

/**
 * A signer in the form libp2p wants its private key: libp2p only signs with it, so the secret itself stays in the signer.
 * Asking for the raw key is a bug.
 */
export function toPrivateKey(signer: Signer): Ed25519PrivateKey {
  const publicKey = publicKeyFromRaw(signer.publicKey)
  assert(publicKey.type === 'Ed25519', 'a node signs with Ed25519')
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new TypeError('the raw key of a node never leaves its signer')
    },
    equals: (other) => other?.publicKey !== undefined && publicKey.equals(other.publicKey),
    sign: (data) => signer.sign(data.subarray()),
  }
}

/** The libp2p peer id of a node: both stand for the same Ed25519 key. */
export const toPeerId = (node: NodeId): PeerId => peerIdFromPublicKey(publicKeyFromRaw(NodeId.toBytes(node)))

/** The node of a peer id; undefined if its key is not Ed25519. */
export function toNodeId(peer: PeerId): NodeId | undefined {
  return peer.type === 'Ed25519' ? NodeId.fromBytes(peer.publicKey.raw) : undefined
}
