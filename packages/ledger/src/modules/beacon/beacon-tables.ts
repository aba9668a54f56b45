import { assert, limits } from '@borgios/core'
import { ByteReader, ByteWriter, HASH_BYTES, malformed } from '@borgios/protocol'
import { dealingBytes } from '../../beacon/dealing.ts'
import type { Table } from '../../state/state.ts'

const { maxValidators } = limits.ledgerCodec

/** A member's place in the committee: most significant byte first, so that lists come in its order. */
const memberKey = {
  encodeKey: (member: number): Uint8Array => Uint8Array.of(member >> 8, member & 0xff),
  decodeKey(bytes: Uint8Array): number {
    const [high, low] = bytes
    if (bytes.length !== 2 || high === undefined || low === undefined) throw malformed('a place in a committee')
    return (high << 8) | low
  },
}

/** What a member dealt in this epoch, by the dealer's place. Not checked yet: see {@link Verdict}. */
export const dealingTable: Table<number, Uint8Array> = {
  id: 80,
  name: 'beacon dealings',
  isListed: true,
  ...memberKey,
  encode: (dealing) => dealing,
  decode(bytes) {
    if (bytes.length > dealingBytes(maxValidators)) throw malformed('a dealing to more members than there can be')
    return bytes
  },
  held: () => 0n,
}

/** One share of a member's opening. */
export interface OpenedShare {
  readonly dealer: number
  /** 32 bytes. */
  readonly value: Uint8Array
}

const OPENED_BYTES = 2 + HASH_BYTES

/** Puts shares into a longer encoding: their number u16, and of each the dealer u16, strictly rising, and 32 bytes. */
export function writeShares(writer: ByteWriter, shares: readonly OpenedShare[]): void {
  writer.u16(shares.length)
  let previous = -1
  for (const { dealer, value } of shares) {
    assert(dealer > previous && value.length === HASH_BYTES, 'shares stand in the order of their dealers')
    writer.u16(dealer).fixed(value)
    previous = dealer
  }
}

/** Throws PROTOCOL_MALFORMED. */
export function readShares(reader: ByteReader): OpenedShare[] {
  const count = reader.u16()
  if (count > maxValidators) throw malformed('more shares than there can be members')
  const shares: OpenedShare[] = []
  for (let previous = -1; shares.length < count; ) {
    const dealer = reader.u16()
    if (dealer <= previous) throw malformed('shares that do not stand in the order of their dealers')
    shares.push({ dealer, value: reader.fixed(HASH_BYTES) })
    previous = dealer
  }
  return shares
}

/** The shares that a member opened, by its place. Each fits its dealing. */
export const openingTable: Table<number, readonly OpenedShare[]> = {
  id: 81,
  name: 'beacon openings',
  isListed: true,
  ...memberKey,
  encode(shares) {
    const writer = new ByteWriter(2 + shares.length * OPENED_BYTES)
    writeShares(writer, shares)
    return writer.finish()
  },
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const shares = readShares(reader)
    reader.end()
    return shares
  },
  held: () => 0n,
}

/** What a dealing came to. `faulty` is proof that its dealer cheated; `short` may be the openers' fault. */
export type Verdict =
  | { readonly kind: 'recovered'; readonly seed: Uint8Array }
  | { readonly kind: 'faulty' }
  | { readonly kind: 'short' }

const VERDICTS = ['recovered', 'faulty', 'short'] as const

/** By the dealer's place. A cache: whoever finds no verdict makes it, and it is the same. */
export const verdictTable: Table<number, Verdict> = {
  id: 82,
  name: 'beacon verdicts',
  isListed: true,
  ...memberKey,
  encode(verdict) {
    const writer = new ByteWriter(1 + HASH_BYTES).u8(VERDICTS.indexOf(verdict.kind))
    return verdict.kind === 'recovered' ? writer.fixed(verdict.seed).finish() : writer.finish()
  },
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const kind = VERDICTS[reader.u8()]
    if (kind === undefined) throw malformed('an unknown verdict')
    const verdict: Verdict = kind === 'recovered' ? { kind, seed: reader.fixed(HASH_BYTES) } : { kind }
    reader.end()
    return verdict
  },
  held: () => 0n,
}

/** The public randomness of an epoch and how it came about. */
export interface BeaconRecord {
  /** 32 bytes. */
  readonly beacon: Uint8Array
  /** Too few members dealt or opened to be sure that nobody could foresee or steer it. */
  readonly isWeak: boolean
  /** How many members dealt and how many of their seeds went in. */
  readonly dealt: number
  readonly recovered: number
  /** Keys of the dealers that are proven to have cheated, 32 bytes each. */
  readonly faulty: readonly Uint8Array[]
}

/** By the epoch that the beacon is for. */
export const beaconTable: Table<number, BeaconRecord> = {
  id: 83,
  name: 'beacons',
  isListed: true,
  encodeKey(epoch) {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(epoch))
    return bytes
  },
  decodeKey(bytes) {
    if (bytes.length !== 8) throw malformed('an epoch has 8 bytes')
    const epoch = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
    if (!Number.isSafeInteger(epoch)) throw malformed('a counter above 2^53 - 1')
    return epoch
  },
  encode({ beacon, isWeak, dealt, recovered, faulty }) {
    const writer = new ByteWriter()
      .fixed(beacon)
      .u8(isWeak ? 1 : 0)
      .u16(dealt)
      .u16(recovered)
      .u16(faulty.length)
    for (const key of faulty) writer.fixed(key)
    return writer.finish()
  },
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const beacon = reader.fixed(HASH_BYTES)
    const weak = reader.u8()
    if (weak > 1) throw malformed('a beacon is weak or not')
    const dealt = reader.u16()
    const recovered = reader.u16()
    const count = reader.u16()
    if (count > maxValidators) throw malformed('more cheats than there can be members')
    const faulty = Array.from({ length: count }, () => reader.fixed(HASH_BYTES))
    reader.end()
    return { beacon, isWeak: weak === 1, dealt, recovered, faulty }
  },
  held: () => 0n,
}
