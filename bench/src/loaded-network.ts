import { execFile } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MIB } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { DaemonClient } from '@borgios/node'
import { peakResidentBytesOf, totalCpuSeconds } from './processes.ts'

export interface Cost<Result> {
  readonly result: Result
  readonly seconds: number
  /** Of all nodes and of this process. */
  readonly cpuSeconds: number
}

const PROGRAM = fileURLToPath(new URL('../../packages/node/bin/borgios.mjs', import.meta.url))

async function borgios(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [PROGRAM, ...words])).stdout
}

/** An embedded network of real processes that is put to work through the socket of its first node, and watched. */
export class LoadedNetwork implements AsyncDisposable {
  readonly #folder: string
  readonly #client: DaemonClient
  readonly #pids: readonly number[]

  private constructor(folder: string, pids: readonly number[]) {
    this.#folder = folder
    this.#client = new DaemonClient(join(folder, 'nodes', '1', 'daemon.sock'), systemTimers)
    this.#pids = pids
  }

  /** Starts it in a folder of its own below the system's temporary one; disposing of it ends and removes all. */
  static async up(nodes: number): Promise<LoadedNetwork> {
    const folder = await mkdtemp(join(tmpdir(), 'borgios-bench-'))
    await borgios('up', '--nodes', String(nodes), '--data', folder)
    const tree: { nodes: { pid: number }[] } = JSON.parse(await borgios('net', 'tree', '--json', '--data', folder))
    return new LoadedNetwork(
      folder,
      tree.nodes.map(({ pid }) => pid),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await borgios('down', '--data', this.#folder)
    await rm(this.#folder, { recursive: true, force: true })
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

  /** Reads the whole file and gives its parts, in order, to whoever checks them. */
  async get(capability: string, check: (part: Uint8Array, at: number) => void): Promise<void> {
    const file = await this.#client.open(capability)
    let at = 0
    for await (const part of file.content) {
      check(part, at)
      at += part.length
    }
    if (at !== file.bytes) throw new Error('the file came back with another length')
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
