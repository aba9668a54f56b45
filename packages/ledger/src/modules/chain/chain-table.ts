import { assert } from '@borgios/core'
import { ByteReader, ByteWriter, HASH_BYTES } from '@borgios/protocol'
import type { StateReader, Table } from '../../state/state.ts'
import { ONLY, type Only, onlyKey } from '../singleton.ts'

/** What the next block stands on. */
export interface Chain {
  /** Of the last block; genesis has 0. */
  readonly height: number
  /** Unix time of the last block. */
  readonly timeMs: number
  /** Epoch of the next block. */
  readonly epoch: number
  /** 32 bytes: randomness of that epoch. */
  readonly beacon: Uint8Array
  /** Height of that epoch's last block. */
  readonly lastHeight: number
  /** Micro-units a fee unit costs in the next block. */
  readonly baseFee: bigint
}

const RECORD_BYTES = 5 * 8 + HASH_BYTES

export const chainTable: Table<Only, Chain> = {
  id: 3,
  name: 'chain',
  isListed: false,
  ...onlyKey,
  encode({ height, timeMs, epoch, beacon, lastHeight, baseFee }) {
    assert(beacon.length === HASH_BYTES, 'a beacon has 32 bytes')
    const writer = new ByteWriter(RECORD_BYTES).u64(height).u64(timeMs).u64(epoch).fixed(beacon)
    return writer.u64(lastHeight).amount(baseFee).finish()
  },
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const chain = {
      height: reader.u64(),
      timeMs: reader.u64(),
      epoch: reader.u64(),
      beacon: reader.fixed(HASH_BYTES),
      lastHeight: reader.u64(),
      baseFee: reader.amount(),
    }
    reader.end()
    return chain
  },
  held: () => 0n,
}

/** Undefined before genesis. */
export const chainOf = (state: StateReader): Chain | undefined => state.get(chainTable, ONLY)
