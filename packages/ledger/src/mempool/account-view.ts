import type { Account } from '@borgios/protocol'
import { textOf } from '../text-of.ts'

/** What the mempool asks of the final state. */
export interface AccountView {
  /** The account of these 32 bytes; undefined when there is none. */
  account(account: Uint8Array): Account | undefined
}

/** Bytes as the key of a map. */
export const mapKey = textOf
