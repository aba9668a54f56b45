import type { Clock, Logger, NetworkId, Random, Timers } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import type { PeerNetwork } from '@borgios/peertree'
import { AuditAnswers } from './audit/audit-answers.ts'
import { AuditServer } from './audit/audit-server.ts'
import { Auditor } from './audit/auditor.ts'
import type { AuditOutcome, AuditTargets, Beacon } from './audit/ports.ts'
import { RecordTargets } from './audit/record-targets.ts'
import { assertUsableCoding } from './coding/stripe-record.ts'
import { stopped } from './errors.ts'
import type { Coding, FileStore } from './file-store.ts'
import { FailedNodes } from './files/failed-nodes.ts'
import { fileInfo } from './files/file-info.ts'
import { openFile } from './files/get-file.ts'
import { ReadAhead } from './files/read-ahead.ts'
import { RunningPuts } from './files/running-puts.ts'
import type { StoreContext } from './files/store-context.ts'
import type { RepairTimings } from './repair/repair-timings.ts'
import { Repairer } from './repair/repairer.ts'
import { Scrubber } from './repair/scrubber.ts'
import { ShardStore } from './shards/shard-store.ts'
import type { StorageLeases } from './storage-leases.ts'
import { Holders } from './transfer/holders.ts'
import { Receipts } from './transfer/receipts.ts'
import { ShardClient } from './transfer/shard-client.ts'
import { ShardServer } from './transfer/shard-server.ts'
import { CodecPool } from './workers/codec-pool.ts'

export interface FileStoreOptions {
  /** Shards and their index live here; nothing else may. Made if it is missing. */
  readonly folder: string
  /** Bytes of shards this node takes. */
  readonly capacityBytes: number
  /** For puts that do not say otherwise. */
  readonly coding: Coding
  /** What differs from the limits of the house, e.g. in an embedded network. */
  readonly repair?: Partial<RepairTimings>
}

/** What audits of others need. */
export interface AuditPorts {
  readonly beacon: Beacon
  /** Defaults to what the others say they hold of the stripes that this node knows of. */
  readonly targets?: AuditTargets
  /** Called with each outcome as it comes. */
  readonly onAudited?: (outcome: AuditOutcome) => void
}

export interface FileStoreModules {
  readonly network: PeerNetwork
  /** Of this node's key: it signs receipts. */
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly networkId: NetworkId
  readonly clock: Clock
  readonly timers: Timers
  /** The system's: it makes the keys of files. */
  readonly random: Random
  readonly logger: Logger
  /** Codec threads to share with other stores of this process. Made and stopped by the store if absent. */
  readonly codec?: CodecPool
  /** Who pays for what is stored. */
  readonly leases: StorageLeases
  /** Without them this node answers audits and asks for none. */
  readonly audit?: AuditPorts
}

/**
 * Starts the store of a node: serves its shards, looks after their stripes, puts and gets files. Throws STORE_KERNEL_MISSING,
 * STORE_BAD_CODING or what the disk says.
 */
export async function createFileStore(options: FileStoreOptions, modules: FileStoreModules): Promise<FileStore> {
  assertUsableCoding(options.coding)
  const { network, timers, clock, random } = modules
  const logger = modules.logger.child({ room: 'store' })
  const codec = modules.codec ?? new CodecPool()
  const name = codec.name.bind(codec)
  const shards = await ShardStore.open(options, { name, clock, logger })
  const receipts = new Receipts(modules.networkId, modules.signer, modules.ed25519, clock)
  const client = new ShardClient(network, receipts, timers)
  const holders = new Holders({ network, client, shards, receipts, logger })
  const failedNodes = new FailedNodes(clock)
  const stopListening = network.onMemberChange(({ node, state }) => {
    if (state === 'up') failedNodes.forgive(node)
    else shards.forgetPutsOf(node)
  })
  const readAhead = new ReadAhead()
  const context: StoreContext = { holders, codec, failedNodes, readAhead, clock, timers, random, logger }
  const puts = new RunningPuts(context, modules.leases)
  const repairer = new Repairer({ ...context, shards, network }, options.repair ?? {})
  const scrubber = new Scrubber({ shards, clock, timers, logger }, options.repair ?? {})
  shards.onLost = (records) => repairer.check(records)
  const server = new ShardServer({
    ...{ network, shards, receipts, name, timers, logger },
    onCheck: (records) => repairer.check(records),
  })
  const answers = new AuditAnswers(modules.networkId, modules.signer, modules.ed25519)
  const auditServer = new AuditServer({
    ...{ network, shards, answers, clock, timers, logger },
    prove: (bytes, leaves) => codec.prove(bytes, leaves),
  })
  const auditor = new Auditor({
    ...{ network, timers, answers },
    beacon: modules.audit?.beacon ?? { current: () => undefined },
    targets: modules.audit?.targets ?? new RecordTargets({ self: network.self, shards, client }),
    holders: () => holders.candidates().map(({ node }) => node),
    onAudited: modules.audit?.onAudited ?? (() => undefined),
  })
  puts.start()
  repairer.start()
  scrubber.start()

  let isStopped = false
  const assertRunning = (): void => {
    if (isStopped) throw stopped()
  }
  return {
    async put(source, putOptions = {}) {
      assertRunning()
      return puts.put(source, putOptions.coding ?? options.coding, putOptions)
    },
    async get(capability, getOptions = {}) {
      assertRunning()
      return openFile(context, capability, getOptions)
    },
    async info(capability, infoOptions = {}) {
      assertRunning()
      return fileInfo(context, capability, infoOptions)
    },
    status: () => ({ shards: shards.shardCount, bytes: shards.shardBytes, ...repairer.status() }),
    heldBytes: (shard) => shards.bytesOf(shard),
    audits: auditor,
    async stop() {
      if (isStopped) return
      isStopped = true
      stopListening()
      await Promise.all([puts.stop(), repairer.stop(), scrubber.stop()])
      client.stop()
      auditor.stop()
      for (const serving of [server, auditServer]) serving.stop(stopped())
      if (modules.codec === undefined) await codec.stop()
      await shards.close()
    },
  }
}
