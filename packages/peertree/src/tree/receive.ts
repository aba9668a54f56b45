import type { NodeId } from '@borgios/core'
import type { TreeMessage, TreeMessageKind } from '@borgios/protocol'
import { onDirectorySummary, onDirectoryWant } from '../directory/comparison.ts'
import { onDirectoryEntries } from '../directory/gossip.ts'
import { onAccept, onAttach } from './attach.ts'
import { onBeat } from './beats.ts'
import { onCensus, onCensusAsk } from './census.ts'
import { onLazy, onLazyReply } from './lazy-links.ts'
import { onDetach } from './links.ts'
import { onMeet, onProbe, onStatus } from './merge.ts'
import { onHave, onWant } from './repair.ts'
import { onRedirect, onRefuse } from './seek.ts'
import { ignore } from './sessions.ts'
import { isMember, type TreeState } from './tree-state.ts'

/** All that is said between a guest and the member above it. */
const GUEST_KINDS: ReadonlySet<TreeMessageKind> = new Set([
  'attach',
  'accept',
  'redirect',
  'refuse',
  'detach',
  'beat',
  'have',
  'want',
])

/** Takes one message of a peer to whoever it is for. What a guest may not say, or too much of anything, is left aside. */
export function receive(state: TreeState, from: NodeId, message: TreeMessage): void {
  const session = state.sessions.get(from)
  if (session === undefined) {
    ignore(state, from, 'a message without a session')
    return
  }
  if (!session.bucket.take(1, state.nowMs)) {
    ignore(state, from, 'too many messages')
    return
  }
  const isGuestTalk = session.role === 'guest' || !isMember(state)
  if (isGuestTalk && !GUEST_KINDS.has(message.kind)) {
    ignore(state, from, 'not for guests')
    return
  }
  session.usedMs = state.nowMs
  state.suspects.delete(from)
  switch (message.kind) {
    case 'attach':
      onAttach(state, from, message)
      break
    case 'accept':
      onAccept(state, from, message)
      break
    case 'redirect':
      onRedirect(state, from, message)
      break
    case 'refuse':
      onRefuse(state, from, message)
      break
    case 'detach':
      onDetach(state, from, message)
      break
    case 'beat':
      onBeat(state, from, message)
      break
    case 'have':
      onHave(state, from, message)
      break
    case 'want':
      onWant(state, from, message)
      break
    case 'probe':
      onProbe(state, from, message)
      break
    case 'status':
      onStatus(state, from, message)
      break
    case 'meet':
      onMeet(state, from, message)
      break
    case 'lazy':
      onLazy(state, from, message)
      break
    case 'lazyReply':
      onLazyReply(state, from, message)
      break
    case 'censusAsk':
      onCensusAsk(state, from, message)
      break
    case 'census':
      onCensus(state, from, message)
      break
    case 'directoryEntries':
      onDirectoryEntries(state, from, message)
      break
    case 'directorySummary':
      onDirectorySummary(state, from, message)
      break
    case 'directoryWant':
      onDirectoryWant(state, from, message)
      break
  }
}
