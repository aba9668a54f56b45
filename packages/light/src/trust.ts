import { BorgError, limits } from '@borgios/core'
import {
  ByteReader,
  ByteWriter,
  type Checkpoint,
  committeeHash,
  HASH_BYTES,
  readCommittee,
  taggedHash,
  writeCommittee,
} from '@borgios/protocol'
import { type Anchor, isSame, type TrustedEpoch } from './chain.ts'
import { conflictingCheckpoint, corruptTrust } from './errors.ts'

/** All that a light client knows. */
export interface Trust {
  readonly network: Uint8Array
  readonly current: TrustedEpoch
  /** For receipts from just before the boundary. */
  readonly previous: TrustedEpoch | undefined
  /** The highest block seen. */
  readonly newest: Anchor
  /** Its finality proof as encoded: evidence, should another one be shown. No bytes where it is the checkpoint. */
  readonly newestProof: Uint8Array
}

const NONE = new Uint8Array()

/** What a checkpoint lets one trust. */
export function trustOf(checkpoint: Checkpoint): Trust {
  const { network, committee, lastHeight, height, blockHash, timeMs } = checkpoint
  const start = { height, hash: blockHash, timeMs }
  return { network, current: { committee, start, lastHeight }, previous: undefined, newest: start, newestProof: NONE }
}

/** Throws LIGHT_CHECKPOINT_CONFLICT for one that cannot be of the same chain as what is known. */
export function assertAgrees({ network, current, previous, newest }: Trust, checkpoint: Checkpoint): void {
  const epochs = previous === undefined ? [current] : [current, previous]
  const isOne = isSame(network, checkpoint.network)
  const areAnchored = [newest, ...epochs.map(({ start }) => start)].every((anchor) => isWithAnchor(anchor, checkpoint))
  if (isOne && areAnchored && epochs.every((epoch) => isWithEpoch(epoch, checkpoint))) return
  throw conflictingCheckpoint('a checkpoint that cannot be of the same chain as what was proved before')
}

function isWithAnchor(anchor: Anchor, { height, blockHash, timeMs }: Checkpoint): boolean {
  const above = Math.sign(height - anchor.height)
  return Math.sign(timeMs - anchor.timeMs) === above && (above !== 0 || isSame(blockHash, anchor.hash))
}

function isWithEpoch({ committee, start, lastHeight }: TrustedEpoch, checkpoint: Checkpoint): boolean {
  const later = Math.sign(checkpoint.committee.epoch - committee.epoch)
  if (later > 0) return checkpoint.height >= lastHeight
  if (later < 0) return checkpoint.lastHeight <= start.height
  return checkpoint.lastHeight === lastHeight && isSame(committeeHash(checkpoint.committee), committeeHash(committee))
}

const writeAnchor = (writer: ByteWriter, { height, hash, timeMs }: Anchor): ByteWriter =>
  writer.u64(height).fixed(hash).u64(timeMs)
const readAnchor = (reader: ByteReader): Anchor => ({
  height: reader.u64(),
  hash: reader.fixed(HASH_BYTES),
  timeMs: reader.u64(),
})

const writeEpoch = (writer: ByteWriter, { committee, start, lastHeight }: TrustedEpoch): void =>
  writeCommittee(writeAnchor(writer, start).u64(lastHeight), committee)
const readEpoch = (reader: ByteReader): TrustedEpoch => {
  const start = readAnchor(reader)
  const lastHeight = reader.u64()
  return { committee: readCommittee(reader), start, lastHeight }
}

const FORMAT = 2
const checksumOf = (bytes: Uint8Array): Uint8Array => taggedHash('light-trust/1', bytes)

/** Bytes to keep: without a checksum, damage to them would look like lies of others. */
export function encodeTrust({ network, current, previous, newest, newestProof }: Trust): Uint8Array {
  const writer = writeAnchor(new ByteWriter().u8(FORMAT).fixed(network), newest).bytes(newestProof)
  writeEpoch(writer, current)
  writer.u8(previous === undefined ? 0 : 1)
  if (previous !== undefined) writeEpoch(writer, previous)
  const bytes = writer.finish()
  return new ByteWriter(bytes.length + HASH_BYTES).fixed(bytes).fixed(checksumOf(bytes)).finish()
}

/** Throws LIGHT_STATE_CORRUPT. */
export function decodeTrust(kept: Uint8Array): Trust {
  // A copy, since the parts are views and live as long as the client.
  const bytes = kept.slice(0, -HASH_BYTES)
  if (!isSame(checksumOf(bytes), kept.subarray(-HASH_BYTES))) throw damaged()
  try {
    return readTrust(new ByteReader(bytes))
  } catch (error) {
    throw error instanceof BorgError ? damaged(error) : error
  }
}

const damaged = (cause?: unknown) =>
  corruptTrust('what this client kept of the ledger is damaged: begin again from a checkpoint', cause)

function readTrust(reader: ByteReader): Trust {
  if (reader.u8() !== FORMAT) throw damaged()
  const network = reader.fixed(HASH_BYTES)
  const newest = readAnchor(reader)
  const newestProof = reader.bytes(limits.ledgerLight.maxKeptBytes)
  const current = readEpoch(reader)
  const previous = reader.u8() === 0 ? undefined : readEpoch(reader)
  reader.end()
  return { network, current, previous, newest, newestProof }
}
