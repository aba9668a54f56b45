import { assert } from '@borgios/core'
import { malformed } from '../errors.ts'

const FIRST_CAPACITY_BYTES = 256
const MAX_U32 = 2 ** 32 - 1
const MAX_U64 = 2n ** 64n - 1n

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
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, `${value} is no byte`)
    this.#view.setUint8(this.#claim(1), value)
    return this
  }

  u16(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff, `${value} is no 16-bit number`)
    this.#view.setUint16(this.#claim(2), value, true)
    return this
  }

  u32(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= MAX_U32, `${value} is no 32-bit number`)
    this.#view.setUint32(this.#claim(4), value, true)
    return this
  }

  /** A counter: eight bytes, of which JavaScript's numbers reach 2^53 - 1. */
  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is no counter`)
    const at = this.#claim(8)
    this.#view.setUint32(at, value % (MAX_U32 + 1), true)
    this.#view.setUint32(at + 4, Math.floor(value / (MAX_U32 + 1)), true)
    return this
  }

  /** Micro-units: eight bytes. */
  amount(value: bigint): this {
    assert(value >= 0n && value <= MAX_U64, `${value} is no amount`)
    this.#view.setBigUint64(this.#claim(8), value, true)
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

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

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
