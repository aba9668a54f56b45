import { createHash } from 'node:crypto'
import type { Table } from '../src/index.ts'

export type TextTable = Table<number, string>

/** Two bytes as key, a text of any length as value, whose length is what it holds. */
const textTable = (id: number, isListed: boolean): TextTable => ({
  id,
  name: `texts-${id}`,
  isListed,
  encodeKey: (key) => new Uint8Array([key >> 8, key & 0xff]),
  decodeKey: (bytes) => ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0),
  encode: (value) => new TextEncoder().encode(value),
  decode: (bytes) => new TextDecoder().decode(bytes),
  held: (value) => BigInt(value.length),
})

export const plainTexts = textTable(1, false)
export const listedTexts = textTable(200, true)
export const testTables = [plainTexts, listedTexts]

export interface Account {
  readonly balance: bigint
  readonly nonce: number
}

/** As accounts will be: a hash as key, 16 bytes as value. */
export const accounts: Table<Uint8Array, Account> = {
  id: 7,
  name: 'accounts',
  isListed: false,
  encodeKey: (key) => key,
  decodeKey: (bytes) => bytes,
  encode: ({ balance, nonce }) => {
    const bytes = Buffer.alloc(16)
    bytes.writeBigUInt64LE(balance)
    bytes.writeBigUInt64LE(BigInt(nonce), 8)
    return bytes
  },
  decode: (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return { balance: view.getBigUint64(0, true), nonce: Number(view.getBigUint64(8, true)) }
  },
  held: ({ balance }) => balance,
}

export const accountKey = (number: number): Uint8Array => createHash('sha256').update(`account ${number}`).digest()
