import { base32nopad } from '@scure/base'

/** RFC 4648 base32, lower case, no padding: what people see of every id and capability. */
export const encodeBase32 = (bytes: Uint8Array): string => base32nopad.encode(bytes).toLowerCase()

/** Inverse of {@link encodeBase32}. Returns undefined unless `text` is the one canonical encoding of its bytes. */
export function decodeBase32(text: string): Uint8Array | undefined {
  if (!/^[a-z2-7]*$/.test(text)) return undefined
  try {
    return base32nopad.decode(text.toUpperCase())
  } catch {
    return undefined
  }
}

/** Regular expression source that matches exactly the encodings of so many bytes. */
export function base32Pattern(bytes: number): string {
  const chars = Math.ceil((bytes * 8) / 5)
  // The last character holds what is left of the bits, and then zeros.
  const step = 2 ** (chars * 5 - bytes * 8)
  const last = [...'abcdefghijklmnopqrstuvwxyz234567'].filter((_, value) => value % step === 0).join('')
  return `[a-z2-7]{${chars - 1}}[${last}]`
}
