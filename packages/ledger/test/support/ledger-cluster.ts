import { createHash } from 'node:crypto'
import { assert, type Clock, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { accountIdOf, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createMemoryNetwork, type MemoryNetwork, type MemoryPeer } from '@borgios/peertree/testing'
import {
  ACCOUNTS_MODULE,
  type BlockRef,
  compareBytes,
  type EpochProof,
  encodeEpochProof,
  encodeTransaction,
  encodeTransfer,
  type Operation,
  TRANSFER,
  transactionSigningBytes,
} from '@borgios/protocol'
import { hashKey } from '../../src/consensus/candidate.ts'
import type { ConsensusRecord } from '../../src/consensus/consensus-io.ts'
import { defaultTiming, type Timing } from '../../src/consensus/epoch-options.ts'
import { Chain } from '../../src/engine/chain.ts'
import { Engine, type EngineStart } from '../../src/engine/engine.ts'
import type {
  BlockArchive,
  ConsensusLog,
  EngineListener,
  FinalBlockEvent,
  FinalGroup,
} from '../../src/engine/engine-ports.ts'
import { type EpochRules, rulesAt } from '../../src/engine/epoch-rules.ts'
import { PendingTransactions } from '../../src/engine/pending-transactions.ts'
import type { LedgerGenesis } from '../../src/execution/genesis.ts'
import { ValidatorLinks } from '../../src/links/validator-links.ts'
import { Mempool } from '../../src/mempool/mempool.ts'
import { RememberingVerifier } from '../../src/mempool/transaction-verifier.ts'
import { unitsBy } from '../../src/mempool/units.ts'
import { accountOf } from '../../src/modules/accounts/account-table.ts'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import type { StateModule } from '../../src/modules/state-module.ts'
import { ProofServer } from '../../src/proofs/proof-server.ts'
import { applyGenesisTo } from '../../src/service/disk-storage.ts'
import { ledgerModules } from '../../src/service/ledger-modules.ts'
import { type FinalState, openMemoryState } from '../../src/state/final-state.ts'
import { archivedOf, encodeArchived } from '../../src/sync/archived-block.ts'
import { BlockServer } from '../../src/sync/block-server.ts'
import { CatchUp } from '../../src/sync/catch-up.ts'
import { replay } from '../../src/sync/replay.ts'
import type { StateStore } from '../../src/sync/state-client.ts'
import { Trust } from '../../src/sync/trusted-place.ts'

export const NETWORK = new Uint8Array(32).fill(5)

const seedOf = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest())

/** The keys of somebody known by a name. */
export const keysOf = (name: string): Signer => sodiumEd25519.signerFromSeed(seedOf(name))

export class MemoryLog implements ConsensusLog {
  readonly records: ConsensusRecord[] = []
  #pending: ConsensusRecord[] = []

  append(record: ConsensusRecord): void {
    this.#pending.push(record)
  }

  async sync(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.records.push(...this.#pending.splice(0))
  }
}

export class MemoryArchive implements BlockArchive {
  readonly groups: FinalGroup[] = []

  append(group: FinalGroup): void {
    this.groups.push(group)
  }

  async sync(): Promise<void> {}

  async read(height: number): Promise<Uint8Array | undefined> {
    const found = this.groups.flatMap(archivedOf).find(({ block }) => block.header.height === height)
    return found === undefined ? undefined : encodeArchived(found)
  }

  readonly #ends: Uint8Array[] = []

  appendEpoch(proof: EpochProof): void {
    this.#ends.push(encodeEpochProof(proof))
  }

  /** As {@link CatchUp} keeps states: here none is taken in. */
  get store(): StateStore {
    const ends = this.#ends
    return {
      receive: () => Promise.reject(new Error('no place for a state')),
      epochs: {
        last: ends.length === 0 ? undefined : ends.length - 1,
        read: async (epoch) => ends[epoch],
        append: () => {},
        sync: async () => {},
      },
    }
  }

