import {
  type BlockHeader,
  headerHash,
  noBlock,
  type Operation,
  proposalSigningBytes,
  type Vote,
  type VoteKind,
  voteSigningBytes,
} from '@borgios/protocol'
import { type Accusation, encodeAccusation, type SignedHeader } from '../../src/modules/members/evidence.ts'
import { MEMBERS_MODULE } from '../../src/modules/members/members-module.ts'
import { SLASH } from '../../src/modules/members/slash.ts'
import { fakeEd25519, NETWORK, named } from './small-ledger.ts'

export const accuse = (accusation: Accusation): Operation => ({
  module: MEMBERS_MODULE,
  kind: SLASH,
  body: encodeAccusation(accusation),
})

/** A vote in slot 4 by a key of this name. */
export function vote(
  kind: VoteKind,
  block: string,
  changes: Partial<Vote> = {},
  signer = 'node',
  network = NETWORK,
): Vote {
  const subject = { kind, epoch: 0, slot: 4, block: kind === 'skip' ? noBlock() : named(block), ...changes }
  const signature = fakeEd25519.signerFromSeed(named(signer)).sign(voteSigningBytes(network, subject))
  return { ...subject, voter: 0, signature }
}

/** A block offered in slot 4 by a key of this name. */
export function proposal(block: string, changes: Partial<BlockHeader> = {}, signer = 'node'): SignedHeader {
  const hash = named(block)
  const places = { epoch: 0, slot: 4, height: 5, parent: { slot: 3, hash }, timeMs: 1, leader: 0 }
  const hashes = { payload: hash, stateRoot: hash, receiptsRoot: hash, committee: hash }
  const header = { ...places, ...hashes, baseFee: 1n, usedUnits: 0, seal: undefined, ...changes }
  const signing = proposalSigningBytes(headerHash(NETWORK, header))
  return { header, signature: fakeEd25519.signerFromSeed(named(signer)).sign(signing) }
}
