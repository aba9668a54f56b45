/**
 * Lines, words and bytes: a line is a line feed, a word a run of bytes that are not ASCII white space. (GNU `wc -w` agrees on text; of
 * binary data it leaves out words without a printable character.)
 */

const LANES = 16

export let lines: u64 = 0
export let words: u64 = 0
export let bytes: u64 = 0
/** 1 if the byte before was white space, or there was none. */
let afterSpace: u32 = 1

/** Counts on over a piece. The buffer must reach to the next multiple of 16 bytes. */
export function count(start: usize, length: i32): void {
  bytes += length
  let foundLines: u32 = 0
  let foundWords: u32 = 0
  let carry = afterSpace
  for (let offset = 0; offset < length; offset += LANES) {
    const chunk = v128.load(start + offset)
    const inPiece: u32 = length - offset >= LANES ? 0xffff : (1 << (length - offset)) - 1
    // 9 to 13 are tab, line feed, vertical tab, form feed and carriage return; 32 is the space.
    const control = i8x16.le_u(i8x16.sub(chunk, i8x16.splat(9)), i8x16.splat(4))
    const spaces = <u32>i8x16.bitmask(v128.or(control, i8x16.eq(chunk, i8x16.splat(32))))
    const newlines = <u32>i8x16.bitmask(i8x16.eq(chunk, i8x16.splat(10)))
    foundLines += popcnt<u32>(newlines & inPiece)
    foundWords += popcnt<u32>(~spaces & ((spaces << 1) | carry) & inPiece)
    carry = (spaces >> (LANES - 1)) & 1
    if (inPiece !== 0xffff) carry = (spaces >> (length - offset - 1)) & 1
  }
  afterSpace = carry
  lines += foundLines
  words += foundWords
}
