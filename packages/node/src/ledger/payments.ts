import { join } from 'node:path'
import { type JobEarnings, type JobLimits, mostUsage } from '@borgios/compute'
import { LeaseId, limits, NetworkId, NodeId } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import { Duties, type Duty } from '@borgios/ledger'
import type { PeerNetwork } from '@borgios/peertree'
import type { PutId } from '@borgios/protocol'
import type { AuditPorts, FileStore, StorageLeases } from '@borgios/store'
import { loadOperator } from '../config/identity.ts'
import { loadWallet, recordsOf, walletKeyIn } from '../config/wallet.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { EpochAudits } from './epoch-audits.ts'
import { HeldLeases } from './held-leases.ts'
import { JobClaims } from './job-claims.ts'
import { LedgerEscrow } from './ledger-escrow.ts'
import { LedgerLeases } from './ledger-leases.ts'
import { nodesUp, whyStill } from './ledger-views.ts'
import { ListClient } from './list-client.ts'
import type { OnePut } from './one-put.ts'
import type { OpenedLedger } from './open-ledger.ts'
import { WalletSender } from './wallet-sender.ts'

/** The money of one node: what its user pays, and what it earns and owes. */
export class Payments {
  readonly leases: StorageLeases
  readonly escrow: LedgerEscrow
  readonly earnings: JobEarnings
  /** What this node's store asks others to show. */
  readonly audit: AuditPorts
  readonly #context: RoomsContext
  readonly #opened: OpenedLedger
  readonly #network: PeerNetwork
  readonly #sender: WalletSender
  readonly #lists: ListClient
  readonly #claims: JobClaims
  readonly #putLease: (put: PutId) => Uint8Array
  readonly #renew: (lease: Uint8Array, forMs: number) => Promise<void>
  readonly #audits: EpochAudits
  readonly #started = Promise.withResolvers<void>()
  #held: HeldLeases | undefined
  #duties: Duties | undefined
  #stopPruning = (): void => undefined

  private constructor(
    context: RoomsContext,
    opened: OpenedLedger,
    network: PeerNetwork,
    sender: WalletSender,
    wallet: Signer,
  ) {
    const { identity, ed25519, timers, logger } = context
    const { ledger } = opened
    this.#context = context
    this.#opened = opened
    this.#network = network
    this.#sender = sender
    const node = NodeId.toBytes(identity.node)
    this.#lists = new ListClient({ network, timers, logger })
    const deliver = (order: Parameters<ListClient['deliver']>[0]): void => {
      if (order.holder === identity.node) this.#held?.keep(order.lease, order.list).catch(() => undefined)
      else this.#lists.deliver(order)
    }
    const leases = new LedgerLeases({ ledger, sender, lists: { deliver }, node, logger })
    this.#putLease = (put) => leases.leaseOf(put)
    this.#renew = (lease, forMs) => leases.renew(lease, forMs)
    this.leases = {
      hold: (wish, signal) => leases.hold(wish, signal),
      left: async () => {
        await this.#started.promise
        return leases.left()
      },
    }
    this.escrow = new LedgerEscrow({
      ...{ ledger, sender, wallet, logger },
      ...{ network: identity.network, self: identity.node },
    })
    this.#claims = new JobClaims({
      ...{ ledger, node, network: identity.network, ed25519, timers, logger },
      onOwed: () => this.#duties?.wake(),
    })
    this.earnings = this.#claims
    this.#audits = new EpochAudits({
      ...{ ledger, lists: this.#lists, node, timers, logger },
      onOwed: () => this.#duties?.wake(),
    })
    this.audit = this.#audits.ports
  }

  /** Throws NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
  static async open(context: RoomsContext, opened: OpenedLedger, network: PeerNetwork): Promise<Payments> {
    const { identity, config, paths, timers } = context
    const signer = await loadWallet(walletKeyIn(recordsOf(paths, config)), context)
    const networkId = NetworkId.toBytes(identity.network)
    const { ledger } = opened
    const sender = new WalletSender({
      ...{ ledger, signer, network: networkId, timers },
      whyStill: () => whyStill(ledger, nodesUp(network, identity.node)),
    })
    return new Payments(context, opened, network, sender, signer)
  }

  /** From now on the node earns: it accepts what it is to keep, and bills what it ran. Throws NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
  async serve(store: Pick<FileStore, 'heldBytes' | 'audits'>): Promise<void> {
    const { identity, paths, logger } = this.#context
    const { ledger, beaconDuty } = this.#opened
    const node = NodeId.toBytes(identity.node)
    const held = new HeldLeases(join(paths.ledger, 'lists'), {
      ...{ ledger, network: this.#network, node, store, logger },
      onOwed: () => this.#duties?.wake(),
    })
    this.#held = held
    this.#audits.start(store.audits)
    const payer = (await loadOperator(paths, this.#context)).signer
    const duties: readonly Duty[] = [
      ledger.accusations.duty,
      beaconDuty,
      (state) => this.#audits.duty(state),
      (state) => held.duty(state),
      (state) => this.#claims.duty(state),
    ]
    this.#duties = new Duties(duties, { ledger, payer, logger, network: NetworkId.toBytes(identity.network) })
    this.#stopPruning = ledger.onFinal(({ header }) => {
      if (header.height % limits.node.pruneListsBlocks === 0) held.prune().catch(() => undefined)
    })
  }

  /** Pays for one put; `lease` names afterwards what it is paid from. */
  forOnePut(): OnePut {
    let held: LeaseId | undefined
    const { hold, left } = this.leases
    const leases: StorageLeases = {
      left,
      hold: async (wish, signal) => {
        const made = await hold(wish, signal)
        held = LeaseId.fromBytes(this.#putLease(wish.put))
        return made
      },
    }
    return { leases, lease: () => held }
  }

  /** Throws NODE_LEASE_OVER, NODE_FUNDS_SHORT and what else `WalletSender.pay` throws. */
  renew(lease: LeaseId, forMs: number): Promise<void> {
    return this.#renew(LeaseId.toBytes(lease), forMs)
  }

  /** Throws NODE_FUNDS_SHORT. */
  assertPayable(jobLimits: JobLimits): void {
    this.escrow.assertPayable(mostUsage(jobLimits))
  }

  /** The ledger runs. */
  started(): void {
    this.#started.resolve()
  }

  /** Nobody waits for money from now on; what is sent still goes out. Before the rooms stop. */
  stopWaiting(): void {
    this.#sender.stop()
    this.#started.resolve()
  }

  /** Before the ledger stops. */
  async stop(): Promise<void> {
    this.#duties?.stop()
    this.#stopPruning()
    await Promise.all([this.#lists.stop(), this.#audits.stop()])
    await this.#held?.close()
  }
}
