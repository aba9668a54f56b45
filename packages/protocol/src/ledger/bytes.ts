import { AssertionError } from '@borgios/core'
import { malformed } from '../errors.ts'

const FIRST_CAPACITY_BYTES = 256
const TWO_32 = 2 ** 32
const MAX_U32 = TWO_32 - 1
const MAX_U64 = 2n ** 64n - 1n
/** Of the upper half of eight bytes whose number still is a safe integer. */
const MAX_SAFE_HIGH = 2 ** 21 - 1
const LOW_32 = 0xffff_ffffn

/** Numbers are checked without making the sentence first: transactions are written by the thousand. */
const outOfRange = (value: number | bigint, what: string): AssertionError =>
  new AssertionError(`${value} is no ${what}`)
const isWhole = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max

/**
 * Writes fixed layouts, little endian. Numbers out of range are bugs of the caller: assertions. Byte by byte, since a DataView would take
 * small arrays off the heap, which costs more than all the rest.
 */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  /** The buffer grows as needed. */
  constructor(capacityBytes = FIRST_CAPACITY_BYTES) {
    this.#bytes = new Uint8Array(capacityBytes)
  }

  u8(value: number): this {
    if (!isWhole(value, 0xff)) throw outOfRange(value, 'byte')
    const at = this.#claim(1)
    this.#bytes[at] = value
    return this
  }

  u16(value: number): this {
    if (!isWhole(value, 0xffff)) throw outOfRange(value, '16-bit number')
    const at = this.#claim(2)
    this.#bytes[at] = value
    this.#bytes[at + 1] = value >>> 8
    return this
  }

  u32(value: number): this {
    if (!isWhole(value, MAX_U32)) throw outOfRange(value, '32-bit number')
    this.#put32(this.#claim(4), value)
    return this
  }

  /** A counter: eight bytes, of which JavaScript's numbers reach 2^53 - 1. */
  u64(value: number): this {
    if (!isWhole(value, Number.MAX_SAFE_INTEGER)) throw outOfRange(value, 'counter')
    this.#put64(this.#claim(8), value)
    return this
  }

  /** Micro-units: eight bytes. */
  amount(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw outOfRange(value, 'amount')
    const at = this.#claim(8)
    if (value <= Number.MAX_SAFE_INTEGER) {
      this.#put64(at, Number(value))
    } else {
      this.#put32(at, Number(value & LOW_32))
      this.#put32(at + 4, Number(value >> 32n))
    }
    return this
  }

  /** Bytes whose number the reader knows. */
  fixed(bytes: Uint8Array): this {
    const at = this.#claim(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** Their number in four bytes, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes)
  }

  /** What was written, without a copy: nothing may be written after it. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length)
  }

  /** Room for so many bytes. What it grows is another buffer: take `#bytes` only after it. */
  #claim(length: number): number {
    const at = this.#length
    this.#length = at + length
    if (this.#length > this.#bytes.length) this.#grow()
    return at
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }

  /** An array keeps the lowest eight bits of what it is given. */
  #put32(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value
    bytes[at + 1] = value >>> 8
    bytes[at + 2] = value >>> 16
    bytes[at + 3] = value >>> 24
  }

  #put64(at: number, value: number): void {
    this.#put32(at, value % TWO_32)
    this.#put32(at + 4, Math.floor(value / TWO_32))
  }
}

/** Reads what {@link ByteWriter} wrote. Throws PROTOCOL_MALFORMED when the bytes end early or hold what cannot be. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#byte(this.#take(1))
  }

  u16(): number {
    const at = this.#take(2)
    return this.#byte(at) | (this.#byte(at + 1) << 8)
  }

  u32(): number {
    return this.#get32(this.#take(4))
  }

  u64(): number {
    const at = this.#take(8)
    const high = this.#get32(at + 4)
    if (high > MAX_SAFE_HIGH) throw malformed('a counter above 2^53 - 1')
    return high * TWO_32 + this.#get32(at)
  }

  amount(): bigint {
    const at = this.#take(8)
    const [low, high] = [this.#get32(at), this.#get32(at + 4)]
    return high > MAX_SAFE_HIGH ? (BigInt(high) << 32n) | BigInt(low) : BigInt(high * TWO_32 + low)
  }

  /** A view, not a copy. */
  fixed(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A view, not a copy. */
  bytes(maxLength: number): Uint8Array {
    const length = this.u32()
    if (length > maxLength) throw malformed(`${length} bytes where at most ${maxLength} may stand`)
    return this.fixed(length)
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.leftBytes !== 0) throw malformed(`${this.leftBytes} bytes too many`)
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw malformed('the bytes end too early')
    this.#at = at + length
    return at
  }

  /** Within what was taken. */
  #byte(at: number): number {
    return this.#bytes[at] as number
  }

  #get32(at: number): number {
    return (this.#byte(at) | (this.#byte(at + 1) << 8) | (this.#byte(at + 2) << 16) | (this.#byte(at + 3) << 24)) >>> 0
  }
}

/** Byte order: negative when the first comes first. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}
