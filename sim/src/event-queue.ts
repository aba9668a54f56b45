interface Entry {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)

/** What is still to happen, by time and then by order of planning: a binary heap. */
export class EventQueue {
  readonly #heap: Entry[] = []
  #order = 0

  plan(atMs: number, run: () => void): void {
    const heap = this.#heap
    const entry = { atMs, order: this.#order, run }
    this.#order += 1
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || isBefore(above, entry)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  /** The next entry due by then, taken out. */
  take(untilMs: number): Entry | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.atMs > untilMs) return undefined
    const last = heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first
  }

  #sink(entry: Entry): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const useRight = left !== undefined && right !== undefined && isBefore(right, left)
      const child = useRight ? right : left
      if (child === undefined || isBefore(entry, child)) break
      heap[index] = child
      index = 2 * index + (useRight ? 2 : 1)
    }
    heap[index] = entry
  }
}
