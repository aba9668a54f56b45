import { encodeBase64Url, type NetworkId, NodeId, type ShardId } from '@borgios/core'
import { type Ed25519, type Signer, signStatement, verifyStatement } from '@borgios/crypto'
import { AUDIT_ANSWER, type AuditAnswer } from '@borgios/protocol'
import { badAuditAnswer } from '../errors.ts'
import type { BeaconValue } from './ports.ts'

/** What was shown of a shard. */
export interface ShownShard {
  readonly shard: ShardId
  /** As many as the holder says it has: 0 if it does not have the shard. */
  readonly bytes: number
  /** With the hash that what was sent has as a leaf. */
  readonly leaves: readonly { readonly leaf: number; readonly hash: Uint8Array }[]
}

/** Signs and checks what holders show in audits in one network. The auditor puts the statement together from what it was sent. */
export class AuditAnswers {
  readonly #network: NetworkId
  readonly #signer: Signer
  readonly #ed25519: Ed25519

  constructor(network: NetworkId, signer: Signer, ed25519: Ed25519) {
    this.#network = network
    this.#signer = signer
    this.#ed25519 = ed25519
  }

  /** This node's signature that it showed this. */
  sign(beacon: BeaconValue, shown: readonly ShownShard[]): string {
    const node = NodeId.fromBytes(this.#signer.publicKey)
    return signStatement(this.#signer, AUDIT_ANSWER, this.#body(node, beacon, shown)).signature
  }

  /** The statement of a node that showed this. Throws STORE_BAD_AUDIT_ANSWER unless it signed for exactly that. */
  open(node: NodeId, beacon: BeaconValue, shown: readonly ShownShard[], signature: string): AuditAnswer {
    const answer = { ...this.#body(node, beacon, shown), signature }
    try {
      verifyStatement(this.#ed25519, AUDIT_ANSWER, answer, NodeId.toBytes(node))
    } catch (cause) {
      throw badAuditAnswer(node, cause)
    }
    return answer
  }

  #body(node: NodeId, { epoch, bytes }: BeaconValue, shown: readonly ShownShard[]): Omit<AuditAnswer, 'signature'> {
    return {
      network: this.#network,
      node,
      epoch,
      beacon: encodeBase64Url(bytes),
      shards: shown.map(({ shard, bytes: shardBytes, leaves }) => ({
        shard,
        bytes: shardBytes,
        leaves: leaves.map(({ leaf, hash }) => ({ leaf, hash: encodeBase64Url(hash) })),
      })),
    }
  }
}
