import {
  ACCOUNTS_TABLE,
  type Account,
  bucketOf,
  decodeAccount,
  decodeBucket,
  type Receipt,
  type ReceiptProof,
  receiptsRootOf,
  type StateProof,
  stateKeyHash,
  stateRootOf,
} from '@borgios/protocol'
import { type FinalBlock, isSame } from './chain.ts'
import { wrongProof } from './errors.ts'

/**
 * The record under a key in the state after a block: its bytes, or undefined when the proof shows that there is none. Throws LIGHT_PROOF_WRONG,
 * also for a proof about another key's bucket.
 */
export function verifyState(
  block: FinalBlock,
  proof: StateProof,
  tableId: number,
  key: Uint8Array,
): Uint8Array | undefined {
  const bucket = bucketOf(stateKeyHash(tableId, key))
  if (!isSame(stateRootOf(bucket, proof), block.header.stateRoot)) {
    throw wrongProof('a proof that does not lead to the state of the block')
  }
  return decodeBucket(proof.bucket).find((record) => record.tableId === tableId && isSame(record.key, key))?.value
}

/** An account after a block, with its balance and nonce; undefined when there is none. `account` has 32 bytes. Throws LIGHT_PROOF_WRONG. */
export function verifyAccount(block: FinalBlock, proof: StateProof, account: Uint8Array): Account | undefined {
  const record = verifyState(block, proof, ACCOUNTS_TABLE, account)
  return record === undefined ? undefined : decodeAccount(record)
}

/** What became of a transaction of a block. Throws LIGHT_PROOF_WRONG. */
export function verifyReceipt(block: FinalBlock, proof: ReceiptProof): Receipt {
  const root = receiptsRootOf(proof)
  if (root === undefined || !isSame(root, block.header.receiptsRoot)) {
    throw wrongProof('a proof that does not lead to the receipts of the block')
  }
  return proof.receipt
}
