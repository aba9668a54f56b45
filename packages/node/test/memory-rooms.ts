import { createHash } from 'node:crypto'
import type { JobResult, JobService, RunOptions } from '@borgios/compute'
import { BorgError, JobId, type LentBytes, type NodeId } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { MemoryNetwork } from '@borgios/peertree/testing'
import type { FileStore } from '@borgios/store'
import type { Rooms, RoomsContext } from '../src/daemon/rooms.ts'
import { invitedMembership } from '../src/ledger/membership.ts'
import { openLedger } from '../src/ledger/open-ledger.ts'

/** What nodes of a test share. */
export class MemoryWorld {
  readonly network = new MemoryNetwork(systemClock, systemTimers)
  readonly files = new Map<string, { readonly name: string | undefined; readonly bytes: Buffer }>()
  /** Set by a test: what the next `get` throws after half of its bytes. */
  breakGetWith: Error | undefined
  /** Set by a test: what happens once a `put` has all bytes and has not said so. */
  beforePutEnds: () => Promise<void> = async () => {}
  /** Whether nodes opened from now on keep the ledger of their network, on disk. */
  keepsLedger = false
  /** Set by a test: how jobs behave. */
  runJob: (options: RunOptions) => Promise<Partial<JobResult>> = async () => ({})

  open = async (context: RoomsContext): Promise<Rooms> => {
    const { identity, config, release } = context
    const services = ['store', 'compute']
    const about = { node: identity.node, operator: identity.operator, place: config.place, release, services }
    const kill = (): void => this.network.kill(identity.node)
    const network = this.network.add({ ...about, addresses: [] })
    const opened = this.keepsLedger ? await openLedger(context, network) : undefined
    opened?.ledger.start()
    return {
      network,
      membership: invitedMembership(context),
      store: this.#store(identity.node),
      compute: this.#compute(identity.node),
      ledger: opened?.ledger,
      ledgerIndex: opened?.index,
      payForPut: () => undefined,
      renew: async () => undefined,
      jobLimits: { memoryBytes: 1, wallTimeMs: 2, outputBytes: 3, logBytes: 4 },
      assertPayable: () => undefined,
      defaultCoding: () => ({ data: 3, parity: 2 }),
      addresses: () => [`/ip4/127.0.0.1/tcp/${config.port}`],
      async stop() {
        await opened?.ledger.stop()
        await opened?.index.close()
        kill()
      },
    }
  }

  #store(self: NodeId): FileStore {
    const find = (capability: string) => {
      const file = this.files.get(capability)
      if (file !== undefined) return file
      throw new BorgError('no such file', { code: 'STORE_BAD_CAPABILITY', kind: 'invalid', blame: 'caller' })
    }
    return {
      put: async (source, options = {}) => {
        const parts: Uint8Array[] = []
        let doneBytes = 0
        for await (const part of source) {
          parts.push(Buffer.from(part))
          doneBytes += part.length
          options.onProgress?.({ doneBytes, totalBytes: options.totalBytes })
          options.signal?.throwIfAborted()
        }
        await this.beforePutEnds()
        const bytes = Buffer.concat(parts)
        const capability = `borgios-file-1-${createHash('sha256').update(bytes).digest('hex')}`
        this.files.set(capability, { name: options.name, bytes })
        const coding = options.coding ?? { data: 3, parity: 2 }
        return { capability, bytes: bytes.length, stripes: 1, shards: 5, coding, missingShards: 0 }
      },
      get: async (capability) => {
        const { name, bytes } = find(capability)
        return { name, bytes: bytes.length, content: this.#content(bytes) }
      },
      info: async (capability, options = {}) => {
        const { name, bytes } = find(capability)
        const about = { name, bytes: bytes.length, coding: { data: 3, parity: 2 }, stripes: 1, shards: 5 }
        return {
          ...about,
          presentShards: 5,
          verified: options.verify === true,
          spareShards: 2,
          holders: [{ node: self, shards: 5 }],
        }
      },
      audits: { run: async () => [] },
      heldBytes: () => undefined,
      status: () => ({ shards: 7, bytes: 700, repairsPending: 0, repairsWaiting: 0, repairsDone: 0 }),
      stop: async () => {},
    }
  }

  async *#content(bytes: Buffer): AsyncGenerator<LentBytes> {
    const lent = (part: Uint8Array): LentBytes => ({ bytes: part, [Symbol.dispose]: () => part.fill(0) })
    const half = Math.ceil(bytes.length / 2)
    yield lent(Uint8Array.from(bytes.subarray(0, half)))
    if (this.breakGetWith !== undefined) throw this.breakGetWith
    yield lent(Uint8Array.from(bytes.subarray(half)))
  }

  #compute(self: NodeId): JobService {
    return {
      run: async (_spec, options = {}) => {
        const part = await this.runJob(options)
        const job = options.job ?? JobId.fromBytes(new Uint8Array(16))
        const node = options.node ?? self
        return {
          job,
          node,
          state: 'done',
          exitCode: 0,
          why: '',
          outputs: [],
          wallTimeMs: 12.5,
          doubts: [],
          receipt: undefined,
          ...part,
        }
      },
      status: () => ({ runningJobs: 0, queuedJobs: 0, memoryGuard: 'none', jobSlots: 2, unavailableWhy: undefined }),
      stop: async () => {},
    }
  }
}
