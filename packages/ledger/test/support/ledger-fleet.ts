import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { StreamHandler } from '@borgios/peertree'
import { createMemoryNetwork, type MemoryNetwork, type MemoryPeer } from '@borgios/peertree/testing'
import type { Checkpoint } from '@borgios/protocol'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import { openDiskStorage } from '../../src/service/disk-storage.ts'
import { Ledger } from '../../src/service/ledger.ts'
import { ledgerModules } from '../../src/service/ledger-modules.ts'
import type { LedgerStorage } from '../../src/service/ledger-storage.ts'
import { genesisOf, keysOf, NETWORK, QUICK } from './ledger-cluster.ts'

export interface FleetOptions {
  readonly validators: number
  readonly followers: number
  readonly epochBlocks: number
  readonly idleMs?: number
  readonly genesisMs?: number
}

export interface OpenOptions {
  readonly checkpoint?: Checkpoint
}

/** Ledgers of one network in one process, each on a folder of its own. Validators first. */
export class LedgerFleet implements AsyncDisposable {
  readonly network: MemoryNetwork
  readonly peers: readonly MemoryPeer[]
  readonly #folder: string
  readonly #options: FleetOptions
  readonly #running = new Map<number, Ledger>()

  private constructor(folder: string, options: FleetOptions) {
    this.#folder = folder
    this.#options = options
    const { network, peers } = createMemoryNetwork(
      systemClock,
      systemTimers,
      options.validators + options.followers,
      (index) => ({
        node: nodeOf(index),
        operator: OperatorId.fromBytes(keysOf(`operator of node ${index}`).publicKey),
      }),
    )
    this.network = network
    this.peers = peers
  }

  /** Validators run, followers do not yet. `genesisMs`: when the network says it was made. */
  static async open(options: FleetOptions): Promise<LedgerFleet> {
    const fleet = new LedgerFleet(await mkdtemp(join(tmpdir(), 'borgios-fleet-')), options)
    for (let index = 0; index < options.validators; index += 1) await fleet.start(index)
    return fleet
  }

  folderOf = (index: number): string => join(this.#folder, String(index))

  ledger(index: number): Ledger {
    return this.#running.get(index) ?? assert.fail(`node ${index} does not run`)
  }

  async openLedger(index: number, { checkpoint }: OpenOptions = {}): Promise<Ledger> {
    const { modules, nextBeacon } = ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 })
    const registry = new ModuleRegistry(modules)
    const storage = await this.openStorage(index, registry)
    const { idleMs = 20 } = this.#options
    const timing = { ...QUICK, idleMs, settleMs: 20 }
    return await Ledger.open(
      { networkId: NETWORK, timing, ...(checkpoint && { checkpoint }) },
      {
        network: this.peers[index] ?? assert.fail(),
        registry,
        storage,
        signer: keysOf(`node ${index}`),
        ed25519: sodiumEd25519,
        clock: systemClock,
        timers: systemTimers,
        logger: silentLogger,
        nextBeacon,
      },
    )
  }

  /** What a node keeps on disk. */
  openStorage(
    index: number,
    registry = new ModuleRegistry(ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 }).modules),
  ): Promise<LedgerStorage> {
    const { validators, ...options } = this.#options
    return openDiskStorage(
      { folder: this.folderOf(index), networkId: NETWORK, genesis: genesisOf({ nodes: validators, ...options }) },
      { registry, random: systemRandom, logger: silentLogger },
    )
  }

  async start(index: number, options: OpenOptions = {}): Promise<Ledger> {
    this.network.revive(nodeOf(index))
    const ledger = await this.openLedger(index, options)
    this.#running.set(index, ledger)
    ledger.start()
    return ledger
  }

  async stop(index: number): Promise<void> {
    this.network.kill(nodeOf(index))
    await this.#running.get(index)?.stop()
    this.#running.delete(index)
  }

  /** A node that has nothing begins anew. */
  async forget(index: number): Promise<void> {
    await rm(this.folderOf(index), { recursive: true, force: true })
  }

  /** A node answers as this says, whatever it has. */
  answer(index: number, protocol: string, handler: StreamHandler): void {
    this.peers[index]?.handleStream(protocol, handler)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((index) => this.stop(index)))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

export const nodeOf = (index: number): NodeId => NodeId.fromBytes(keysOf(`node ${index}`).publicKey)

export async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!holds()) {
    assert(performance.now() < deadlineMs, `never ${what}`)
    await sleep(10)
  }
}
