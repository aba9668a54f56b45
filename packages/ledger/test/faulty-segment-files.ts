import type { SeededRandom } from '@borgios/core/testing'
import type { SegmentFile, SegmentFiles } from '@borgios/ledger'

const PAGE_BYTES = 64

interface Content {
  bytes: Buffer
  /** What is behind was never synced. */
  durableBytes: number
}

/** A folder in memory whose disk can fill up, fail, lose power and be damaged. Creation and cutting are durable at once. */
export class FaultySegmentFiles implements SegmentFiles {
  readonly files = new Map<number, Content>()
  syncs = 0
  /** Bytes that still fit. */
  freeBytes = Number.POSITIVE_INFINITY
  /** Syncs that still succeed. */
  goodSyncs = Number.POSITIVE_INFINITY

  nameOf(segment: number): string {
    return `${segment}.log`
  }

  async list(): Promise<readonly number[]> {
    return [...this.files.keys()].sort((left, right) => left - right)
  }

  async read(segment: number): Promise<Uint8Array> {
    return Buffer.from(this.#content(segment).bytes)
  }

  async readPart(segment: number, offset: number, lengthBytes: number): Promise<Uint8Array> {
    return Buffer.from(this.#content(segment).bytes.subarray(offset, offset + lengthBytes))
  }

  async create(segment: number, bytes: Uint8Array): Promise<SegmentFile> {
    const content = { bytes: Buffer.from(bytes), durableBytes: bytes.length }
    this.files.set(segment, content)
    return this.#file(content)
  }

  async reopen(segment: number, lengthBytes: number): Promise<SegmentFile> {
    const content = this.#content(segment)
    content.bytes = content.bytes.subarray(0, lengthBytes)
    content.durableBytes = lengthBytes
    return this.#file(content)
  }

  async remove(segment: number): Promise<void> {
    this.files.delete(segment)
  }

  /** Of what was never synced any page may be there, be zero, or be beyond the end. */
  cutPower(random: SeededRandom): void {
    for (const content of this.files.values()) {
      const lost = Buffer.from(content.bytes)
      for (let at = content.durableBytes; at < lost.length; at += PAGE_BYTES) {
        if (random.chance(0.5)) lost.fill(0, at, Math.min(at + PAGE_BYTES, lost.length))
      }
      const end = content.durableBytes + random.below(lost.length - content.durableBytes + 1)
      content.bytes = random.chance(0.5) ? lost : lost.subarray(0, end)
      content.durableBytes = content.bytes.length
    }
  }

  /** The same files, apart. */
  copy(): FaultySegmentFiles {
    const copy = new FaultySegmentFiles()
    for (const [segment, { bytes, durableBytes }] of this.files) {
      copy.files.set(segment, { bytes: Buffer.from(bytes), durableBytes })
    }
    return copy
  }

  bytes(segment: number): Buffer {
    return this.#content(segment).bytes
  }

  cut(segment: number, lengthBytes: number): void {
    const content = this.#content(segment)
    content.bytes = content.bytes.subarray(0, lengthBytes)
  }

  #content(segment: number): Content {
    const content = this.files.get(segment)
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return content
  }

  #file(content: Content): SegmentFile {
    return {
      append: async (bytes) => {
        const fitting = bytes.subarray(0, Math.max(this.freeBytes, 0))
        content.bytes = Buffer.concat([content.bytes, fitting])
        this.freeBytes -= fitting.length
        if (fitting.length < bytes.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      },
      sync: async () => {
        await Promise.resolve()
        this.syncs += 1
        if (this.goodSyncs === 0) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
        this.goodSyncs -= 1
        content.durableBytes = content.bytes.length
      },
      close: async () => undefined,
    }
  }
}