  find({ hash }: BlockRef) {
    return this.groups.flatMap(({ blocks }) => blocks).find((block) => hashKey(block.hash) === hashKey(hash))?.block
  }
}

/** Fast enough for tests. */
export const QUICK: Timing = { ...defaultTiming, skipMs: 300, idleMs: 150, settleMs: 50, standstillMs: 200 }

/** Young enough that what genesis says is believed; of one process. */
export const GENESIS_MS = Date.now() - 1_000

export interface ClusterOptions {
  readonly nodes: number
  readonly epochBlocks?: number
  readonly timing?: Timing
  /** What stands before the numbers of the nodes; other names have other keys. */
  readonly names?: string
  readonly genesisMs?: number
  /** Names of those who have money. */
  readonly accounts?: readonly string[]
  /** What the release of a node has beside the modules of all. */
  readonly extraModules?: (node: string) => readonly StateModule[]
}

const nameOf = ({ names = 'node' }: ClusterOptions, index: number): string => `${names} ${index}`

export function genesisOf(options: ClusterOptions): LedgerGenesis {
  const { nodes, epochBlocks = 1_000, genesisMs = GENESIS_MS, accounts: owners = ['alice', 'bob'] } = options
  const names = Array.from({ length: nodes }, (_, index) => nameOf(options, index))
  const founders = names.map((name) => {
    const key = keysOf(name).publicKey
    return {
      node: NodeId.fromBytes(key),
      operator: OperatorId.fromBytes(keysOf(`operator of ${name}`).publicKey),
      account: accountIdOf(keysOf(`operator of ${name}`).publicKey),
      capacityBytes: 2 ** 40,
      cores: 2,
      release: '0.1.0',
    }
  })
  const accounts = owners.map((name) => ({
    account: accountIdOf(keysOf(name).publicKey),
    balance: '1000000000000',
  }))
  const values = { deposit: '0', epochBlocks, accountPrice: '0' }
  return { timeMs: genesisMs, modules: { parameters: { values }, accounts, members: founders } }
}

/** What survives a crash of a node. */
export interface Disk {
  readonly log: MemoryLog
  readonly archive: MemoryArchive
}

/** One validator: engine, chain, mempool, over a memory network. */
export class ClusterNode {
  readonly name: string
  readonly disk: Disk
  readonly final: FinalBlockEvent[] = []
  readonly halted: string[] = []
  readonly chain: Chain
  readonly mempool: Mempool
  readonly engine: Engine
  readonly catchUp: CatchUp
  readonly #listeners = new Set<() => void>()

  private constructor(
    name: string,
    peer: MemoryPeer,
    options: ClusterOptions,
    chain: Chain,
    disk: Disk,
    start: EngineStart,
  ) {
    this.name = name
    this.disk = disk
    this.chain = chain
    const { registry } = chain.modules
    const verifier = new RememberingVerifier(sodiumEd25519, NETWORK)
    this.mempool = new Mempool(
      { height: 0, baseFee: chain.record.baseFee },
      { accounts: { account: (key) => accountOf(chain.state, key) }, verifier, unitsOf: unitsBy(registry) },
    )
    const links = new ValidatorLinks({
      network: peer,
      timers: systemTimers,
      logger: silentLogger,
      onFrames: (from, frames) => this.engine.onFrames(from, frames),
    })
    this.engine = new Engine({ network: NETWORK, timing: options.timing ?? QUICK }, start, {
      chain,
      links,
      ...disk,
      transactions: new PendingTransactions(this.mempool, chain),
      listener: this.#listener(),
      signer: keysOf(name),
      ed25519: sodiumEd25519,
      clock: systemClock,
      timers: systemTimers,
      logger: silentLogger,
    })
    const shell = { network: peer, clock: systemClock, timers: systemTimers }
    new BlockServer({ ...shell, blocks: disk.archive })
    this.catchUp = new CatchUp({
      ...shell,
      ...trustedBy(name, chain, disk, systemClock),
      chain,
      engine: this.engine,
      logger: silentLogger,
    })
  }

  /** As after a start: from genesis, and what is on its disk. */
  static async open(name: string, peer: MemoryPeer, options: ClusterOptions, disk: Disk): Promise<ClusterNode> {
    const chain = chainFromGenesis(options, options.extraModules?.(name))
    const rulesOf = (): EpochRules => rulesAt(chain, NETWORK, sodiumEd25519)
    const { final, certificate } = await replay(chain, disk.archive, rulesOf)
    return new ClusterNode(name, peer, options, chain, disk, { final, certificate, records: disk.log.records })
  }

  async stop(): Promise<void> {
    await this.catchUp.stop()
    await this.engine.stop()
  }

  get height(): number {
    return this.chain.point.height
  }

  balance(name: string): bigint {
    return accountOf(this.chain.state, keysOf(name).publicKey)?.balance ?? 0n
  }

  add(transaction: Uint8Array): void {
    const admission = this.mempool.add(transaction)
    assert(admission.outcome !== 'refused', `refused: ${JSON.stringify(admission, (_, value) => String(value))}`)
    this.engine.workChanged()
  }

  /** As a node serves it. */
  get proofs(): ProofServer {
    const receipts = {
      place: async (id: Uint8Array) => this.#places().find(({ transaction }) => compareBytes(transaction, id) === 0),
      receipts: async (height: number) => this.final.find(({ header }) => header.height === height)?.receipts,
    }
    const [{ state }, { archive }] = [this.chain, this.disk]
    const blocks = { heights: undefined, read: (height: number) => archive.read(height) }
    return new ProofServer({ network: NETWORK, state, blocks, epochs: archive.store.epochs, receipts })
  }

  #places() {
    return this.final.flatMap(({ header, receipts }) =>
      receipts.map(({ transaction }, position) => ({ transaction, height: header.height, position })),
    )
  }

