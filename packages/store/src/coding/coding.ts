/** `data` shards of a stripe rebuild it; `parity` more may be lost. */
export interface Coding {
  readonly data: number
  readonly parity: number
}
