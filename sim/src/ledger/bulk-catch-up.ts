import type { SeededRandom } from '@borgios/core/testing'
import type { Commit } from './final-store.ts'
import type { LedgerHost } from './ledger-host.ts'
import type { WatchedLedger } from './watched-ledger.ts'

/** How often a Byzantine peer serves a forged chain, which its reader sees by the certificates. */
const FORGED = 0.5

interface ChainReader extends Pick<WatchedLedger, 'book' | 'committees'> {
  readonly random: SeededRandom
}

/** The final blocks a peer has above ours, with the certificate of the newest. Undefined if there are none or they are forged. */
export function copyChain(world: ChainReader, host: LedgerHost, peer: LedgerHost): Commit | undefined {
  const { blocks, certificate } = peer.disk.store
  const news = blocks.slice(host.disk.store.height)
  if (certificate === undefined || news.length === 0) return undefined
  if (!peer.isHonest && world.random.chance(FORGED)) return undefined
  if (!world.book.isSoundCertificate(world.committees.of(certificate.epoch), certificate)) return undefined
  return { blocks: news, fillers: [], certificate }
}
