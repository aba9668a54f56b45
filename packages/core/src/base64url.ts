import { base64urlnopad } from '@scure/base'

/** RFC 4648 base64url without padding: how signatures and key material stand in JSON. */
export const encodeBase64Url = (bytes: Uint8Array): string => base64urlnopad.encode(bytes)

/** Inverse of {@link encodeBase64Url}. Returns undefined unless `text` is the one canonical encoding of its bytes. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(text)
  } catch {
    return undefined
  }
}
