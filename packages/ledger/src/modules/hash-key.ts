import { assert } from '@borgios/core'
import { HASH_BYTES, malformed } from '@borgios/protocol'

/** What a table takes whose keys are 32 bytes: a hash, an account, a node. */
export const hashKey = {
  encodeKey(key: Uint8Array): Uint8Array {
    assert(key.length === HASH_BYTES, 'a key has 32 bytes')
    return key
  },
  decodeKey(bytes: Uint8Array): Uint8Array {
    if (bytes.length !== HASH_BYTES) throw malformed('a key that has not 32 bytes')
    return bytes
  },
}
