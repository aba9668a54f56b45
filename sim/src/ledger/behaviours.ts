import type { SeededRandom } from '@borgios/core/testing'
import type { Candidate, ConsensusMessage } from '@borgios/ledger'
import { type BlockRef, type Certificate, noBlock, VOTE_KINDS, type VoteKind } from '@borgios/protocol'
import type { Actor, Behaviour, ProposeEffect, Stage } from './behaviour.ts'

/** To each receiver with this probability, past its own core. */
function tell(world: Stage, host: Actor, message: ConsensusMessage, probability = 0.5): void {
  for (const peer of world.hosts) if (world.random.chance(probability)) world.carry(host, peer, message)
}

function voteFor(world: Stage, host: Actor, kind: VoteKind, { slot, hash }: BlockRef, probability = 0.5): void {
  const { state } = host
  if (state?.options.self === undefined) return
  const block = kind === 'skip' ? noBlock() : hash
  const vote = world.castVote(host, { kind, epoch: state.options.committee.epoch, slot, block })
  tell(world, host, { kind: 'vote', vote }, probability)
}

/** A second block for the same place; half of the others are offered this one. */
function equivocate(world: Stage, host: Actor, effect: ProposeEffect): void {
  const offers = [world.makeCandidate(host, effect), world.makeCandidate(host, effect)]
  for (const peer of world.hosts) {
    const candidate = world.random.pick(offers)
    if (candidate === undefined) continue
    world.carry(host, peer, { kind: 'candidate', candidate })
    if (world.random.chance(0.1))
      for (const both of offers) world.carry(host, peer, { kind: 'candidate', candidate: both })
  }
  for (const candidate of offers) voteForAll(world, host, candidate)
}

/** Everything that may be said of a block and its slot. */
function voteForAll(world: Stage, host: Actor, block: BlockRef): void {
  voteFor(world, host, 'notar', block, 0.8)
  voteFor(world, host, 'final', block, 0.6)
  voteFor(world, host, 'skip', block, 0.4)
}

/** Blocks this host knows in open slots. */
function knownBlocks(host: Actor): Candidate[] {
  const found: Candidate[] = []
  for (const { blocks } of host.state?.slots.values() ?? [])
    for (const { candidate } of blocks.values()) found.push(candidate)
  return found
}

/** Builds on something older than the rule allows, or on what was not notarised. */
function proposeOnStale(world: Stage, host: Actor, effect: ProposeEffect): void {
  const { state } = host
  if (state === undefined) return
  const older: { slot: number; hash: Uint8Array; height: number; isFiller: boolean }[] = knownBlocks(host)
    .filter(({ slot, hash }) => slot < effect.slot && hash !== effect.parent.hash)
    .map(({ slot, hash, height, isLast, isFiller }) => ({ slot, hash, height, isFiller: isLast || isFiller }))
  if (state.final.slot < effect.parent.slot) older.push({ ...state.final, isFiller: false })
  const base = world.random.chance(0.8) ? world.random.pick(older) : undefined
  const place =
    base === undefined ? effect : { ...effect, parent: base, height: base.height + 1, isFiller: base.isFiller }
  const candidate = world.makeCandidate(host, place)
  tell(world, host, { kind: 'candidate', candidate }, 0.9)
  voteFor(world, host, 'notar', candidate, 0.9)
}

/** Pretends that its block fits: one with a bad payload or root, a wrong height, or a filler where none belongs. */
function proposeInvalid(world: Stage, host: Actor, effect: ProposeEffect): void {
  const flavour = world.random.below(4)
  const place = {
    ...effect,
    isInvalid: flavour === 0,
    height: effect.height + (flavour === 1 ? 1 : 0),
    isFiller: flavour === 2 ? !effect.isFiller : effect.isFiller,
  }
  const candidate = world.makeCandidate(host, place)
  tell(world, host, { kind: 'candidate', candidate }, 0.9)
  voteForAll(world, host, candidate)
}

function spam(world: Stage, host: Actor): void {
  const { state } = host
  if (state === undefined) return
  const known = knownBlocks(host)
  for (let count = 0; count < 3; count += 1) {
    const slot = Math.max(0, state.current - 4 + world.random.below(8))
    const hash = world.random.pick(known)?.hash ?? world.random.bytes(32)
    voteFor(world, host, world.random.pick(VOTE_KINDS) ?? 'skip', { slot, hash })
  }
}

