import { assert, limits } from '@borgios/core'
import type { ByteStream, ByteStreamListener } from '../engine/engine.ts'
import { closed } from '../errors.ts'

/** One end of a stream inside one process, with the flow control of the real one. */
export class MemoryStream implements ByteStream {
  readonly #inbox: Uint8Array[] = []
  #peer: MemoryStream | undefined
  #listener: ByteStreamListener | undefined
  #inboxBytes = 0
  #paused = false
  #scheduled = false
  #needsDrain = false
  #ended = false
  #peerEnded = false
  #endTold = false
  #over = false
  #closeTold = false

  static pair(): readonly [MemoryStream, MemoryStream] {
    const near = new MemoryStream()
    const far = new MemoryStream()
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  listen(listener: ByteStreamListener): void {
    assert(this.#listener === undefined, 'a stream has one listener')
    this.#listener = listener
    this.#schedule()
  }

  write(bytes: Uint8Array): boolean {
    const peer = this.#peer
    if (this.#ended || this.#over || peer === undefined) throw closed('the stream is closed')
    if (bytes.length > 0) {
      peer.#inbox.push(bytes)
      peer.#inboxBytes += bytes.length
      peer.#schedule()
    }
    this.#needsDrain = peer.#inboxBytes >= limits.peertree.streamWindowBytes
    return !this.#needsDrain
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  end(): Promise<void> {
    const peer = this.#peer
    this.#ended = true
    if (peer !== undefined) {
      peer.#peerEnded = true
      peer.#schedule()
    }
    this.#schedule()
    return Promise.resolve()
  }

  abort(_reason: Error): void {
    const peer = this.#peer
    this.#finish()
    if (peer !== undefined) peer.#finish()
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#paused = false
    this.#inbox.length = 0
    this.#inboxBytes = 0
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#listener === undefined) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const listener = this.#listener
    const peer = this.#peer
    if (listener === undefined || peer === undefined) return
    while (!this.#paused) {
      const chunk = this.#inbox.shift()
      if (chunk === undefined) break
      this.#inboxBytes -= chunk.length
      listener.onData(chunk)
    }
    if (peer.#needsDrain && this.#inboxBytes < limits.peertree.streamWindowBytes && !peer.#over) {
      peer.#needsDrain = false
      setImmediate(() => peer.#listener?.onDrain())
    }
    if (this.#paused) return
    if (this.#peerEnded && !this.#endTold && !this.#over) {
      this.#endTold = true
      listener.onEnd()
    }
    if (this.#ended && this.#peerEnded) this.#over = true
    if (this.#over && !this.#closeTold) {
      this.#closeTold = true
      listener.onClose()
    }
  }
}
