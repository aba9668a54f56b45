import type { Clock, NetworkId, ShardId } from '@borgios/core'
import { NodeId } from '@borgios/core'
import { type Ed25519, type Signer, signStatement, verifyStatement } from '@borgios/crypto'
import { type RecordId, SHARD_RECEIPT, type ShardReceipt } from '@borgios/protocol'
import { badReceipt } from '../errors.ts'

/** What a receipt is about. */
export interface StoredShard {
  readonly shard: ShardId
  readonly bytes: number
  readonly record: RecordId
}

/** Signs and checks receipts for shards in one network. */
export class Receipts {
  readonly #network: NetworkId
  readonly #signer: Signer
  readonly #ed25519: Ed25519
  readonly #clock: Clock

  constructor(network: NetworkId, signer: Signer, ed25519: Ed25519, clock: Clock) {
    this.#network = network
    this.#signer = signer
    this.#ed25519 = ed25519
    this.#clock = clock
  }

  /** This node's word that a shard is durable here. */
  sign(stored: StoredShard): ShardReceipt {
    const node = NodeId.fromBytes(this.#signer.publicKey)
    return signStatement(this.#signer, SHARD_RECEIPT, {
      ...stored,
      network: this.#network,
      node,
      timeMs: this.#clock.nowMs(),
    })
  }

  /** Throws STORE_BAD_RECEIPT unless that node signed for exactly this. */
  check(receipt: ShardReceipt, node: NodeId, stored: StoredShard): void {
    const isForIt =
      receipt.network === this.#network &&
      receipt.node === node &&
      receipt.shard === stored.shard &&
      receipt.bytes === stored.bytes &&
      receipt.record === stored.record
    if (!isForIt) throw badReceipt(node)
    try {
      verifyStatement(this.#ed25519, SHARD_RECEIPT, receipt, NodeId.toBytes(node))
    } catch (cause) {
      throw badReceipt(node, cause)
    }
  }
}
