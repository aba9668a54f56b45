import type { Edit } from './mutant-loader.ts'

/** A core with one rule broken: the checks of the simulator must notice it, else they are blind to that rule. */
export interface LedgerMutant {
  readonly name: string
  readonly edits: readonly Edit[]
}

const mutant = (name: string, ...edits: readonly Edit[]): LedgerMutant => ({ name, edits })
/** In the folder of consensus. */
const edit = (file: string, from: string, to: string): Edit => ({ file: `ledger/src/consensus/${file}`, from, to })
/** In the one check of certificates. */
const certificateEdit = (from: string, to: string): Edit => ({ file: 'light/src/certificate.ts', from, to })

export const ledgerMutants: readonly LedgerMutant[] = [
  mutant(
    'two notar votes in a slot',
    edit(
      'voting.ts',
      '  if (slot.own.notar !== undefined) return\n  const held = choiceOf(slot)\n',
      '  const held = choiceOf(slot)\n  if (held !== undefined && slot.own.notar === hashKey(held.candidate.hash)) return\n',
    ),
  ),
  mutant(
    'a notar vote without the skips between parent and block',
    edit('voting.ts', 'if (state.slots.get(gap)?.certificates.skip === undefined) return false', ''),
  ),
  mutant(
    'a notar vote on a parent that is not notarised',
    edit('voting.ts', 'if (!isNotarised(state, parent)) return false', ''),
  ),
  mutant(
    'a notar vote for a block that does not execute',
    edit(
      'voting.ts',
      "executionOf(state, held.candidate) !== 'ok'",
      "executionOf(state, held.candidate) === 'waiting'",
    ),
  ),
  mutant(
    'a final vote after a skip vote',
    edit('voting.ts', 'slot.own.final !== undefined || slot.own.skip) return', 'slot.own.final !== undefined) return'),
  ),
  mutant(
    'a skip vote after a final vote',
    edit('voting.ts', 'if (slot.own.skip || slot.own.final !== undefined) return', 'if (slot.own.skip) return'),
    edit(
      'certificates.ts',
      "state.effects.push({ kind: 'persist', record: { kind: 'certificate', certificate } })",
      '',
    ),
  ),
  mutant(
    'a final vote for what no quorum notarised',
    edit(
      'voting.ts',
      'const notarised = notarisedIn(slot)\n  if (notarised === undefined ||',
      'const notarised = notarisedIn(slot) ?? slot.offered\n  if (notarised === undefined ||',
    ),
  ),
  mutant('votes in slots that are closed', edit('voting.ts', 'if (slot.number <= state.final.slot) continue', '')),
  mutant(
    'blocks are final once notarised',
    edit(
      'committing.ts',
      'certificates.final !== undefined && number >',
      'certificates.notar !== undefined && number >',
    ),
    edit('committing.ts', 'newest = certificates.final', 'newest = certificates.notar'),
  ),
  mutant(
    'a quorum of half the weight',
    edit(
      'consensus-state.ts',
      'quorum: quorumOf(validators.reduce((sum, { weight }) => sum + weight, 0)),',
      'quorum: Math.floor(validators.reduce((sum, { weight }) => sum + weight, 0) / 2),',
    ),
  ),
  mutant(
    'a vote counts each time it comes',
    edit('certificates.ts', 'if (votes.has(vote.voter)) return false', ''),
    edit('receiving.ts', 'return earlier === undefined || !isSameHash(earlier.block, vote.block)', 'return true'),
  ),
  mutant('votes of another epoch count', edit('receiving.ts', 'vote.epoch !== epochOf(state) || ', '')),
  mutant(
    'own votes are forgotten by a restart',
    edit(
      'recover.ts',
      "if (record.kind === 'vote') recoverVote(state, record.vote)",
      "if (record.kind === 'vote') continue",
    ),
  ),
  mutant('own offers are forgotten by a restart', edit('recover.ts', "  slot.proposal = 'made'\n", '')),
  mutant('anybody leads at any time', edit('receiving.ts', ' || leader !== leaderOf(state, slot)', '')),
  mutant(
    'after the last block of an epoch goes on as if nothing were',
    edit('blocks.ts', ' && isFiller === isAtEnd', ''),
  ),
  mutant('heights are not looked at', edit('blocks.ts', 'height === above.height + 1 && ', '')),
  mutant(
    'whoever says notar and skip is convicted',
    edit('evidence.ts', "return first.kind !== 'notar' && second.kind !== 'notar'", 'return true'),
  ),
  mutant(
    'who votes twice is not convicted',
    edit(
      'evidence.ts',
      "accuse(state, { kind: 'votes'",
      "if (vote.kind !== 'skip') continue\n    accuse(state, { kind: 'votes'",
    ),
  ),
  mutant(
    'votes are kept however far ahead',
    edit('receiving.ts', ' || vote.slot > state.current + bounds.slotsAhead', ''),
  ),
  mutant('no slot is ever skipped', edit('voting.ts', '  trySkip(state)\n', '')),
  mutant(
    'nobody says where it stands',
    edit('step.ts', '  advanceStatus(state)\n', ''),
    edit('step.ts', '  sendStatus(state)\n', ''),
  ),
  mutant(
    'bodies are asked for once',
    edit('fetching.ts', 'if (fetch.nextMs > state.nowMs) continue', 'if (fetch.attempt > 0) continue'),
  ),
  mutant(
    'bodies are not written down before the vote',
    edit(
      'blocks.ts',
      "state.effects.push({ kind: 'persist', record: { kind: 'candidate', candidate: held.candidate } })",
      '',
    ),
  ),
  mutant(
    'one leader for ever',
    edit('consensus-state.ts', 'state.leaders[slot % state.leaders.length] ?? 0', '(state.leaders[0] ?? 0) + 0 * slot'),
  ),
  mutant(
    'who is far behind stays there',
    edit(
      'catching-up.ts',
      "state.effects.push({ kind: 'catchUp',",
      "if (peers.size > 99) state.effects.push({ kind: 'catchUp',",
    ),
  ),
  mutant('a certificate may name a signer twice', certificateEdit(' || voter <= previous', '')),
  mutant('a certificate of less than a quorum', certificateEdit('if (weight < needed)', 'if (weight < 1)')),
  mutant(
    'a certificate whose signatures are not checked',
    certificateEdit('if (!context.ed25519.verify(message, signature, key))', 'if (votes.length === 0)'),
  ),
]
