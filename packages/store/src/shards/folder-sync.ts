import { syncFolder } from '@borgios/core/adapters'

/** Makes what happened in a folder durable, one fsync for all who wait meanwhile. */
export class FolderSync {
  readonly #path: string
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
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
    const run = syncFolder(this.#path).finally(() => {
      if (this.#running === run) this.#running = undefined
    })
    this.#running = run
    return run
  }
}
