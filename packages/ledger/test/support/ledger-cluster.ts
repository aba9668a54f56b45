import { createHash } from 'node:crypto'
import { assert, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { accountIdOf, type Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createMemoryNetwork, type MemoryNetwork, type MemoryPeer } from '@borgios/peertree/testing'
import {
  ACCOUNTS_MODULE,
  type BlockRef,
  encodeTransaction,
  encodeTransfer,
  TRANSFER,
  transactionId,
  transactionSigningBytes,
} from '@borgios/protocol'
import { hashKey } from '../../src/consensus/candidate.ts'
import type { ConsensusRecord } from '../../src/consensus/consensus-io.ts'
import { defaultTiming, type Timing } from '../../src/consensus/epoch-options.ts'
import { Chain } from '../../src/engine/chain.ts'
import { Engine } from '../../src/engine/engine.ts'
import type {
  BlockArchive,
  ConsensusLog,
  EngineListener,
  FinalBlockEvent,
  FinalGroup,
} from '../../src/engine/engine-ports.ts'
import { PendingTransactions } from '../../src/engine/pending-transactions.ts'
import { applyGenesis, genesisBlock, type LedgerGenesis } from '../../src/execution/genesis.ts'
import { ValidatorLinks } from '../../src/links/validator-links.ts'
import { Mempool } from '../../src/mempool/mempool.ts'
import { RememberingVerifier } from '../../src/mempool/transaction-verifier.ts'
import { unitsBy } from '../../src/mempool/units.ts'
import { accountOf } from '../../src/modules/accounts/account-table.ts'
import { coreModules } from '../../src/modules/core-modules.ts'
import { ModuleRegistry } from '../../src/modules/module-registry.ts'
import { openMemoryState } from '../../src/state/final-state.ts'

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

  find({ hash }: BlockRef) {
    return this.groups.flatMap(({ blocks }) => blocks).find((block) => hashKey(block.hash) === hashKey(hash))?.block
  }
}

/** Fast enough for tests. */
export const QUICK: Timing = { ...defaultTiming, skipMs: 300, idleMs: 150, settleMs: 50, standstillMs: 200 }

export interface ClusterOptions {
  readonly nodes: number
  readonly epochBlocks?: number
  readonly timing?: Timing
}

function genesisOf({ nodes, epochBlocks = 1_000 }: ClusterOptions): LedgerGenesis {
  const names = Array.from({ length: nodes }, (_, index) => `node ${index}`)
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
  const accounts = ['alice', 'bob'].map((name) => ({
    account: accountIdOf(keysOf(name).publicKey),
    balance: '1000000000000',
  }))
  const values = { deposit: '0', epochBlocks, accountPrice: '0' }
  return { timeMs: 1_700_000_000_000, modules: { parameters: { values }, accounts, members: founders } }
}

/** One validator: engine, chain, mempool, over a memory network. */
export class ClusterNode {
  readonly name: string
  readonly log = new MemoryLog()
  readonly archive = new MemoryArchive()
  readonly final: FinalBlockEvent[] = []
  readonly halted: string[] = []
  readonly chain: Chain
  readonly mempool: Mempool
  readonly engine: Engine
  readonly #listeners = new Set<() => void>()

  constructor(name: string, peer: MemoryPeer, options: ClusterOptions) {
    this.name = name
    const ed25519 = sodiumEd25519
    const registry = new ModuleRegistry(coreModules({ network: NETWORK, ed25519 }))
    const verifier = new RememberingVerifier(ed25519, NETWORK)
    const execution = { registry, network: NETWORK, verifier }
    const state = openMemoryState(registry.tables)
    const layer = state.layer()
    applyGenesis(execution, layer, genesisOf(options))
    const genesis = genesisBlock(NETWORK, layer.root())
    state.finalize(layer, { height: 0, epoch: 0, block: genesis.hash })
    this.chain = new Chain(state, { ...execution, nextBeacon: (_, parent) => parent })
    this.mempool = new Mempool(
      { height: 0, baseFee: this.chain.record.baseFee },
      { accounts: { account: (key) => accountOf(state, key) }, verifier, unitsOf: unitsBy(registry) },
    )
    const links = new ValidatorLinks({
      network: peer,
      timers: systemTimers,
      logger: silentLogger,
      onFrames: (from, frames) => this.engine.onFrames(from, frames),
    })
    this.engine = new Engine(
      { network: NETWORK, timing: options.timing ?? QUICK },
      { final: { ...genesis, height: 0 }, certificate: undefined, records: [] },
      {
        chain: this.chain,
        links,
        log: this.log,
        archive: this.archive,
        transactions: new PendingTransactions(this.mempool, this.chain),
        listener: this.#listener(),
        signer: keysOf(name),
        ed25519,
        clock: systemClock,
        timers: systemTimers,
        logger: silentLogger,
      },
    )
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
        this.mempool.onFinal({ height, baseFee, changed: [keysOf('alice').publicKey, keysOf('bob').publicKey] })
        this.#wake()
      },
      onEvidence: () => {},
      onCatchUp: () => {},
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

/** Some validators in one process, with real signatures and clocks. */
export class LedgerCluster implements AsyncDisposable {
  readonly network: MemoryNetwork
  readonly nodes: readonly ClusterNode[]

  constructor(options: ClusterOptions) {
    const { network, peers } = createMemoryNetwork(systemClock, systemTimers, options.nodes, (index) => ({
      node: NodeId.fromBytes(keysOf(`node ${index}`).publicKey),
      operator: OperatorId.fromBytes(keysOf(`operator of node ${index}`).publicKey),
    }))
    this.network = network
    this.nodes = peers.map((peer, index) => new ClusterNode(`node ${index}`, peer, options))
    for (const node of this.nodes) node.engine.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(({ engine }) => engine.stop()))
  }
}

/** A signed transfer of one micro-unit or more. */
export function transferBy(from: string, to: string, nonce: number, amount = 1n): Uint8Array {
  const signer = keysOf(from)
  const unsigned = {
    account: signer.publicKey,
    nonce,
    lastHeight: 10_000,
    maxFeePerUnit: 1_000n,
    tipPerUnit: 1n,
    operations: [
      {
        module: ACCOUNTS_MODULE,
        kind: TRANSFER,
        body: encodeTransfer({ to: keysOf(to).publicKey, amount, memo: new Uint8Array() }),
      },
    ],
  }
  const signature = signer.sign(transactionSigningBytes(NETWORK, unsigned))
  return encodeTransaction({ ...unsigned, signatures: [{ key: 0, signature }] })
}

export { transactionId }
