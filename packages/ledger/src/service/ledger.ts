import { type Clock, type Logger, messageOf, type NodeId, type Timers } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import type { PeerNetwork } from '@borgios/peertree'
import { type Checkpoint, compareBytes, decodeTransaction } from '@borgios/protocol'
import type { Timing } from '../consensus/epoch-options.ts'
import { Chain, type ChainModules } from '../engine/chain.ts'
import { Engine } from '../engine/engine.ts'
import type { FinalBlockEvent } from '../engine/engine-ports.ts'
import { rulesAt } from '../engine/epoch-rules.ts'
import { PendingTransactions } from '../engine/pending-transactions.ts'
import { ValidatorLinks } from '../links/validator-links.ts'
import { Mempool } from '../mempool/mempool.ts'
import type { TransactionState } from '../mempool/tracked-transaction.ts'
import { type FollowedTransaction, TransactionTracker } from '../mempool/transaction-tracker.ts'
import { RememberingVerifier } from '../mempool/transaction-verifier.ts'
import { unitsBy } from '../mempool/units.ts'
import { accountOf } from '../modules/accounts/account-table.ts'
import type { ModuleRegistry } from '../modules/module-registry.ts'
import { checkpointOf } from '../proofs/checkpoint-of.ts'
import { LightServer } from '../proofs/light-server.ts'
import { ProofServer, type ReceiptSource } from '../proofs/proof-server.ts'
import type { StateReader } from '../state/state.ts'
import { type ArchivedBlock, decodeArchived } from '../sync/archived-block.ts'
import { BlockServer } from '../sync/block-server.ts'
import { CatchUp } from '../sync/catch-up.ts'
import { type ReplayedChain, replay } from '../sync/replay.ts'
import { SnapshotShelf } from '../sync/snapshot-shelf.ts'
import { StateServer } from '../sync/state-server.ts'
import { Trust } from '../sync/trusted-place.ts'
import { Accusations } from './accusations.ts'
import { Announcements } from './announcements.ts'
import { recordsOf } from './disk-storage.ts'
import { countHoldings, type Holdings } from './holdings.ts'
import { type Impairment, impairmentsOf } from './impairments.ts'
import type { LedgerStorage } from './ledger-storage.ts'
import { LearntReceipts, readTracked, settle } from './settling.ts'
import { Silence } from './silence.ts'
import { Submissions } from './submissions.ts'
import { TransactionGossip } from './transaction-gossip.ts'
import { Upkeep } from './upkeep.ts'

export interface LedgerOptions {
  /** 32 bytes: which network. */
  readonly networkId: Uint8Array
  readonly timing: Timing
  /** A place of the chain that the user of this node believes by somebody else's word. Needed by who was never there, or away for too long. */
  readonly checkpoint?: Checkpoint
}

export interface LedgerModules extends Pick<ChainModules, 'nextBeacon'> {
  readonly network: PeerNetwork
  readonly registry: ModuleRegistry
  /** The state in it is that of genesis or later. */
  readonly storage: LedgerStorage
  /** The node's key. */
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Told of every final block in order, also of those that a start applies again because the saved state does not have them yet. */
  readonly onFinal?: (block: FinalBlockEvent, state: StateReader) => void
  /** For proofs of what became of a transaction; without it there are none. */
  readonly receipts?: ReceiptSource
}

/** Where the ledger stands on this node. */
export interface LedgerStatus {
  readonly height: number
  readonly epoch: number
  /** Hash of the last final block. */
  readonly block: Uint8Array
  /** Height of the epoch's last block. */
  readonly lastHeight: number
  readonly validators: number
  readonly isValidator: boolean
  readonly pending: number
  /** Why this node takes no part any more; undefined while all is well. */
  readonly haltedWhy: string | undefined
  /** What keeps it from taking its part while it is not halted. */
  readonly impairments: readonly Impairment[]
  /** Why this node cannot believe what others show it, and what to do; undefined while it can. */
  readonly awayWhy: string | undefined
}

