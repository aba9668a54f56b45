import { type BorgError, isBorgError, limits, type NodeId, type Timers } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { isLightReply, LEDGER_LIGHT_PROTOCOL, type LightRequest } from '@borgios/protocol'
import { badSyncMessage, proofMissing, proofPruned, proofUnknown } from '../errors.ts'

const bounds = limits.ledgerLight

/** What another member is unlikely to know better. */
const REFUSALS: Readonly<Record<string, (why: string) => BorgError>> = {
  LEDGER_PROOF_UNKNOWN: proofUnknown,
  LEDGER_PROOF_PRUNED: proofPruned,
}

export interface LightPeerModules {
  readonly network: Pick<PeerNetwork, 'openStream' | 'self' | 'members' | 'position'>
  readonly timers: Timers
}

/**
 * Asks members what the ledger says, for a node that does not follow it: the parent first, then others, until one answers. What comes back is for
 * the asker to check. When none does, throws LEDGER_PROOF_UNKNOWN or LEDGER_PROOF_PRUNED if one says so, else LEDGER_PROOF_MISSING.
 */
export async function askMembers(
  modules: LightPeerModules,
  request: LightRequest,
  signal?: AbortSignal,
): Promise<readonly Uint8Array[]> {
  let refused: unknown
  let why: unknown
  for (const member of membersToAsk(modules.network)) {
    try {
      return await askMember(modules, member, request, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (isBorgError(error) && error.code in REFUSALS) refused = error
      why = error
    }
  }
  if (refused !== undefined) throw refused
  throw proofMissing('no member answers what the ledger says: try again in a moment', why)
}

function membersToAsk(network: LightPeerModules['network']): readonly NodeId[] {
  const { parent, children } = network.position()
  const up = network.members().filter(({ node, state }) => node !== network.self && state === 'up')
  const near = [...(parent === undefined ? [] : [parent]), ...children]
  return [...new Set([...near, ...up.map(({ node }) => node)])].slice(0, bounds.peersAsked)
}

/** One question to one member. Throws what the network throws, and the error that the member answers with. */
export async function askMember(
  { network, timers }: Pick<LightPeerModules, 'timers'> & { readonly network: Pick<PeerNetwork, 'openStream'> },
  member: NodeId,
  request: LightRequest,
  signal?: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const late = new AbortController()
  const cancel = timers.after(bounds.answerMs, () => late.abort(proofMissing('the member did not answer in time')))
  const until = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal])
  let stream: PeerStream | undefined
  const onAbort = (): void => stream?.abort(until.reason)
  until.addEventListener('abort', onAbort, { once: true })
  try {
    stream = await network.openStream(member, LEDGER_LIGHT_PROTOCOL, until)
    until.throwIfAborted()
    await stream.send({ header: request, payload: new Uint8Array() })
    await stream.end()
    return await partsOf(stream)
  } catch (error) {
    until.throwIfAborted()
    throw error
  } finally {
    cancel()
    until.removeEventListener('abort', onAbort)
    stream?.abort(new Error('done'))
  }
}

async function partsOf(stream: PeerStream): Promise<readonly Uint8Array[]> {
  const first = await stream.receive()
  const reply: unknown = first?.header
  first?.release?.()
  if (!isLightReply(reply)) throw badSyncMessage('no answer')
  if ('code' in reply) {
    throw (REFUSALS[reply.code] ?? proofMissing)(reply.message)
  }
  const parts: Uint8Array[] = []
  while (parts.length < reply.parts) {
    const message = await stream.receive()
    if (message === undefined) throw badSyncMessage('less than it promised')
    parts.push(message.payload.slice())
    message.release?.()
  }
  return parts
}
