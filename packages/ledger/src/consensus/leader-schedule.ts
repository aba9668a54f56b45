import { ByteReader, ByteWriter, taggedHash } from '@borgios/protocol'

/** A draw below 2^48 from 32 bytes: its remainder by a committee's size is uneven by less than 2^-40. */
function draw(beacon: Uint8Array, epoch: number, index: number): number {
  const reader = new ByteReader(taggedHash('leaders/1', beacon, new ByteWriter(12).u64(epoch).u32(index).finish()))
  return reader.u32() * 2 ** 16 + reader.u16()
}

/**
 * The order in which the validators of an epoch lead, slot after slot, round after round: a shuffle by the beacon (Fisher and Yates). In
 * every round each leads once, so that a dead one costs every round the same and a fair share of leaders is honest in any stretch.
 */
export function leaderSchedule(beacon: Uint8Array, epoch: number, validators: number): readonly number[] {
  const order = Array.from({ length: validators }, (_, position) => position)
  for (let last = validators - 1; last > 0; last -= 1) {
    const other = draw(beacon, epoch, last) % (last + 1)
    const [left, right] = [order[last], order[other]]
    if (left === undefined || right === undefined) continue
    order[last] = right
    order[other] = left
  }
  return order
}