/** Certificates that prove nothing: one signer many times, strangers, signers of another epoch, too few. */
function forgeCertificate(world: Stage, host: Actor): void {
  const { state } = host
  if (state?.options.self === undefined) return
  const { committee, self } = state.options
  const kind = world.random.pick(VOTE_KINDS) ?? 'final'
  const block = kind === 'skip' ? noBlock() : (world.random.pick(knownBlocks(host))?.hash ?? world.random.bytes(32))
  const slot = Math.max(0, state.current - 1 + world.random.below(3))
  const subject = { kind, epoch: committee.epoch, slot, block }
  const { signature } = world.castVote(host, subject)
  const flavour = world.random.below(4)
  const votes = committee.validators.map((_, voter) => ({ voter: flavour === 0 ? self : voter, signature }))
  const stranger = world.random.bytes(32)
  const forged: Certificate[] = [
    { ...subject, votes },
    { ...subject, votes: votes.map(({ voter }) => ({ voter, signature: world.book.signVote(stranger, subject) })) },
    { ...subject, votes: [{ voter: self, signature }] },
    { ...(state.previousFinal ?? { ...subject, votes }), epoch: committee.epoch, slot },
  ]
  const certificate = forged[flavour]
  if (certificate !== undefined) tell(world, host, { kind: 'certificate', certificate })
}

/** Slots long gone or not to be reached for ever, and lies about where it stands. */
function speakOutOfTime(world: Stage, host: Actor): void {
  const { state } = host
  if (state === undefined) return
  const { epoch } = state.options.committee
  const { final, current } = state
  const slots = [
    0,
    final.slot - 3,
    final.slot,
    ...Array.from({ length: 4 }, () => current + world.random.below(500)),
    2 ** 40,
  ]
  for (const slot of slots) {
    const kind = world.random.pick(VOTE_KINDS) ?? 'skip'
    voteFor(world, host, kind, { slot: Math.max(0, slot), hash: world.random.bytes(32) })
  }
  const slot = world.random.pick(slots) ?? 0
  const status = { epoch: epoch + world.random.below(4) - 1, finalSlot: slot - 5, currentSlot: slot }
  tell(world, host, { kind: 'status', status }, 0.2)
  if (state.finalCertificate !== undefined)
    tell(world, host, { kind: 'certificate', certificate: state.finalCertificate })
  const place = { slot: current + 1 + world.random.below(80), parent: state.final, height: 1, isFiller: false }
  tell(world, host, { kind: 'candidate', candidate: world.makeCandidate(host, place) }, 0.3)
}

/** Offers a block in somebody else's turn. */
function usurp(world: Stage, host: Actor): void {
  const { state } = host
  if (state === undefined) return
  const parent = knownBlocks(host).find(({ slot }) => slot === state.current - 1) ?? {
    ...state.final,
    isLast: false,
    isFiller: false,
  }
  const isFiller = parent.isLast || parent.isFiller
  const candidate = world.makeCandidate(host, { slot: state.current, parent, height: parent.height + 1, isFiller })
  tell(world, host, { kind: 'candidate', candidate }, 0.9)
  voteFor(world, host, 'notar', candidate, 0.9)
}

/** Votes for every block it hears of and to skip its slot, to one and not to the other. */
function backAll(world: Stage, host: Actor, message: ConsensusMessage): void {
  if (message.kind === 'candidate' && message.candidate.epoch === host.state?.options.committee.epoch) {
    voteForAll(world, host, message.candidate)
  }
  if (message.kind === 'vote' && message.vote.kind === 'skip' && world.random.chance(0.3)) {
    voteFor(world, host, 'skip', { slot: message.vote.slot, hash: message.vote.block })
  }
}

export const behaviours = {
  silent: { name: 'silent', isSilent: true },
  equivocating: { name: 'equivocating', propose: equivocate, hears: backAll },
  twins: { name: 'twins', isTwin: true },
  stale: { name: 'stale parent', propose: proposeOnStale, hears: backAll },
  invalid: { name: 'invalid blocks', propose: proposeInvalid },
  spam: { name: 'vote spam', acts: spam },
  forger: { name: 'forged certificates', acts: forgeCertificate },
  outOfTime: { name: 'out of time', acts: speakOutOfTime },
  withholding: { name: 'withholding', withholds: true, sends: (world) => world.random.chance(0.5) },
  usurper: { name: 'out of turn', acts: usurp },
  backer: { name: 'backs everything', hears: backAll },
} as const satisfies Record<string, Behaviour>

const kinds: readonly Behaviour[] = Object.values(behaviours)

/** So many Byzantine validators: all of a kind, or each another. */
export function someBehaviours(random: SeededRandom, count: number): Behaviour[] {
  const isMixed = random.chance(0.4)
  const one = random.pick(kinds) ?? behaviours.silent
  return Array.from({ length: count }, () => (isMixed ? (random.pick(kinds) ?? one) : one))
}
