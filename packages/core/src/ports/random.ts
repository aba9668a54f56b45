/** Randomness. Whatever makes keys must be given the system's; simulations give a seeded one. */
export interface Random {
  /** `length` fresh bytes. */
  bytes(length: number): Uint8Array
  /** A uniform integer in [0, bound), 1 <= bound <= 2^32. */
  below(bound: number): number
}
