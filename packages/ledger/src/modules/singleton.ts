import { malformed } from '@borgios/protocol'

/** The key of a table that has one record. */
export const ONLY = 'only'
export type Only = typeof ONLY

const KEY = Uint8Array.of(0)

/** What such a table takes for its key's encoding. */
export const onlyKey = {
  encodeKey: (_key: Only): Uint8Array => KEY,
  decodeKey(bytes: Uint8Array): Only {
    if (bytes.length !== 1 || bytes[0] !== 0) throw malformed('a key that is not the only one')
    return ONLY
  },
}
