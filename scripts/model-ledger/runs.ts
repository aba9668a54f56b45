/** One question to the model checker. */
export interface Run {
  readonly title: string
  /** What `models/simplex.pml` is told, as NAME or NAME=value. */
  readonly defines: readonly string[]
  /** Whether the assertion must hold in every state, or must be refuted, or else the model sees nothing. */
  readonly expects: 'holds' | 'refuted'
}

/** The rules as they are. The quorum is floor(2n/3) + 1. */
const RULES: readonly Run[] = [
  {
    title: '4 validators, 1 Byzantine, 3 slots, two blocks on each parent',
    defines: ['HONEST=3', 'NEED=2', 'SLOTS=3', 'TWINS=2'],
    expects: 'holds',
  },
  {
    title: '5 validators, 1 Byzantine, 2 slots, two blocks on each parent',
    defines: ['HONEST=4', 'NEED=3', 'TWINS=2'],
    expects: 'holds',
  },
  { title: '7 validators, 2 Byzantine, 2 slots', defines: ['HONEST=5', 'NEED=3'], expects: 'holds' },
]

/** What must be found: finality at all, and a fork once any one rule is broken. */
const FINDS: readonly Run[] = [
  { title: 'something becomes final across skipped slots', defines: ['SLOTS=3', 'WITNESS'], expects: 'refuted' },
  { title: 'a notar vote without the skips between', defines: ['NO_GAP_CHECK'], expects: 'refuted' },
  { title: 'a notar vote on a parent not notarised', defines: ['NO_PARENT_CHECK'], expects: 'refuted' },
  { title: 'a final vote after a skip vote', defines: ['FINAL_AFTER_SKIP'], expects: 'refuted' },
  { title: 'a skip vote after a final vote', defines: ['SKIP_AFTER_FINAL'], expects: 'refuted' },
  { title: 'two notar votes in a slot', defines: ['NOTAR_TWICE'], expects: 'refuted' },
  { title: 'a quorum of 2 of 4', defines: ['HONEST=3', 'NEED=1'], expects: 'refuted' },
  { title: '2 Byzantine of 4', defines: ['HONEST=2', 'NEED=1'], expects: 'refuted' },
]

export const RUNS: readonly Run[] = [...FINDS, ...RULES]
