import { type BorgError, isBorgError, type Logger, limits, messageOf, type NodeId } from '@borgios/core'
import { LEDGER_STATE_PROTOCOL, STATE_BUCKETS } from '@borgios/protocol'
import { badSyncMessage, stateUnfetched, syncTooSlow } from '../errors.ts'
import type { ArrivingState, StateQuest } from './arriving-state.ts'
import { type BlockClientModules, payloadOf, withStream } from './block-client.ts'
import type { PacedStream } from './paced-stream.ts'

const bounds = limits.ledgerSync

export interface ChunkLanesModules extends BlockClientModules {
  readonly logger: Logger
}

/**
 * Fetches the parts of one state from some peers at once. Each takes a stretch of buckets that nobody is at; what one fails to bring, another is
 * asked for. One chunk for each of them is in memory.
 */
export class ChunkLanes {
  readonly #modules: ChunkLanesModules
  readonly #state: ArrivingState
  readonly #height: number
  /** First buckets of stretches that nobody is at. */
  readonly #open: number[]
  /** Chunks so far. */
  #brought = 0
  #diskTrouble: BorgError | undefined

  /** `height`: of the block it is the state after. */
  constructor(modules: ChunkLanesModules, state: ArrivingState, height: number) {
    this.#modules = modules
    this.#state = state
    this.#height = height
    this.#open = Array.from({ length: STATE_BUCKETS / bounds.laneBuckets }, (_, index) => index * bounds.laneBuckets)
  }

  /** Resolves when nothing is missing. Throws LEDGER_STATE_UNFETCHED when nobody brings more; LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  async run({ peer, others, onFault, signal }: StateQuest): Promise<void> {
    let able: readonly NodeId[] = [peer, ...others.filter((node) => node !== peer)]
    for (let brought = -1; this.#state.nextMissing() !== undefined && brought !== this.#brought; ) {
      brought = this.#brought
      able = await this.#round(able, onFault, signal)
    }
    signal.throwIfAborted()
    if (this.#state.nextMissing() !== undefined) throw stateUnfetched()
  }

  /** Each is asked once, some at a time. Returns who did not fail: what others left undone is for them. */
  async #round(
    nodes: readonly NodeId[],
    onFault: (node: NodeId) => void,
    signal: AbortSignal,
  ): Promise<readonly NodeId[]> {
    const [waiting, able] = [[...nodes], new Set<NodeId>()]
    const lane = async (): Promise<void> => {
      for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
        if (this.#nextStretch() === undefined || (await this.#fetchFrom(node, onFault, signal))) able.add(node)
      }
    }
    await Promise.all(Array.from({ length: bounds.stateLanes }, lane))
    if (this.#diskTrouble !== undefined) throw this.#diskTrouble
    return [...able]
  }

  /** Whatever a peer brings, until nothing is left to begin. False when it failed. */
  async #fetchFrom(node: NodeId, onFault: (node: NodeId) => void, signal: AbortSignal): Promise<boolean> {
    const request = { kind: 'chunks', height: this.#height } as const
    try {
      await withStream(this.#modules, node, LEDGER_STATE_PROTOCOL, request, signal, (stream) => this.#drain(stream))
      return true
    } catch (error) {
      if (signal.aborted) return false
      this.#modules.logger.warn('a part of the state could not be fetched from a peer', { node, why: messageOf(error) })
      if (!isBorgError(error)) return false
      if (error.blame === 'peer') onFault(node)
      if (error.blame === 'self') this.#diskTrouble = error
      return false
    }
  }

  async #drain(stream: PacedStream): Promise<void> {
    for (let first = this.#takeStretch(); first !== undefined; first = this.#takeStretch()) {
      try {
        if (!(await this.#fetchStretch(stream, first))) return
      } finally {
        // What is still missing of it is for another.
        if (this.#missingIn(first) !== undefined) this.#open.unshift(first)
      }
    }
  }

  /** False when the other side has no such state, or not any more. */
  async #fetchStretch(stream: PacedStream, first: number): Promise<boolean> {
    let [small, bucket] = [0, this.#missingIn(first)]
    for (; bucket !== undefined; bucket = this.#missingIn(first)) {
      await stream.send({ header: { bucket }, payload: new Uint8Array() })
      const chunk = await payloadOf(stream)
      if (chunk === undefined) return false
      const range = await this.#state.add(chunk)
      if (bucket < range.first || bucket >= range.first + range.count) {
        throw badSyncMessage('another part of the state than it was asked for')
      }
      this.#brought += 1
      if (chunk.length < bounds.smallChunkBytes) small += 1
      if (small > bounds.smallChunks) throw syncTooSlow()
    }
    return true
  }

  #missingIn(first: number): number | undefined {
    const bucket = this.#state.nextMissing(first)
    return bucket !== undefined && bucket < first + bounds.laneBuckets ? bucket : undefined
  }

  #nextStretch(): number | undefined {
    return this.#open.find((first) => this.#missingIn(first) !== undefined)
  }

  #takeStretch(): number | undefined {
    if (this.#diskTrouble !== undefined) return undefined
    const first = this.#nextStretch()
    if (first !== undefined) this.#open.splice(this.#open.indexOf(first), 1)
    return first
  }
}
