/** GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, as in ISA-L and most Reed-Solomon codes. */
const POLYNOMIAL = 0x11d
const ORDER = 255

const exponents = new Uint8Array(2 * ORDER)
const logarithms = new Uint8Array(ORDER + 1)
for (let power = 0, value = 1; power < ORDER; power += 1) {
  exponents[power] = value
  exponents[power + ORDER] = value
  logarithms[value] = power
  value <<= 1
  if (value > ORDER) value ^= POLYNOMIAL
}

const logOf = (value: number): number => logarithms[value] ?? 0

export const multiply = (left: number, right: number): number =>
  left === 0 || right === 0 ? 0 : (exponents[logOf(left) + logOf(right)] ?? 0)

/** Of a value other than zero. */
export const inverse = (value: number): number => exponents[ORDER - logOf(value)] ?? 0