/** The ledger on one node: takes part in making it or follows, and answers from what is final. */
export class Ledger {
  readonly chain: Chain
  /** What validators were seen to contradict themselves with: a duty of this node to tell. */
  readonly accusations = new Accusations()
  /** For who believes no node, and checks. */
  readonly proofs: ProofServer
  /** From where on what others show is believed. */
  readonly trust: Trust
  readonly #modules: LedgerModules
  readonly #mempool: Mempool
  readonly #tracker: TransactionTracker
  readonly #submissions: Submissions
  readonly #gossip: TransactionGossip
  readonly #engine: Engine
  readonly #catchUp: CatchUp
  readonly #announcements: Announcements
  readonly #listeners = new Set<(block: FinalBlockEvent) => void>()
  readonly #shelf = new SnapshotShelf()
  readonly #upkeep: Upkeep
  #haltedWhy: string | undefined
  #awayWhy: string | undefined
  readonly #silence: Silence

  private constructor(
    options: LedgerOptions,
    chain: Chain,
    verifier: RememberingVerifier,
    start: ReplayedChain,
    modules: LedgerModules,
  ) {
    const { networkId, timing } = options
    const { network, registry, storage, clock, timers, logger } = modules
    this.#modules = modules
    this.#silence = new Silence(clock)
    this.chain = chain
    const { height, baseFee } = chain.record
    const accounts = { account: (key: Uint8Array) => accountOf(chain.state, key) }
    const { onFinal } = modules
    if (onFinal !== undefined) this.#listeners.add((block) => onFinal(block, chain.state))
    this.#mempool = new Mempool({ height, baseFee }, { accounts, verifier, unitsOf: unitsBy(registry) })
    this.#tracker = new TransactionTracker(networkId, this.#mempool)
    this.#submissions = new Submissions({ tracker: this.#tracker, records: storage.tracked, clock })
    const links = new ValidatorLinks({
      network,
      timers,
      logger,
      onFrames: (from, frames) => this.#engine.onFrames(from, frames),
    })
    this.#engine = new Engine(
      { network: networkId, timing },
      { ...start, records: recordsOf(storage.logged, rulesAt(chain, networkId, modules.ed25519)) },
      {
        ...modules,
        chain,
        links,
        log: storage.log,
        archive: storage.archive,
        transactions: new PendingTransactions(this.#mempool, chain),
        listener: {
          onFinal: (block) => this.#onFinal(block),
          onEvidence: (evidence, node) => this.accusations.add(node, evidence),
          onCatchUp: (request) => this.#catchUp.start(request),
          onStateArrived: () => this.#onStateArrived(),
          onHalted: (why) => {
            this.#haltedWhy = why
            this.#catchUp.stop().catch(() => undefined)
          },
        },
      },
    )
    const { blocks, epochs } = storage
    const { checkpoint } = options
    this.trust = new Trust(
      { network: networkId, self: modules.signer.publicKey, checkpoint },
      { chain, epochs, ed25519: modules.ed25519, clock },
    )
    this.#catchUp = new CatchUp({
      network,
      chain,
      engine: this.#engine,
      trust: this.trust,
      store: storage,
      clock,
      timers,
      logger,
      onTooLongAway: (why) => {
        this.#awayWhy = why
      },
    })
    new BlockServer({ network, blocks, clock, timers })
    new StateServer({ network, shelf: this.#shelf, blocks, epochs, clock, timers })
    const { receipts } = modules
    this.proofs = new ProofServer({ network: networkId, state: chain.state, blocks, epochs, receipts })
    new LightServer({ network, proofs: this.proofs, clock, timers })
    this.#announcements = new Announcements({
      network,
      clock,
      timers,
      onHeard: (from, height) => this.#onAnnounced(from, height),
    })
    const onArrival = (): void => this.#engine.workChanged()
    this.#gossip = new TransactionGossip({ network, mempool: this.#mempool, onArrival, clock, timers, logger })
    this.#upkeep = new Upkeep({
      ...{ storage, submissions: this.#submissions, shelf: this.#shelf, clock, timers, logger },
      place: () => this.#place(),
      onTurn: () => {
        this.#resend()
        if (this.#silence.takeTurn()) this.#catchUp.start({ peers: [] })
      },
    })
  }

  /** Applies what the archive has beyond the saved state. Throws LEDGER_DIVERGED, LEDGER_ARCHIVE_SHORT and what storage throws. */
  static async open(options: LedgerOptions, modules: LedgerModules): Promise<Ledger> {
    const { networkId } = options
    const { registry, ed25519, storage, nextBeacon, onFinal, clock, logger } = modules
    const verifier = new RememberingVerifier(ed25519, networkId)
    const chain = new Chain(storage.state, { registry, network: networkId, verifier, nextBeacon })
    const tracked = readTracked(storage.tracked.read(), logger)
    const learnt = new LearntReceipts(tracked)
    const start = await replay(
      chain,
      storage.blocks,
      () => rulesAt(chain, networkId, ed25519),
      (block) => {
        learnt.note(block.receipts)
        onFinal?.(block, chain.state)
      },
      (proof) => storage.epochs.append(proof),
    )
    const ledger = new Ledger(options, chain, verifier, start, modules)
    // Until an epoch ends, this is what there is for those who are far behind.
    if (start.certificate !== undefined) ledger.#shelf.put(chain.state.snapshot())
    ledger.#tracker.restore(tracked, clock.nowMs())
    await settle(ledger.#tracker, networkId, storage.blocks, chain.point.height, learnt)
    return ledger
  }

  start(): void {
    this.#engine.start()
    this.#upkeep.start()
  }

  async stop(): Promise<void> {
    this.#gossip.stop()
    this.#announcements.stop()
    await this.#catchUp.stop()
    await this.#engine.stop()
    await this.#upkeep.stop()
    try {
      await this.#submissions.keep()
      await this.#modules.storage.close()
    } catch (error) {
      this.#modules.logger.error('the ledger could not be made durable at its end', { why: messageOf(error) })
    }
  }

  /** The state after the last final block. */
  get state(): StateReader {
    return this.chain.state
  }

  status(): LedgerStatus {
    const { height, block } = this.chain.point
    const { epoch, lastHeight } = this.chain.record
    const { validators } = this.#engine.rules.committee
    const { publicKey } = this.#modules.signer
    return {
      height,
      epoch,
      block,
      lastHeight,
      validators: validators.length,
      isValidator: validators.some(({ key }) => compareBytes(key, publicKey) === 0),
      pending: this.#mempool.size,
      haltedWhy: this.#haltedWhy,
      impairments: impairmentsOf({
        lastHeight,
        isMuted: this.#engine.state.isMuted,
        clockOffMs: this.#engine.clockOffMs,
        diskWhy: this.#upkeep.failedWhy,
      }),
      awayWhy: this.#awayWhy,
    }
  }

  /** See {@link checkpointOf}. Throws LEDGER_JOURNAL_CORRUPT, LEDGER_DISK_FAILED. */
  checkpoint(): Promise<Checkpoint | undefined> {
    return checkpointOf(this.state, this.#modules.storage.epochs, this.chain.modules.network)
  }

  /** The lowest height whose block is kept here; undefined when none is. */
  get keptFrom(): number | undefined {
    return this.#modules.storage.blocks.heights?.first
  }

  /**
   * Takes a transaction of a user of this node, makes sure it is not forgotten, tells everybody, and follows it until it is decided. Returns
   * its id. Throws as {@link Submissions.submit}: then nothing is left of it.
   */
  async submit(transaction: Uint8Array): Promise<Uint8Array> {
    const id = await this.#submissions.submit(transaction)
    this.#gossip.send([transaction])
    this.#engine.workChanged()
    return id
  }

  /** Where a submitted transaction stands. Undefined for one that is not followed here. */
  transactionState(id: Uint8Array): TransactionState | undefined {
    return this.#tracker.state(id)
  }

  /** A transaction that a user of this node sent, and where it stands. Undefined for one that is not followed here. */
  followed(id: Uint8Array): FollowedTransaction | undefined {
    return this.#tracker.followed(id)
  }

  /** Transactions of an account that are known here and not decided, by nonce: what waits, and what users of this node sent. */
  undecided(account: Uint8Array): ReadonlyMap<number, Uint8Array> {
    const found = new Map(this.#mempool.waiting(account).map(({ nonce, bytes }) => [nonce, bytes]))
    for (const { nonce, bytes } of this.#tracker.openOf(account)) found.set(nonce, bytes)
    return found
  }

  /** A final block that is kept here, with what proves it if it is the last of its group. Throws LEDGER_JOURNAL_CORRUPT, LEDGER_DISK_FAILED. */
  async block(height: number): Promise<ArchivedBlock | undefined> {
    const bytes = await this.#modules.storage.blocks.read(height)
    return bytes === undefined ? undefined : decodeArchived(bytes)
  }

  /** Every record of the state counted, with what it holds: a second for a million of them, in turns with other work. */
  holdings(): Promise<Holdings> {
    return countHoldings(this.#modules.storage.state.snapshot(), this.#modules.registry.tables)
  }

  /** The nonce for an account's next transaction: behind those that are known here and not decided. `account`: 32 bytes. */
  nextNonce(account: Uint8Array): number {
    let { nonce } = this.#mempool.account(account)
    while (this.#mempool.find(account, nonce) !== undefined || this.#tracker.isNonceTaken(account, nonce)) nonce += 1
    return nonce
  }

  /** Calls back after every final block, in order. Returns the way to stop it. */
  onFinal(listener: (block: FinalBlockEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #onFinal(block: FinalBlockEvent): void {
    this.#silence.onFinal()
    this.#awayWhy = undefined
    const { header, transactions, receipts, changedAccounts } = block
    if (header.seal !== undefined) this.#shelf.put(this.chain.state.snapshot())
    this.#mempool.onFinal({ height: header.height, baseFee: this.chain.record.baseFee, changed: changedAccounts })
    if (this.#tracker.openCount > 0) {
      const decided = transactions.flatMap((bytes, index) => {
        const { account, nonce } = decodeTransaction(bytes)
        const receipt = receipts[index]
        return receipt === undefined ? [] : [{ account, nonce, id: receipt.transaction, receipt }]
      })
      this.#tracker.onFinal(header.height, decided)
    }
    if (header.leader === this.#engine.state.options.self) this.#announcements.say(header.height)
    for (const listener of this.#listeners) this.#call(listener, block)
  }

  /** The state is another: nothing is known of how it came there. */
  #onStateArrived(): void {
    const { height, baseFee } = this.chain.record
    this.#silence.onFinal()
    this.#awayWhy = undefined
    this.#modules.logger.info('the ledger goes on from a state that others sent', { height })
    this.#shelf.put(this.chain.state.snapshot())
    this.#mempool.onLeap({ height, baseFee })
    this.#tracker.settle()
  }

  /** What somebody else does with a block must not stop the ledger. */
  #call(listener: (block: FinalBlockEvent) => void, block: FinalBlockEvent): void {
    try {
      listener(block)
    } catch (error) {
      this.#modules.logger.error('a listener of the ledger failed', { why: messageOf(error) })
    }
  }

  #place() {
    const { final, options } = this.#engine.state
    return { final: { epoch: options.committee.epoch, slot: final.slot }, epoch: this.chain.record.epoch }
  }

  #resend(): void {
    const again = this.#tracker.resend(this.#modules.clock.nowMs())
    if (again.length === 0) return
    this.#gossip.send(again)
    this.#engine.workChanged()
  }

  #onAnnounced(from: NodeId, height: number): void {
    const { self, timing } = this.#engine.state.options
    // A validator hears from the others, unless it is none any more and did not learn of it: they then say nothing to it.
    const isQuiet = this.#silence.lastedMs >= timing.idleMs + timing.standstillMs
    if ((self === undefined || isQuiet) && height > this.chain.point.height) this.#catchUp.follow(from, height)
  }
}
