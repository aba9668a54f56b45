/** One thing that is measured, side by side with others. Returns its figures by name. */
export interface Contender<Figures extends Record<string, number>> {
  readonly name: string
  run(round: number): Promise<Figures>
}

/**
 * Runs the contenders in turn, round by round, each round beginning with another one, so that what drifts on the machine meets all
 * of them alike. One round before is not counted.
 */
export async function interleavedRounds<Figures extends Record<string, number>>(
  contenders: readonly Contender<Figures>[],
  rounds: number,
  onProgress: (text: string) => void,
): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const results = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(turn + round + 1) % contenders.length]
      if (contender === undefined) continue
      onProgress(round < 0 ? `warm-up: ${contender.name}` : `round ${round + 1} of ${rounds}: ${contender.name}`)
      const figures = await contender.run(round)
      if (round >= 0) results.get(contender.name)?.push(figures)
    }
  }
  return results
}
