import { limits } from '@borgios/core'
import { ByteReader, ByteWriter, malformed } from '@borgios/protocol'

/** What validators tell each other, each in the encoding of its own. */
export const FRAME_KINDS = ['vote', 'certificate', 'candidate', 'fetch', 'status'] as const
export type FrameKind = (typeof FRAME_KINDS)[number]

export interface Frame {
  readonly kind: FrameKind
  readonly body: Uint8Array
}

/** Kind and length of a frame. */
export const FRAME_HEAD_BYTES = 5

export const frameBytes = (frame: Frame): number => FRAME_HEAD_BYTES + frame.body.length

/** Frames one after another: each its kind, its length and its body. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array {
  const writer = new ByteWriter(frames.reduce((sum, frame) => sum + frameBytes(frame), 0))
  for (const { kind, body } of frames) writer.u8(FRAME_KINDS.indexOf(kind)).bytes(body)
  return writer.finish()
}

/** Throws PROTOCOL_MALFORMED. The bodies are views. */
export function decodeFrames(bytes: Uint8Array): readonly Frame[] {
  const reader = new ByteReader(bytes)
  const frames: Frame[] = []
  while (reader.leftBytes > 0) {
    const kind = FRAME_KINDS[reader.u8()]
    if (kind === undefined) throw malformed('a frame of no known kind')
    frames.push({ kind, body: reader.bytes(limits.ledgerLinks.maxFrameBytes) })
    if (frames.length > limits.ledgerLinks.maxFramesPerMessage) throw malformed('too many frames in one message')
  }
  return frames
}

/** What a frame may cost, in signatures: a certificate has one of nearly every validator, a block is hashed, an answer may be long. */
const COSTS: Record<FrameKind, number> = { vote: 1, certificate: 48, candidate: 48, fetch: 8, status: 8 }

/** Frames in order, in parts that are each dealt with in one turn of the event loop. */
export function* turnsOf(frames: readonly Frame[]): Iterable<readonly Frame[]> {
  let turn: Frame[] = []
  let cost = 0
  for (const frame of frames) {
    cost += COSTS[frame.kind]
    if (turn.length > 0 && cost > limits.ledgerLinks.costPerTurn) {
      yield turn
      turn = []
      cost = COSTS[frame.kind]
    }
    turn.push(frame)
  }
  if (turn.length > 0) yield turn
}
