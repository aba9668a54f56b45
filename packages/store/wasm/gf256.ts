/**
 * Matrix times vectors over GF(2^8): every output is the sum of all inputs, each times a coefficient.
 *
 * A product with a constant is looked up by nibbles: 16 products of the low and 16 of the high one, 32 bytes a coefficient, one
 * swizzle each ("Screaming Fast Galois Field Arithmetic Using Intel SIMD Instructions", FAST 2013). Up to four outputs are
 * made at once, so that an input is loaded once for all of them.
 */

/** Bytes worked on at a time: the slices of all inputs stay in the first cache while the outputs go by. */
const SLICE_BYTES: usize = 4096
/** Nibble tables of one coefficient. */
const TABLE_BYTES: usize = 32
/** Bytes a step of a loop covers: two vectors. */
const STEP_BYTES: usize = 32

// @ts-ignore: decorator
@inline
function pointer(list: usize, index: u32): usize {
  return <usize>load<u32>(list + ((<usize>index) << 2))
}

// @ts-ignore: decorator
@inline
function product(table: usize, low: v128, high: v128): v128 {
  return v128.xor(i8x16.swizzle(v128.load(table), low), i8x16.swizzle(v128.load(table, 16), high))
}

function fourOutputs(
  inputCount: u32, tables: usize, rowBytes: usize, inputs: usize, outputs: usize, first: u32, from: usize, to: usize,
): void {
  const nibble = i8x16.splat(15)
  const out0 = pointer(outputs, first), out1 = pointer(outputs, first + 1)
  const out2 = pointer(outputs, first + 2), out3 = pointer(outputs, first + 3)
  for (let at = from; at < to; at += STEP_BYTES) {
    let a0 = i8x16.splat(0), a1 = a0, a2 = a0, a3 = a0
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0
    let table = tables
    for (let input: u32 = 0; input < inputCount; input++) {
      const source = pointer(inputs, input) + at
      const a = v128.load(source), b = v128.load(source, 16)
      const aLow = v128.and(a, nibble), aHigh = v128.and(i16x8.shr_u(a, 4), nibble)
      const bLow = v128.and(b, nibble), bHigh = v128.and(i16x8.shr_u(b, 4), nibble)
      let row = table
      a0 = v128.xor(a0, product(row, aLow, aHigh))
      b0 = v128.xor(b0, product(row, bLow, bHigh))
      row += rowBytes
      a1 = v128.xor(a1, product(row, aLow, aHigh))
      b1 = v128.xor(b1, product(row, bLow, bHigh))
      row += rowBytes
      a2 = v128.xor(a2, product(row, aLow, aHigh))
      b2 = v128.xor(b2, product(row, bLow, bHigh))
      row += rowBytes
      a3 = v128.xor(a3, product(row, aLow, aHigh))
      b3 = v128.xor(b3, product(row, bLow, bHigh))
      table += TABLE_BYTES
    }
    v128.store(out0 + at, a0); v128.store(out0 + at, b0, 16)
    v128.store(out1 + at, a1); v128.store(out1 + at, b1, 16)
    v128.store(out2 + at, a2); v128.store(out2 + at, b2, 16)
    v128.store(out3 + at, a3); v128.store(out3 + at, b3, 16)
  }
}

function twoOutputs(
  inputCount: u32, tables: usize, rowBytes: usize, inputs: usize, outputs: usize, first: u32, from: usize, to: usize,
): void {
  const nibble = i8x16.splat(15)
  const out0 = pointer(outputs, first), out1 = pointer(outputs, first + 1)
  for (let at = from; at < to; at += STEP_BYTES) {
    let a0 = i8x16.splat(0), a1 = a0, b0 = a0, b1 = a0
    let table = tables
    for (let input: u32 = 0; input < inputCount; input++) {
      const source = pointer(inputs, input) + at
      const a = v128.load(source), b = v128.load(source, 16)
      const aLow = v128.and(a, nibble), aHigh = v128.and(i16x8.shr_u(a, 4), nibble)
      const bLow = v128.and(b, nibble), bHigh = v128.and(i16x8.shr_u(b, 4), nibble)
      a0 = v128.xor(a0, product(table, aLow, aHigh))
      b0 = v128.xor(b0, product(table, bLow, bHigh))
      a1 = v128.xor(a1, product(table + rowBytes, aLow, aHigh))
      b1 = v128.xor(b1, product(table + rowBytes, bLow, bHigh))
      table += TABLE_BYTES
    }
    v128.store(out0 + at, a0); v128.store(out0 + at, b0, 16)
    v128.store(out1 + at, a1); v128.store(out1 + at, b1, 16)
  }
}

function oneOutput(
  inputCount: u32, tables: usize, inputs: usize, outputs: usize, first: u32, from: usize, to: usize,
): void {
  const nibble = i8x16.splat(15)
  const out0 = pointer(outputs, first)
  for (let at = from; at < to; at += STEP_BYTES) {
    let a0 = i8x16.splat(0), b0 = a0
    let table = tables
    for (let input: u32 = 0; input < inputCount; input++) {
      const source = pointer(inputs, input) + at
      const a = v128.load(source), b = v128.load(source, 16)
      a0 = v128.xor(a0, product(table, v128.and(a, nibble), v128.and(i16x8.shr_u(a, 4), nibble)))
      b0 = v128.xor(b0, product(table, v128.and(b, nibble), v128.and(i16x8.shr_u(b, 4), nibble)))
      table += TABLE_BYTES
    }
    v128.store(out0 + at, a0); v128.store(out0 + at, b0, 16)
  }
}

/**
 * `tables`: nibble tables of the coefficients, row by row, one row an output. `inputs`, `outputs`: lists of u32 addresses.
 * `bytes`: length of each, a multiple of 32.
 */
export function multiply(
  inputCount: u32, outputCount: u32, tables: usize, inputs: usize, outputs: usize, bytes: u32,
): void {
  const rowBytes = (<usize>inputCount) * TABLE_BYTES
  const end = <usize>bytes
  for (let from: usize = 0; from < end; from += SLICE_BYTES) {
    const to = min<usize>(from + SLICE_BYTES, end)
    let first: u32 = 0
    while (first < outputCount) {
      const rows = tables + (<usize>first) * rowBytes
      const left = outputCount - first
      if (left >= 4) {
        fourOutputs(inputCount, rows, rowBytes, inputs, outputs, first, from, to)
        first += 4
      } else if (left >= 2) {
        twoOutputs(inputCount, rows, rowBytes, inputs, outputs, first, from, to)
        first += 2
      } else {
        oneOutput(inputCount, rows, inputs, outputs, first, from, to)
        first += 1
      }
    }
  }
}
