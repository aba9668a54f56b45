import { type Logger, limits, messageOf, ShardId } from '@borgios/core'
import {
  type EntryKey,
  entriesOf,
  entryTable,
  explainingLmdb,
  LEASES_MODULE,
  type Ledger,
  memberOf,
  moneyOperations,
  type OwedOperation,
  openLmdb,
  type StateReader,
} from '@borgios/ledger'
import type { PeerNetwork, PeerStream, StreamMessage } from '@borgios/peertree'
import {
  compareBytes,
  decodeShardList,
  isListRequest,
  LEASE_LISTS_PROTOCOL,
  type ListReply,
  shardListHash,
} from '@borgios/protocol'
import type { FileStore } from '@borgios/store'
import type { RootDatabase } from 'lmdb'
import { badRequest } from '../errors.ts'
import { leaseText, piecesOf } from './list-client.ts'

const bounds = limits.node
const LIST_ITEM_BYTES = 36
const MAX_LIST_BYTES = limits.ledgerMoney.maxEntryShards * LIST_ITEM_BYTES

export interface HeldLeasesModules {
  readonly ledger: Pick<Ledger, 'state'>
  readonly network: Pick<PeerNetwork, 'handleStream'>
  /** 32 bytes: this node. */
  readonly node: Uint8Array
  readonly store: Pick<FileStore, 'heldBytes'>
  /** Called when an operation is owed. */
  readonly onOwed: () => void
  readonly logger: Logger
}

/** A part to accept. */
interface Waiting {
  readonly lease: Uint8Array
  tries: number
}

/**
 * What this node keeps for leases: takes the list of its shards from whoever pays, accepts its part once it holds all of them, and shows
 * the list to those that audit it.
 */
export class HeldLeases {
  readonly #folder: string
  readonly #modules: HeldLeasesModules
  readonly #lists: RootDatabase<Uint8Array, Uint8Array>
  /** Parts to accept, by the lease as text, and how often that was sent. */
  readonly #toAccept = new Map<string, Waiting>()
  #serving = 0
  #isClosed = false

  /** `folder`: of its own; made when it is not there. */
  constructor(folder: string, modules: HeldLeasesModules) {
    this.#folder = folder
    this.#modules = modules
    this.#lists = openLmdb<Uint8Array, Uint8Array>(folder, 'binary')
    const { ledger, network, node } = modules
    for (const [{ lease }, { isAccepted }] of entriesOf(ledger.state, node)) {
      if (!isAccepted && this.#lists.doesExist(lease)) this.#toAccept.set(leaseText(lease), { lease, tries: 0 })
    }
    network.handleStream(LEASE_LISTS_PROTOCOL, (stream) => this.#serve(stream))
  }

  /** Accepts what waits, as an operation of a duty. */
  duty(state: StateReader): readonly OwedOperation[] {
    const { node } = this.#modules
    if (memberOf(state, node)?.state !== 'active') return []
    const accepted: Waiting[] = []
    for (const [text, waiting] of this.#toAccept) {
      const entry = state.get(entryTable, this.#keyOf(waiting.lease))
      if (entry === undefined || entry.isAccepted || waiting.tries >= bounds.acceptTries) this.#toAccept.delete(text)
      else if (accepted.length < bounds.acceptedAtOnce) accepted.push(waiting)
    }
    if (accepted.length === 0) return []
    const { kind, encode } = moneyOperations.lease.accept
    const leases = accepted.map(({ lease }) => lease).sort(compareBytes)
    const onSent = (): void => {
      for (const waiting of accepted) waiting.tries += 1
    }
    return [{ module: LEASES_MODULE, kind, body: encode({ node, leases }), onSent }]
  }

  /** Forgets lists of leases that this node has no part in any more. */
  async prune(): Promise<void> {
    const { state } = this.#modules.ledger
    for (const lease of [...this.#lists.getKeys()]) {
      if (this.#isClosed) return
      if (state.get(entryTable, this.#keyOf(lease)) === undefined) {
        await explainingLmdb(this.#folder, () => this.#lists.remove(lease))
      }
    }
  }

  /** Keeps a list that came for a part of this node in a lease. */
  async keep(lease: Uint8Array, list: Uint8Array): Promise<ListReply['outcome']> {
    const { ledger, store } = this.#modules
    const entry = ledger.state.get(entryTable, this.#keyOf(lease))
    if (entry === undefined) return 'unknown'
    const shards = decodeShardList(list)
    if (compareBytes(shardListHash(shards), entry.list) !== 0) throw badRequest('another list than that of the lease')
    // Its payer wrote both: fewer bytes would cheat this node of its pay, fewer shards make it fail every audit.
    const listedBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0)
    if (shards.length !== entry.shards || listedBytes !== entry.bytes) {
      throw badRequest('the lease names other bytes or shards than its list')
    }
    for (const [index, { shard, bytes }] of shards.entries()) {
      if (index % bounds.shardsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
      if (store.heldBytes(ShardId.fromBytes(shard)) !== bytes) return 'lacking'
    }
    // LMDB does not survive being used after it was closed.
    if (this.#isClosed) return 'unknown'
    await explainingLmdb(this.#folder, () => this.#lists.put(lease, list))
    if (!entry.isAccepted) this.#toAccept.set(leaseText(lease), { lease, tries: 0 })
    this.#modules.onOwed()
    return 'kept'
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#lists.close()
  }

  #keyOf(lease: Uint8Array): EntryKey {
    return { holder: this.#modules.node, lease }
  }

  async #serve(stream: PeerStream): Promise<void> {
    if (this.#serving >= bounds.listsAtOnce) {
      await stream.end()
      return
    }
    this.#serving += 1
    try {
      const first = await stream.receive()
      if (first === undefined || !isListRequest(first.header)) throw badRequest('no request about a list')
      const lease = new Uint8Array(Buffer.from(first.header.lease, 'hex'))
      if (first.header.op === 'keep') await say(stream, await this.keep(lease, await readList(stream, first)))
      else await this.#show(stream, lease)
      await stream.end()
    } catch (error) {
      this.#modules.logger.info('a list was not taken or given', { from: stream.remote.node, why: messageOf(error) })
      stream.abort(error instanceof Error ? error : badRequest(String(error)))
    } finally {
      this.#serving -= 1
    }
  }

  async #show(stream: PeerStream, lease: Uint8Array): Promise<void> {
    const list = this.#isClosed ? undefined : this.#lists.get(lease)
    if (list === undefined) return say(stream, 'unknown')
    for (const piece of piecesOf(list)) await say(stream, 'list', piece)
  }
}

const say = (
  stream: PeerStream,
  outcome: ListReply['outcome'],
  payload: Uint8Array = new Uint8Array(),
): Promise<void> => stream.send({ header: { outcome }, payload })

async function readList(stream: PeerStream, first: StreamMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for (let message: StreamMessage | undefined = first; message !== undefined; message = await stream.receive()) {
    bytes += message.payload.length
    if (bytes > MAX_LIST_BYTES) throw badRequest('a list of more shards than a node may have in a lease')
    pieces.push(message.payload.slice())
    message.release?.()
  }
  return new Uint8Array(Buffer.concat(pieces))
}
