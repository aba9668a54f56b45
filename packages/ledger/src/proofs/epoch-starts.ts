import { assert } from '@borgios/core'
import {
  type BlockHeader,
  ByteReader,
  ByteWriter,
  type Committee,
  encodeEpochProof,
  readCommittee,
  writeCommittee,
} from '@borgios/protocol'
import type { BlockStore } from '../journal/block-store.ts'
import { committeeOf } from '../modules/members/committee-table.ts'
import type { StateReader } from '../state/state.ts'
import type { EpochProofs } from './epoch-headers.ts'
import { finalityFrom } from './finality-from.ts'

/** How an epoch began. */
export interface EpochStart {
  /** Height of the last block before it. */
  readonly height: number
  /** Who decides in it: the state forgets those of epochs long gone. */
  readonly committee: Committee
}

/** Keeps how epochs began, for good, and says how those before them ended. */
export interface EpochStarts extends EpochProofs {
  /** What is there already is left as it is. */
  append(start: EpochStart): void
}

type Store = Pick<BlockStore, 'append' | 'read'>

/** Over a store of their own, each at the position of its epoch, and the final blocks. */
export const storedEpochStarts = (starts: Store, blocks: Pick<BlockStore, 'read'>): EpochStarts => ({
  append(start) {
    const { epoch } = start.committee
    starts.append(epoch, epoch, encodeEpochStart(start))
  },
  async read(epoch) {
    const bytes = await starts.read(epoch + 1)
    if (bytes === undefined) return undefined
    const { height, committee } = decodeEpochStart(bytes)
    const finality = await finalityFrom(blocks, height)
    return finality && encodeEpochProof({ last: finality.proof, next: committee })
  },
})

/** After a block that ends an epoch: who decides in the next. `state`: the one after it. */
export function noteEpochEnd(epochs: Pick<EpochStarts, 'append'>, header: BlockHeader, state: StateReader): void {
  if (header.seal === undefined) return
  const committee = committeeOf(state, header.epoch + 1)
  assert(committee !== undefined, 'every epoch has its committee before it begins')
  epochs.append({ height: header.height, committee })
}

/** Height u64, committee. */
function encodeEpochStart({ height, committee }: EpochStart): Uint8Array {
  const writer = new ByteWriter().u64(height)
  writeCommittee(writer, committee)
  return writer.finish()
}

/** Views of the bytes. Throws PROTOCOL_MALFORMED. */
function decodeEpochStart(bytes: Uint8Array): EpochStart {
  const reader = new ByteReader(bytes)
  const start = { height: reader.u64(), committee: readCommittee(reader) }
  reader.end()
  return start
}
