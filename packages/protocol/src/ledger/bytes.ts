import { AssertionError } from '@borgios/core'
import { malformed } from '../errors.ts'

const FIRST_CAPACITY_BYTES = 256
const MAX_U32 = 2 ** 32 - 1
const MAX_U64 = 2n ** 64n - 1n

/** Numbers are checked without making the sentence first: transactions are written by the thousand. */
const outOfRange = (value: number | bigint, what: string): AssertionError =>
  new AssertionError(`${value} is no ${what}`)
const isWhole = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max

/** Writes fixed layouts, little endian. Numbers out of range are bugs of the caller: assertions. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  /** The buffer grows as needed. */
  constructor(capacityBytes = FIRST_CAPACITY_BYTES) {
    this.#bytes = new Uint8Array(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  u8(value: number): this {
    if (!isWhole(value, 0xff)) throw outOfRange(value, 'byte')
    const at = this.#claim(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    if (!isWhole(value, 0xffff)) throw outOfRange(value, '16-bit number')
    const at = this.#claim(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(value: number): this {
    if (!isWhole(value, MAX_U32)) throw outOfRange(value, '32-bit number')
    const at = this.#claim(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  /** A counter: eight bytes, of which JavaScript's numbers reach 2^53 - 1. */
  u64(value: number): this {
    if (!isWhole(value, Number.MAX_SAFE_INTEGER)) throw outOfRange(value, 'counter')
    const at = this.#claim(8)
    this.#view.setUint32(at, value % (MAX_U32 + 1), true)
    this.#view.setUint32(at + 4, Math.floor(value / (MAX_U32 + 1)), true)
    return this
  }

  /** Micro-units: eight bytes. */
  amount(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw outOfRange(value, 'amount')
    const at = this.#claim(8)
    this.#view.setBigUint64(at, value, true)
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

  /** Room for so many bytes. What it grows is another buffer: take `#bytes` and `#view` only after it. */
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
    this.#view = new DataView(grown.buffer)
  }
}

/** Reads what {@link ByteWriter} wrote. Throws PROTOCOL_MALFORMED when the bytes end early or hold what cannot be. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): number {
    const at = this.#take(8)
    const value = this.#view.getUint32(at + 4, true) * (MAX_U32 + 1) + this.#view.getUint32(at, true)
    if (!Number.isSafeInteger(value)) throw malformed('a counter above 2^53 - 1')
    return value
  }

  amount(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
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
