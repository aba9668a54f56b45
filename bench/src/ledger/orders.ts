/** What the bench tells a validator to do. */
export type Order =
  | { readonly kind: 'prepare'; readonly transactions: number }
  /** Until told to pause: keep so many under way, or send so many a second. */
  | { readonly kind: 'load'; readonly window?: number; readonly perSecond: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'measure' }
  | { readonly kind: 'stop' }

/** What a validator answers. */
export type Reply = { readonly kind: 'up'; readonly address: string } | { readonly kind: 'prepared' } | Measured

/** Counted since the start, but for the times, which are those since the last measurement. */
export interface Measured {
  readonly kind: 'measured'
  readonly finalTransactions: number
  readonly finalBlocks: number
  readonly height: number
  readonly cpuSeconds: number
  /** From sent to final of each own transfer. */
  readonly tookMs: readonly number[]
  readonly refused: number
  readonly members: number
  readonly haltedWhy: string
}
