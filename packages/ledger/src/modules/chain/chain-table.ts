import { ByteReader, ByteWriter } from '@borgios/protocol'
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
  /** Height of that epoch's last block. */
  readonly lastHeight: number
  /** Micro-units a fee unit costs in the next block. */
  readonly baseFee: bigint
}

const RECORD_BYTES = 5 * 8

export const chainTable: Table<Only, Chain> = {
  id: 3,
  name: 'chain',
  isListed: false,
  ...onlyKey,
  encode: ({ height, timeMs, epoch, lastHeight, baseFee }) =>
    new ByteWriter(RECORD_BYTES).u64(height).u64(timeMs).u64(epoch).u64(lastHeight).amount(baseFee).finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const chain = {
      height: reader.u64(),
      timeMs: reader.u64(),
      epoch: reader.u64(),
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
