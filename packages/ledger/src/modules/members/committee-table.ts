import { assert } from '@borgios/core'
import { ByteReader, ByteWriter, type Committee, decodeCommittee, encodeCommittee } from '@borgios/protocol'
import type { StateReader, Table } from '../../state/state.ts'
import { memberOf } from './member.ts'

const KEY_BYTES = 8

/** Who decides in an epoch: those of this epoch, of the one before and, from its last block on, of the next. Keyed by the epoch. */
export const committeeTable: Table<number, Committee> = {
  id: 7,
  name: 'committees',
  isListed: false,
  encodeKey: (epoch) => new ByteWriter(KEY_BYTES).u64(epoch).finish(),
  decodeKey(bytes) {
    const reader = new ByteReader(bytes)
    const epoch = reader.u64()
    reader.end()
    return epoch
  },
  encode: encodeCommittee,
  decode: decodeCommittee,
  held: () => 0n,
}

/** Undefined for epochs long gone, or not decided on yet. */
export const committeeOf = (state: StateReader, epoch: number): Committee | undefined =>
  state.get(committeeTable, epoch)

/** The account that gets the tips of a validator's blocks: the member's, or that of its key itself if it is no member any more. */
export function leaderAccount(state: StateReader, epoch: number, leader: number): Uint8Array {
  const key = committeeOf(state, epoch)?.validators[leader]?.key
  assert(key !== undefined, 'the leader has its place in the committee')
  return memberOf(state, key)?.account ?? key
}