  /** Resolves once it holds, looked at after every final block. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      assert(this.halted.length === 0, `${this.name} halted: ${this.halted[0]}`)
      await new Promise<void>((resolve) => this.#listeners.add(resolve))
    }
  }

  #listener(): EngineListener {
    return {
      onFinal: (block) => {
        this.final.push(block)
        const { height, baseFee } = this.chain.record
        this.mempool.onFinal({ height, baseFee, changed: block.changedAccounts })
        this.#wake()
      },
      onEvidence: () => {},
      onCatchUp: (request) => this.catchUp.start(request),
      onStateArrived: () => this.#wake(),
      onHalted: (why) => {
        this.halted.push(why)
        this.#wake()
      },
    }
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
  }
}

export const registryOf = (extra: readonly StateModule[] = []): ModuleRegistry =>
  new ModuleRegistry([...ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 }).modules, ...extra])

/** The chain on a state of that registry. */
export function chainOn(state: FinalState, registry: ModuleRegistry): Chain {
  const { nextBeacon } = ledgerModules({ network: NETWORK, ed25519: sodiumEd25519 })
  const verifier = new RememberingVerifier(sodiumEd25519, NETWORK)
  return new Chain(state, { registry, network: NETWORK, verifier, nextBeacon })
}

/** What catching up needs beside the chain. */
export function trustedBy(name: string, chain: Chain, { archive: { store } }: Pick<Disk, 'archive'>, clock: Clock) {
  const { epochs } = store
  const trust = new Trust(
    { network: NETWORK, self: keysOf(name).publicKey, checkpoint: undefined },
    { chain, epochs, ed25519: sodiumEd25519, clock },
  )
  return { trust, store, onTooLongAway: (why: string) => assert(false, why) }
}

export function chainFromGenesis(options: ClusterOptions, extra?: readonly StateModule[]): Chain {
  const registry = registryOf(extra)
  const state = openMemoryState(registry.tables)
  applyGenesisTo(state, registry, NETWORK, genesisOf(options))
  return chainOn(state, registry)
}

/** Some validators in one process, with real signatures and clocks. */
export class LedgerCluster implements AsyncDisposable {
  readonly network: MemoryNetwork
  readonly nodes: ClusterNode[] = []
  readonly #peers: readonly MemoryPeer[]
  readonly #options: ClusterOptions

  private constructor(options: ClusterOptions) {
    this.#options = options
    const { network, peers } = createMemoryNetwork(systemClock, systemTimers, options.nodes, (index) => ({
      node: NodeId.fromBytes(keysOf(nameOf(options, index)).publicKey),
      operator: OperatorId.fromBytes(keysOf(`operator of ${nameOf(options, index)}`).publicKey),
    }))
    this.network = network
    this.#peers = peers
  }

  static async open(options: ClusterOptions): Promise<LedgerCluster> {
    const cluster = new LedgerCluster(options)
    for (let index = 0; index < options.nodes; index += 1) await cluster.start(index)
    return cluster
  }

  node(index: number): ClusterNode {
    const node = this.nodes[index]
    assert(node !== undefined, `there is no node ${index}`)
    return node
  }

  /** Starts a node with what it has on its disk, or with none. */
  async start(
    index: number,
    disk: Disk = { log: new MemoryLog(), archive: new MemoryArchive() },
  ): Promise<ClusterNode> {
    const peer = this.#peers[index]
    assert(peer !== undefined, `there is no node ${index}`)
    const node = await ClusterNode.open(nameOf(this.#options, index), peer, this.#options, disk)
    this.nodes[index] = node
    node.engine.start()
    return node
  }

  /** As by SIGKILL: what was not synced is gone. */
  async kill(index: number): Promise<Disk> {
    const node = this.node(index)
    this.network.kill(NodeId.fromBytes(keysOf(node.name).publicKey))
    await node.stop()
    return node.disk
  }

  revive(index: number): void {
    this.network.revive(NodeId.fromBytes(keysOf(this.node(index).name).publicKey))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }
}

/** A signed transfer of one micro-unit or more. */
export function transferBy(from: string, to: string, nonce: number, amount = 1n): Uint8Array {
  const body = encodeTransfer({ to: keysOf(to).publicKey, amount, memo: new Uint8Array() })
  return signedBy(from, nonce, { module: ACCOUNTS_MODULE, kind: TRANSFER, body })
}

/** A signed transaction of one operation. */
export function signedBy(from: string, nonce: number, operation: Operation): Uint8Array {
  const signer = keysOf(from)
  const unsigned = {
    account: signer.publicKey,
    nonce,
    lastHeight: 10_000,
    maxFeePerUnit: 1_000n,
    tipPerUnit: 1n,
    operations: [operation],
  }
  const signature = signer.sign(transactionSigningBytes(NETWORK, unsigned))
  return encodeTransaction({ ...unsigned, signatures: [{ key: 0, signature }] })
}
