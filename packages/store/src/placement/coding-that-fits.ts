import type { Coding } from '../file-store.ts'

/**
 * The wished coding, or, where fewer operators (one at least) offer to store than it needs, the widest one they can hold: no two
 * shards of a stripe go to one operator. As much parity as wished, but fewer than half of the shards; a single operator holds a file
 * without any.
 */
export function codingThatFits(operators: number, wished: Coding): Coding {
  if (operators >= wished.data + wished.parity) return wished
  if (operators <= 1) return { data: 1, parity: 0 }
  const parity = Math.max(1, Math.min(wished.parity, Math.floor((operators - 1) / 2)))
  return { data: operators - parity, parity }
}
