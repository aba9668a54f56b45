import type { Edit } from './mutant-loader.ts'

/** A core with one rule broken: the checks of the simulator must notice it, else they are blind to that rule. */
export interface LedgerMutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** The first seed to try: one that shows it, so that showing it is quick. */
  readonly seed: number
}

const mutant = (name: string, seed: number, ...edits: readonly Edit[]): LedgerMutant => ({ name, seed, edits })
/** In the folder of consensus. */
const edit = (file: string, from: string, to: string): Edit => ({ file: `ledger/src/consensus/${file}`, from, to })
/** In the one check of certificates. */
const certificateEdit = (from: string, to: string): Edit => ({ file: 'light/src/certificate.ts', from, to })

export const ledgerMutants: readonly LedgerMutant[] = [
  mutant(
    'two notar votes in a slot',
    1,
    edit(
      'voting.ts',
      '  if (slot.own.notar !== undefined) return\n  const held = choiceOf(slot)\n',
      '  const held = choiceOf(slot)\n  if (held !== undefined && slot.own.notar === hashKey(held.candidate.hash)) return\n',
    ),
  ),
  mutant(
    'a notar vote without the skips between parent and block',
    11,
    edit('voting.ts', 'if (state.slots.get(gap)?.certificates.skip === undefined) return false', ''),
  ),
  mutant(
    'a notar vote on a parent that is not notarised',
    33,
    edit('voting.ts', 'if (!isNotarised(state, parent)) return false', ''),
  ),
  mutant(
    'a notar vote for a block that does not execute',
    15,
    edit(
      'voting.ts',
      "executionOf(state, held.candidate) !== 'ok'",
      "executionOf(state, held.candidate) === 'waiting'",
    ),
  ),
  mutant(
    'a final vote after a skip vote',
    0,
    edit('voting.ts', 'slot.own.final !== undefined || slot.own.skip) return', 'slot.own.final !== undefined) return'),
  ),
  mutant(
    'a skip vote after a final vote',
    5,
    edit('voting.ts', 'if (slot.own.skip || slot.own.final !== undefined) return', 'if (slot.own.skip) return'),
    edit(
      'certificates.ts',
      "state.effects.push({ kind: 'persist', record: { kind: 'certificate', certificate } })",
      '',
    ),
  ),
  mutant(
    'a final vote for what no quorum notarised',
    0,
    edit(
      'voting.ts',
      'const notarised = notarisedIn(slot)\n  if (notarised === undefined ||',
      'const notarised = notarisedIn(slot) ?? slot.offered\n  if (notarised === undefined ||',
    ),
  ),
  mutant('votes in slots that are closed', 43, edit('voting.ts', 'if (slot.number <= state.final.slot) continue', '')),
  mutant(
    'blocks are final once notarised',
    4,
    edit(
      'committing.ts',
      'certificates.final !== undefined && number >',
      'certificates.notar !== undefined && number >',
    ),
    edit('committing.ts', 'newest = certificates.final', 'newest = certificates.notar'),
  ),
  mutant(
    'a quorum of half the weight',
    0,
    edit(
      'consensus-state.ts',
      'quorum: quorumOf(validators.reduce((sum, { weight }) => sum + weight, 0)),',
      'quorum: Math.floor(validators.reduce((sum, { weight }) => sum + weight, 0) / 2),',
    ),
  ),
  mutant(
    'a vote counts each time it comes',
    0,
    edit('certificates.ts', 'if (votes.has(vote.voter)) return false', ''),
    edit('receiving.ts', 'return earlier === undefined || !isSameHash(earlier.block, vote.block)', 'return true'),
  ),
  mutant('votes of another epoch count', 0, edit('receiving.ts', 'vote.epoch !== epochOf(state) || ', '')),
  mutant(
    'own votes are forgotten by a restart',
    0,
    edit(
      'recover.ts',
      "if (record.kind === 'vote') recoverVote(state, record.vote)",
      "if (record.kind === 'vote') continue",
    ),
  ),
  mutant('own offers are forgotten by a restart', 50, edit('recover.ts', "  slot.proposal = 'made'\n", '')),
  mutant('anybody leads at any time', 2, edit('receiving.ts', ' || leader !== leaderOf(state, slot)', '')),
  mutant(
    'after the last block of an epoch goes on as if nothing were',
    15,
    edit('blocks.ts', ' && isFiller === isAtEnd', ''),
  ),
  mutant('heights are not looked at', 15, edit('blocks.ts', 'height === above.height + 1 && ', '')),
  mutant(
    'whoever says notar and skip is convicted',
    0,
    edit('evidence.ts', "return first.kind !== 'notar' && second.kind !== 'notar'", 'return true'),
  ),
  mutant(
    'who votes twice is not convicted',
    0,
    edit(
      'evidence.ts',
      "accuse(state, { kind: 'votes'",
      "if (vote.kind !== 'skip') continue\n    accuse(state, { kind: 'votes'",
    ),
  ),
  mutant(
    'votes are kept however far ahead',
    2,
    edit('receiving.ts', ' || vote.slot > state.current + bounds.slotsAhead', ''),
  ),
  mutant('no slot is ever skipped', 1, edit('voting.ts', '  trySkip(state)\n', '')),
  mutant(
    'nobody says where it stands',
    0,
    edit('step.ts', '  advanceStatus(state)\n', ''),
    edit('step.ts', '  sendStatus(state)\n', ''),
  ),
  mutant(
    'bodies are asked for once',
    21,
    edit('fetching.ts', 'if (fetch.nextMs > state.nowMs) continue', 'if (fetch.attempt > 0) continue'),
  ),
  mutant(
    'bodies are not written down before the vote',
    115,
    edit(
      'blocks.ts',
      "state.effects.push({ kind: 'persist', record: { kind: 'candidate', candidate: held.candidate } })",
      '',
    ),
  ),
  mutant(
    'one leader for ever',
    0,
    edit('consensus-state.ts', 'state.leaders[slot % state.leaders.length] ?? 0', '(state.leaders[0] ?? 0) + 0 * slot'),
  ),
  mutant(
    'who is far behind stays there',
    16,
    edit(
      'catching-up.ts',
      "state.effects.push({ kind: 'catchUp',",
      "if (peers.size > 99) state.effects.push({ kind: 'catchUp',",
    ),
  ),
  mutant('a certificate may name a signer twice', 6, certificateEdit(' || voter <= previous', '')),
  mutant('a certificate of less than a quorum', 6, certificateEdit('if (weight < quorum)', 'if (weight < 1)')),
  mutant(
    'a certificate whose signatures are not checked',
    6,
    certificateEdit('if (!context.ed25519.verify(message, signature, key))', 'if (votes.length === 0)'),
  ),
]
