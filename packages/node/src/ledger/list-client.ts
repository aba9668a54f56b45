import { type Logger, limits, messageOf, type NodeId, type Timers } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { isListReply, LEASE_LISTS_PROTOCOL, type ListReply, type ListRequest } from '@borgios/protocol'
import { badRequest, daemonSilent } from '../errors.ts'

const bounds = limits.node

export interface ListClientModules {
  readonly network: PeerNetwork
  readonly timers: Timers
  readonly logger: Logger
}

/** A list on its way to a node. */
export interface ListOrder {
  readonly holder: NodeId
  /** 32 bytes. */
  readonly lease: Uint8Array
  readonly list: Uint8Array
}

const NOTHING = new Uint8Array()
export const leaseText = (lease: Uint8Array): string => Buffer.from(lease).toString('hex')

/** The pieces of a list, at least one. */
export function* piecesOf(list: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at === 0 || at < list.length; at += bounds.listPieceBytes) {
    yield list.subarray(at, at + bounds.listPieceBytes)
  }
}

/** Brings nodes the lists of what they keep for a lease, and asks them for such lists. */
export class ListClient {
  readonly #modules: ListClientModules
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(modules: ListClientModules) {
    this.#modules = modules
  }

  /** Brings a list in the background, again and again for about an hour while the node is away or its ledger is behind. */
  deliver(order: ListOrder): void {
    const work = this.#deliver(order).catch((error: unknown) => {
      const { holder } = order
      this.#modules.logger.warn('a node was not told what it is to keep and be paid for', {
        holder,
        why: messageOf(error),
      })
    })
    this.#running.add(work)
    work.finally(() => this.#running.delete(work))
  }

  /** The list that a node has for a lease; at most `maxBytes`. Throws what the network or the node says. */
  async fetch(holder: NodeId, lease: Uint8Array, maxBytes: number): Promise<Uint8Array> {
    return this.#exchange(holder, { op: 'list', lease: leaseText(lease) }, [NOTHING], async (stream) => {
      const pieces: Uint8Array[] = []
      let bytes = 0
      for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
        if (outcomeOf(message.header) !== 'list') throw badRequest('the node has no such list')
        bytes += message.payload.length
        if (bytes > maxBytes) throw badRequest('the node sent more than the list can have')
        pieces.push(message.payload.slice())
        message.release?.()
      }
      return Buffer.concat(pieces)
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(daemonSilent('this node is stopping'))
    await Promise.all(this.#running)
  }

  async #deliver(order: ListOrder): Promise<void> {
    const { timers } = this.#modules
    const { signal } = this.#stopping
    let pauseMs = bounds.listRetryMs
    for (let triesLeft = bounds.listTries; ; triesLeft -= 1) {
      const outcome = await this.#keep(order).catch((error: unknown) => {
        if (triesLeft <= 1 || signal.aborted) throw error
        return 'unknown' as const
      })
      if (outcome === 'kept') return
      if (outcome !== 'unknown' || triesLeft <= 1) throw badRequest(`it answered "${outcome}"`)
      await timers.sleep(pauseMs, signal)
      pauseMs *= 2
    }
  }

  #keep({ holder, lease, list }: ListOrder): Promise<ListReply['outcome']> {
    return this.#exchange(holder, { op: 'keep', lease: leaseText(lease) }, piecesOf(list), async (stream) =>
      outcomeOf((await stream.receive())?.header),
    )
  }

  async #exchange<Result>(
    holder: NodeId,
    header: ListRequest,
    payloads: Iterable<Uint8Array>,
    answer: (stream: PeerStream) => Promise<Result>,
  ): Promise<Result> {
    const { network, timers } = this.#modules
    const late = new AbortController()
    const cancel = timers.after(bounds.listTimeoutMs, () =>
      late.abort(daemonSilent(`${holder} did not answer in time`)),
    )
    const signal = AbortSignal.any([late.signal, this.#stopping.signal])
    let stream: PeerStream | undefined
    const onAbort = (): void => stream?.abort(signal.reason)
    signal.addEventListener('abort', onAbort)
    try {
      stream = await network.openStream(holder, LEASE_LISTS_PROTOCOL, signal)
      signal.throwIfAborted()
      for (const payload of payloads) await stream.send({ header, payload })
      await stream.end()
      return await answer(stream)
    } finally {
      cancel()
      signal.removeEventListener('abort', onAbort)
      stream?.abort(daemonSilent('done'))
    }
  }
}

function outcomeOf(header: unknown): ListReply['outcome'] {
  if (!isListReply(header)) throw badRequest('an answer about a list that makes no sense')
  return header.outcome
}
