import { limits } from '@borgios/core'
import { GrowingBuffer } from './growing-buffer.ts'

/** Pieces of a stream that wait for its reader. Small ones are put together, so that a million single bytes take a million bytes. */
export class HeldPieces {
  #pieces: (Uint8Array | GrowingBuffer)[] = []

  get isEmpty(): boolean {
    return this.#pieces.length === 0
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    if (piece.length >= limits.peertree.minHeldPieceBytes) {
      this.#pieces.push(piece)
      return
    }
    const last = this.#pieces.at(-1)
    const joined = last instanceof GrowingBuffer ? last : new GrowingBuffer()
    joined.append(piece)
    if (last !== joined) this.#pieces.push(joined)
  }

  shift(): Uint8Array | undefined {
    const first = this.#pieces.shift()
    return first instanceof GrowingBuffer ? first.bytes : first
  }

  clear(): void {
    this.#pieces = []
  }
}
