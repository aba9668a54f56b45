/** A system call to try: its number and up to six arguments; texts become pointers to zero-terminated bytes. */
export interface TriedCall {
  readonly name: string
  readonly number: number
  readonly args?: readonly (number | string)[]
}

const BASE = 0x400000
const CODE_OFFSET = 120
const ENTRY_BYTES = 56

/** x86-64: for each entry of a table put number and arguments in registers, call, and write the result over the number. */
const callLoop = (table: number, count: number): readonly number[] => [
  ...[0xbb, ...word(table)],
  ...[0x41, 0xbc, ...word(count)],
  ...[0x48, 0x8b, 0x03, 0x48, 0x8b, 0x7b, 0x08, 0x48, 0x8b, 0x73, 0x10, 0x48, 0x8b, 0x53, 0x18],
  ...[0x4c, 0x8b, 0x53, 0x20, 0x4c, 0x8b, 0x43, 0x28, 0x4c, 0x8b, 0x4b, 0x30],
  ...[0x0f, 0x05, 0x48, 0x89, 0x03, 0x48, 0x83, 0xc3, 0x38, 0x41, 0xff, 0xcc, 0x75, 0xd7],
  // write(1, table, its length); exit_group(0)
  ...[0xb8, ...word(1), 0xbf, ...word(1), 0xbe, ...word(table), 0xba, ...word(count * ENTRY_BYTES), 0x0f, 0x05],
  ...[0xb8, ...word(231), 0x31, 0xff, 0x0f, 0x05],
]

const word = (value: number): readonly number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** int 0x80 with getpid's i386 number, then exit_group(0): does the kernel answer calls of another architecture? */
export const I386_PROBE: readonly number[] = [
  ...[0xb8, ...word(20), 0xcd, 0x80],
  ...[0xb8, ...word(231), 0x31, 0xff, 0x0f, 0x05],
]

/** A static x86-64 program that tries system calls and writes what each returned, eight bytes in every 56, to stdout. */
export function callProbe(calls: readonly TriedCall[]): Uint8Array {
  const codeBytes = callLoop(0, 0).length
  const tableOffset = CODE_OFFSET + Math.ceil(codeBytes / 8) * 8
  const textsOffset = tableOffset + calls.length * ENTRY_BYTES
  const table = Buffer.alloc(calls.length * ENTRY_BYTES)
  let texts = Buffer.alloc(0)
  const pointerTo = (text: string): number => {
    const address = BASE + textsOffset + texts.length
    texts = Buffer.concat([texts, Buffer.from(`${text}\0`)])
    return address
  }
  for (const [index, call] of calls.entries()) {
    const values = [call.number, ...(call.args ?? []).map((arg) => (typeof arg === 'string' ? pointerTo(arg) : arg))]
    for (const [position, value] of values.entries()) {
      table.writeBigInt64LE(BigInt(value), index * ENTRY_BYTES + position * 8)
    }
  }
  const code = Buffer.alloc(tableOffset - CODE_OFFSET)
  code.set(callLoop(BASE + tableOffset, calls.length))
  return elf(Buffer.concat([code, table, texts]))
}

/** A static x86-64 executable of this code, in one segment that may be read, written and executed. */
export function elf(content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(CODE_OFFSET)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(BASE + CODE_OFFSET), 24)
  header.writeBigUInt64LE(64n, 32)
  header.writeUInt16LE(64, 52)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(1, 56)
  header.writeUInt32LE(1, 64)
  header.writeUInt32LE(7, 68)
  header.writeBigUInt64LE(BigInt(BASE), 80)
  header.writeBigUInt64LE(BigInt(BASE), 88)
  header.writeBigUInt64LE(BigInt(CODE_OFFSET + content.length), 96)
  header.writeBigUInt64LE(BigInt(CODE_OFFSET + content.length), 104)
  header.writeBigUInt64LE(4096n, 112)
  return Buffer.concat([header, content])
}

/** What each call returned: a result, or a negated errno. */
export function probeResults(calls: readonly TriedCall[], stdout: Buffer): Readonly<Record<string, number>> {
  return Object.fromEntries(
    calls.map((call, index) => [call.name, Number(stdout.readBigInt64LE(index * ENTRY_BYTES))] as const),
  )
}
