import { type BufferPool, type Logger, limits, messageOf, type Timers } from '@borgios/core'
import { BULK_PROTOCOL, isStreamAnswer, isStreamOpening } from '@borgios/protocol'
import { withTimeout } from '../deadline.ts'
import type { ByteStream } from '../engine/engine.ts'
import { closed, exhausted, misbehaved, refused, unreachable } from '../errors.ts'
import type { PeerStream, StreamHandler } from '../peer-network.ts'
import { fromRemoteError, toRemoteError } from '../session/remote-error.ts'
import type { Services } from '../session/services.ts'
import type { Session } from '../session/session.ts'
import { BulkStream } from './bulk-stream.ts'

const NO_BYTES = new Uint8Array(0)

export interface OpeningModules {
  readonly timers: Timers
  readonly logger: Logger
  readonly services: Services
  readonly buffers: BufferPool
}

/**
 * Opens a bulk stream over a session and waits for the peer's word. Throws PEERTREE_REFUSED, PEERTREE_EXHAUSTED,
 * PEERTREE_UNREACHABLE, PEERTREE_TIMEOUT or the signal's reason.
 */
export async function openBulkStream(
  session: Session,
  protocol: string,
  modules: OpeningModules,
  signal: AbortSignal | undefined,
): Promise<PeerStream> {
  signal?.throwIfAborted()
  const release = session.holdStream()
  if (release === undefined) throw exhausted(`too many bulk streams with ${session.peer.node}; close some`)
  return withTimeout(modules.timers, limits.peertree.streamOpenTimeoutMs, signal, async (bounded) => {
    let bytes: ByteStream
    try {
      bytes = await session.openStream(BULK_PROTOCOL, bounded)
    } catch (error) {
      release()
      throw error
    }
    const stream = new BulkStream(session.peer, bytes, modules.buffers, release)
    const onAbort = (): void => stream.abort(bounded.reason)
    bounded.addEventListener('abort', onAbort, { once: true })
    try {
      await stream.send({ header: { protocol }, payload: NO_BYTES })
      const answer = await stream.receive()
      if (!isStreamAnswer(answer?.header)) throw unreachable('the peer closed the stream unanswered')
      if (answer.header.error !== undefined) throw fromRemoteError(answer.header.error, session.peer.node)
      return stream
    } catch (error) {
      stream.abort(closed('the stream was not accepted'))
      throw error
    } finally {
      bounded.removeEventListener('abort', onAbort)
    }
  })
}

/** Takes a bulk stream that a peer opened: hears what it is for, and lets its handler work on it. Never rejects. */
export async function acceptBulkStream(session: Session, bytes: ByteStream, modules: OpeningModules): Promise<void> {
  const release = session.holdStream()
  const stream = new BulkStream(session.peer, bytes, modules.buffers, release)
  try {
    if (release === undefined) {
      await turnDown(stream, exhausted('too many bulk streams of yours are open here; close some'))
      return
    }
    const handler = await handlerOf(stream, modules)
    if (handler === undefined) {
      await turnDown(stream, refused(`the node does not open this protocol to a ${session.peer.role}`))
      return
    }
    await stream.send({ header: {}, payload: NO_BYTES })
    await handler(stream)
    stream.discard()
    await stream.end()
  } catch (error) {
    modules.logger.debug('a bulk stream failed', { peer: session.peer.node, error: messageOf(error) })
    stream.abort(error instanceof Error ? error : closed('the handler failed'))
  }
}

async function handlerOf(stream: BulkStream, modules: OpeningModules): Promise<StreamHandler | undefined> {
  const { timers, services } = modules
  const opening = await withTimeout(timers, limits.peertree.streamOpenTimeoutMs, undefined, () => stream.receive())
  if (!isStreamOpening(opening?.header)) throw misbehaved('the peer did not say what its stream is for')
  return services.protocols.find(opening.header.protocol, stream.remote.role)
}

async function turnDown(stream: BulkStream, error: Error): Promise<void> {
  await stream.send({ header: { error: { ...toRemoteError(error) } }, payload: NO_BYTES })
  stream.discard()
  await stream.end()
}
