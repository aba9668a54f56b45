import { BorgError } from '@borgios/core'
import type { JobFile, JobFiles } from '../../src/index.ts'

const PIECE_BYTES = 65_536

/** Files in memory; a capability is a number. */
export class MemoryFiles implements JobFiles {
  readonly #files = new Map<string, Uint8Array>()
  /** Set to make every put or get fail in this way. */
  failure: Error | undefined

  add(bytes: Uint8Array | string): string {
    const capability = `cap-${this.#files.size}`
    this.#files.set(capability, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    return capability
  }

  read(capability: string): Uint8Array {
    const bytes = this.#files.get(capability)
    if (bytes === undefined) {
      throw new BorgError(`no file ${capability}`, { code: 'STORE_NOT_FOUND', kind: 'notFound', blame: 'caller' })
    }
    return bytes
  }

  async get(capability: string): Promise<JobFile> {
    if (this.failure !== undefined) throw this.failure
    const bytes = this.read(capability)
    async function* content(): AsyncGenerator<Uint8Array> {
      for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES)
        yield bytes.subarray(offset, offset + PIECE_BYTES)
    }
    return { bytes: bytes.length, content: content() }
  }

  async put(_name: string, _bytes: number, content: AsyncIterable<Uint8Array>): Promise<string> {
    if (this.failure !== undefined) throw this.failure
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(Uint8Array.from(chunk))
    return this.add(Buffer.concat(chunks))
  }
}
