/** A binary heap: of all items, one that comes before the others leaves first. */
export class Heap<Item> {
  readonly #items: Item[]
  readonly #comesBefore: (left: Item, right: Item) => boolean

  /** Takes over the array `items`. */
  constructor(comesBefore: (left: Item, right: Item) => boolean, items: Item[] = []) {
    this.#items = items
    this.#comesBefore = comesBefore
    for (let at = (items.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at)
  }

  get size(): number {
    return this.#items.length
  }

  push(item: Item): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = items[parent] as Item
      if (!this.#comesBefore(item, above)) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  pop(): Item | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (this.#items.length === 0 || last === undefined) return first
    this.#items[0] = last
    this.#sink(0)
    return first
  }

  #sink(from: number): void {
    const items = this.#items
    const item = items[from] as Item
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#comesBefore(items[child + 1] as Item, items[child] as Item)) child += 1
      const below = items[child] as Item
      if (!this.#comesBefore(below, item)) break
      items[at] = below
      at = child
    }
    items[at] = item
  }
}
