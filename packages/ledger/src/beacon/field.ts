import { assert } from '@borgios/core'

/** Of the field in which secrets are shared: 2^255 - 19. An element fits 32 bytes and nearly every 32 bytes are one. */
export const PRIME = 2n ** 255n - 19n
export const ELEMENT_BYTES = 32

/** A point of a polynomial. */
export interface Point {
  readonly x: bigint
  readonly y: bigint
}

const modulo = (value: bigint): bigint => {
  const rest = value % PRIME
  return rest < 0n ? rest + PRIME : rest
}

/** Little endian. Undefined unless it is the one encoding of an element. */
export function elementOf(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== ELEMENT_BYTES) return undefined
  const value = numberOf(bytes)
  return value < PRIME ? value : undefined
}

/** The element that these bytes come to. With 64 uniform bytes none is likelier than another by more than 2^-257. */
export const elementFrom = (bytes: Uint8Array): bigint => numberOf(bytes) % PRIME

export function bytesOfElement(element: bigint): Uint8Array {
  assert(element >= 0n && element < PRIME, 'an element of the field')
  const bytes = new Uint8Array(ELEMENT_BYTES)
  const view = new DataView(bytes.buffer)
  for (let at = 0, rest = element; at < ELEMENT_BYTES; at += 8, rest >>= 64n) view.setBigUint64(at, rest, true)
  return bytes
}

/** The polynomial with these coefficients, lowest first, at x: Horner's rule. */
export const evaluate = (coefficients: readonly bigint[], x: bigint): bigint =>
  coefficients.reduceRight((sum, coefficient) => (sum * x + coefficient) % PRIME, 0n)

/** The value at 0 of the one polynomial of least degree through these points, whose x differ and are not 0: Lagrange. */
export function interpolateAtZero(points: readonly Point[]): bigint {
  // Sum of y * n / d for each point: brought over one denominator, since only dividing is dear.
  let numerator = 0n
  let denominator = 1n
  for (const { x, y } of points) {
    let n = y
    let d = 1n
    for (const { x: other } of points) {
      if (other === x) continue
      n = (n * other) % PRIME
      d = modulo(d * (other - x))
    }
    numerator = modulo(numerator * d + n * denominator)
    denominator = (denominator * d) % PRIME
  }
  return (numerator * inverse(denominator)) % PRIME
}

/** By the extended Euclidean algorithm. */
function inverse(element: bigint): bigint {
  assert(element !== 0n, 'points of one polynomial have different x')
  let [before, rest] = [PRIME, element]
  let [coefficientBefore, coefficient] = [0n, 1n]
  while (rest !== 1n) {
    const quotient = before / rest
    ;[before, rest] = [rest, before % rest]
    ;[coefficientBefore, coefficient] = [coefficient, coefficientBefore - quotient * coefficient]
  }
  return modulo(coefficient)
}

function numberOf(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[at] ?? 0)
  return value
}
