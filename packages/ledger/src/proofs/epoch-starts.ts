import { assert } from '@borgios/core'
import {
  type BlockHeader,
  ByteReader,
  ByteWriter,
  type Committee,
  type EpochProof,
  encodeEpochProof,
  readCommittee,
  writeCommittee,
} from '@borgios/protocol'
import type { BlockStore } from '../journal/block-store.ts'
import { committeeOf } from '../modules/members/committee-table.ts'
import type { StateReader } from '../state/state.ts'
import type { BlockReader } from '../sync/block-server.ts'
import { finalityFrom } from './finality-from.ts'

/** How an epoch began. */
export interface EpochStart {
  /** Height of the last block before it. */
  readonly height: number
  /** Who decides in it: the state forgets those of epochs long gone. */
  readonly committee: Committee
}

/** Port: how every epoch but the first began, for ever. */
export interface EpochStarts {
  /** What is there already is left as it is. */
  append(start: EpochStart): void
  /** Undefined for epochs that have not begun, or whose beginning this node did not see. */
  read(epoch: number): Promise<EpochStart | undefined>
}

/** After a block that ends an epoch: who decides in the next. `state`: the one after it. */
export function noteEpochEnd(epochs: Pick<EpochStarts, 'append'>, header: BlockHeader, state: StateReader): void {
  if (header.seal === undefined) return
  const committee = committeeOf(state, header.epoch + 1)
  assert(committee !== undefined, 'every epoch has its committee before it begins')
  epochs.append({ height: header.height, committee })
}

/** Epoch starts in a store of their own, each at the position of its epoch. */
export const storedEpochStarts = (store: Pick<BlockStore, 'append' | 'read'>): EpochStarts => ({
  append(start) {
    const { epoch } = start.committee
    store.append(epoch, epoch, encodeEpochStart(start))
  },
  async read(epoch) {
    const bytes = await store.read(epoch)
    return bytes === undefined ? undefined : decodeEpochStart(bytes)
  },
})

/** Height u64, committee. */
export function encodeEpochStart({ height, committee }: EpochStart): Uint8Array {
  const writer = new ByteWriter().u64(height)
  writeCommittee(writer, committee)
  return writer.finish()
}

/** Views of the bytes. Throws PROTOCOL_MALFORMED. */
export function decodeEpochStart(bytes: Uint8Array): EpochStart {
  const reader = new ByteReader(bytes)
  const start = { height: reader.u64(), committee: readCommittee(reader) }
  reader.end()
  return start
}

export interface EpochHeaderBounds {
  readonly limit: number
  /** No more are added once there are so many bytes. */
  readonly maxBytes: number
}

/**
 * The steps out of the epochs from one on, encoded as `encodeEpochProof` does, as many as are known and fit. The only reader of the headers that end
 * epochs. Throws as {@link BlockReader.read}.
 */
export async function epochHeaders(
  sources: { readonly blocks: BlockReader; readonly epochs: Pick<EpochStarts, 'read'> },
  from: number,
  { limit, maxBytes }: EpochHeaderBounds,
): Promise<readonly Uint8Array[]> {
  const steps: Uint8Array[] = []
  let bytes = 0
  for (let epoch = from; steps.length < limit && bytes < maxBytes; epoch += 1) {
    const proof = await stepOut(sources, epoch)
    if (proof === undefined) break
    const step = encodeEpochProof(proof)
    steps.push(step)
    bytes += step.length
  }
  return steps
}

async function stepOut(
  { blocks, epochs }: { readonly blocks: BlockReader; readonly epochs: Pick<EpochStarts, 'read'> },
  epoch: number,
): Promise<EpochProof | undefined> {
  const start = await epochs.read(epoch + 1)
  if (start === undefined) return undefined
  const finality = await finalityFrom(blocks, start.height)
  return finality === undefined ? undefined : { last: finality.proof, next: start.committee }
}
