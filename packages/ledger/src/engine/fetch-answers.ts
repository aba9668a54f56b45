import { type Clock, limits, type NodeId } from '@borgios/core'
import type { Block, BlockRef } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
import type { Frame } from '../links/frames.ts'
import { blockFrame } from './message-codec.ts'

const bounds = limits.ledgerLinks

/** What one validator was answered lately. */
interface Window {
  readonly sinceMs: number
  /** Hashes it asked for. */
  readonly asked: Set<string>
}

/** Blocks for validators that ask for them: a question is cheap and its answer is not, so each validator gets only so many. */
export class FetchAnswers {
  readonly #clock: Clock
  readonly #windows = new Map<NodeId, Window>()
  /** The oldest first. */
  readonly #frames = new Map<string, Frame>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Another epoch began, maybe with other validators. */
  clear(): void {
    this.#windows.clear()
    this.#frames.clear()
  }

  /** Undefined for who asked for too much, or for this block a moment ago, and for a block that is not found. */
  answer(from: NodeId, { hash }: BlockRef, find: () => Block | undefined): Frame | undefined {
    const key = hashKey(hash)
    if (!this.#isDue(from, key)) return undefined
    const known = this.#frames.get(key)
    if (known !== undefined) return known
    const block = find()
    if (block === undefined) return undefined
    const frame = blockFrame(block)
    this.#frames.set(key, frame)
    for (const oldest of this.#frames.keys()) {
      if (this.#frames.size <= bounds.encodedBlocks) break
      this.#frames.delete(oldest)
    }
    return frame
  }

  #isDue(from: NodeId, key: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#windows.get(from)
    const isOver = before === undefined || nowMs - before.sinceMs >= bounds.answerWindowMs
    const window = isOver ? { sinceMs: nowMs, asked: new Set<string>() } : before
    this.#windows.set(from, window)
    if (window.asked.has(key) || window.asked.size >= bounds.answersPerWindow) return false
    window.asked.add(key)
    return true
  }
}
