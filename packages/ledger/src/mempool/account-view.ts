import type { Account } from '@borgios/protocol'

/** What the mempool asks of the final state. */
export interface AccountView {
  /** The account of these 32 bytes; undefined when there is none. */
  account(account: Uint8Array): Account | undefined
}

/** Bytes as the key of a map. */
export const mapKey = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
