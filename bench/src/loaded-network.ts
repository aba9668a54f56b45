import { createCipheriv, createHash } from 'node:crypto'
import { join } from 'node:path'
import { MIB } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { attached, type Network } from '@borgios/e2e'
import { DaemonClient } from '@borgios/node'
import { peakResidentBytesOf, totalCpuSeconds } from './processes.ts'

export interface Cost<Result> {
  readonly result: Result
  readonly seconds: number
  /** Of all nodes and of this process. */
  readonly cpuSeconds: number
}

/** An embedded network that is put to work through the socket of its first node, and its processes watched. */
export class LoadedNetwork {
  readonly #client: DaemonClient
  readonly #pids: readonly number[]

  private constructor(client: DaemonClient, pids: readonly number[]) {
    this.#client = client
    this.#pids = pids
  }

  static async of(network: Network): Promise<LoadedNetwork> {
    const pids = attached(await network.tree()).flatMap(({ pid }) => pid ?? [])
    const socket = join(network.folder, 'nodes', '1', 'daemon.sock')
    return new LoadedNetwork(new DaemonClient(socket, systemTimers), pids)
  }

  /** Bytes that nothing compresses, always the same. */
  static content(bytes: number): Uint8Array {
    return createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(Buffer.alloc(bytes))
  }

  /** Stores the bytes and returns the capability. */
  async put(name: string, content: Uint8Array): Promise<string> {
    return this.putChunks(name, content.length, chunksOf(content))
  }

  async putChunks(name: string, bytes: number, chunks: AsyncIterable<Uint8Array>): Promise<string> {
    for await (const event of this.#client.put(chunks, { name, bytes })) {
      if (event.event === 'put') return event.put.capability
    }
    throw new Error('the file was not stored')
  }

  /** Reads the whole file and returns the SHA-256 of what came. */
  async get(capability: string): Promise<string> {
    const hash = createHash('sha256')
    for await (const part of (await this.#client.open(capability)).content) hash.update(part)
    return hash.digest('hex')
  }

  async cost<Result>(work: () => Promise<Result>): Promise<Cost<Result>> {
    const cpuBefore = await this.#cpuSeconds()
    const startMs = performance.now()
    const result = await work()
    const seconds = (performance.now() - startMs) / 1000
    return { result, seconds, cpuSeconds: (await this.#cpuSeconds()) - cpuBefore }
  }

  /** The most memory any node ever had resident. */
  async peakResidentBytes(): Promise<number> {
    return Math.max(...(await Promise.all(this.#pids.map(peakResidentBytesOf))))
  }

  async #cpuSeconds(): Promise<number> {
    return totalCpuSeconds([process.pid, ...this.#pids])
  }
}

async function* chunksOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += MIB) yield content.subarray(at, at + MIB)
}
