/** Most keys of a block: a key more is moved in at a time, so a block is small, but few enough blocks are searched. */
const BLOCK_KEYS = 512

/** A set of keys in order. Keys are strings of bytes, one character each, whose order is that of the bytes. */
export class SortedKeys {
  /** None empty but a lone first one; each block's keys stand before the next one's. */
  readonly #blocks: string[][] = [[]]

  add(key: string): void {
    const place = this.#blockOf(key)
    const block = this.#blocks[place] ?? []
    const at = firstFrom(block, key)
    if (block[at] === key) return
    block.splice(at, 0, key)
    if (block.length > BLOCK_KEYS) this.#blocks.splice(place + 1, 0, block.splice(BLOCK_KEYS / 2))
  }

  delete(key: string): void {
    const place = this.#blockOf(key)
    const block = this.#blocks[place] ?? []
    const at = firstFrom(block, key)
    if (block[at] !== key) return
    block.splice(at, 1)
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(place, 1)
  }

  /** The least key that is not below `from`. */
  first(from: string): string | undefined {
    const place = this.#blockOf(from)
    const block = this.#blocks[place] ?? []
    return block[firstFrom(block, from)] ?? this.#blocks[place + 1]?.[0]
  }

  /** The last block that begins at or below the key, or the first. */
  #blockOf(key: string): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#blocks[middle]?.[0] ?? '') <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Place of the first key that is not below `key`. */
function firstFrom(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
