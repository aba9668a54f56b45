import { ByteReader, ByteWriter, HASH_BYTES } from '@borgios/protocol'
import { stateCorrupt } from './errors.ts'
import type { StatePoint } from './state.ts'

/** What a state says of itself: after which block it is, and its root. */
export interface SavedPoint {
  readonly point: StatePoint
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** Name of its record on disk. */
export const POINT = 'point'

/** Height u64, epoch u64, hash of the block, root of the state. */
export const encodePoint = ({ point, root }: SavedPoint): Uint8Array =>
  new ByteWriter().u64(point.height).u64(point.epoch).fixed(point.block).fixed(root).finish()

/** Throws LEDGER_STATE_CORRUPT. */
export function decodePoint(folder: string, bytes: Uint8Array): SavedPoint {
  try {
    const reader = new ByteReader(bytes)
    const [height, epoch] = [reader.u64(), reader.u64()]
    const [block, root] = [reader.fixed(HASH_BYTES), reader.fixed(HASH_BYTES)]
    reader.end()
    return { point: { height, epoch, block }, root }
  } catch (error) {
    throw stateCorrupt(folder, 'what it says of its block makes no sense', error)
  }
}
