/** Makes what happened in a folder durable, one fsync for all who wait meanwhile. */
export class FolderSync {
  readonly #fsync: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(fsync: () => Promise<void>) {
    this.#fsync = fsync
  }

  /** Resolves after an fsync that began after this call. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start()
    // One that is running may have begun before our rename: join the one after it.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.#start()
      })
    return this.#next
  }

  #start(): Promise<void> {
    const run = this.#fsync().finally(() => {
      if (this.#running === run) this.#running = undefined
    })
    this.#running = run
    return run
  }
}
