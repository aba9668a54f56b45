/** Time of day and elapsed time. The only way any room learns either. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump. */
  nowMs(): number
  /** Milliseconds since some fixed moment, with fractions. Never goes back. */
  monotonicMs(): number
}
