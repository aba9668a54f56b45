/** What one auditor found: leaves shown, of those it asked for. Undefined until it reports. */
export interface AuditorReport {
  readonly auditor: Uint8Array
  readonly passes: number | undefined
}

export interface Verdict {
  readonly hasPassed: boolean
  /** Leaves shown to all auditors that say passed, together; 0 if it failed. */
  readonly passes: number
  /** Leaves that these asked for, together. What a node passed is paid for by `passes` of `samples`. */
  readonly samples: number
}

const WHOLE_PPM = 1_000_000n

/** Whether an auditor that found so much says passed. */
export const saysPassed = (passes: number, samples: number, passPpm: bigint): boolean =>
  BigInt(passes) * WHOLE_PPM >= BigInt(samples) * passPpm

/**
 * What most of a node's auditors say. Undefined unless more than half of those drawn say the same. The reports of the majority count
 * together: their mean falls with every leaf that is missing, where a median would not show what most auditors did not happen to ask for.
 */
export function verdictOf(reports: readonly AuditorReport[], samples: number, passPpm: bigint): Verdict | undefined {
  const told = reports.map(({ passes }) => passes).filter((passes) => passes !== undefined)
  const favourable = told.filter((passes) => saysPassed(passes, samples, passPpm))
  const isMost = (count: number): boolean => count * 2 > reports.length
  if (isMost(favourable.length)) {
    const passes = favourable.reduce((sum, one) => sum + one, 0)
    return { hasPassed: true, passes, samples: favourable.length * samples }
  }
  const adverse = told.length - favourable.length
  return isMost(adverse) ? { hasPassed: false, passes: 0, samples: adverse * samples } : undefined
}

/** Auditors that did not report, or said the opposite of the verdict. */
export const unfaithfulOf = (
  reports: readonly AuditorReport[],
  verdict: Verdict | undefined,
  samples: number,
  passPpm: bigint,
): readonly Uint8Array[] =>
  reports
    .filter(
      ({ passes }) =>
        passes === undefined || (verdict !== undefined && saysPassed(passes, samples, passPpm) !== verdict.hasPassed),
    )
    .map(({ auditor }) => auditor)
