import type { ShardId } from '@borgios/core'
import type { ProvenShard } from '../coding/merkle-path.ts'
import type { GivenShard, OpenedStripe, RebuiltStripe, SealedStripe, StripePlace } from '../coding/stripe-codec.ts'

/** What a worker is started with. */
export interface CodecWorkerData {
  readonly memory: WebAssembly.Memory
  readonly module: WebAssembly.Module
  readonly index: number
}

/** A job for a worker; the bytes stand in shared memory. */
export type CodecJob =
  | {
      readonly kind: 'seal'
      readonly place: StripePlace
      readonly plainAddress: number
      readonly key: Uint8Array
      readonly stripe: number
    }
  | {
      readonly kind: 'open'
      readonly place: StripePlace
      readonly given: readonly GivenShard[]
      readonly key: Uint8Array
      readonly stripe: number
      readonly tags: Uint8Array
    }
  | {
      readonly kind: 'rebuild'
      readonly place: StripePlace
      readonly given: readonly GivenShard[]
      readonly wanted: readonly number[]
    }
  | { readonly kind: 'name'; readonly address: number; readonly bytes: number }
  | { readonly kind: 'prove'; readonly address: number; readonly bytes: number; readonly leaves: readonly number[] }

export interface CodecResults {
  readonly seal: SealedStripe
  readonly open: OpenedStripe
  readonly rebuild: RebuiltStripe
  readonly name: ShardId
  readonly prove: ProvenShard
}

export interface CodecRequest {
  readonly id: number
  readonly job: CodecJob
}

export interface CodecReply {
  readonly id: number
  readonly result: CodecResults[keyof CodecResults]
}
