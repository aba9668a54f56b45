/** What one auditor found: leaves shown, of those it asked for. Undefined until it reports. */
export interface AuditorReport {
  readonly auditor: Uint8Array
  readonly passes: number | undefined
}

export interface Verdict {
  readonly hasPassed: boolean
  /** Leaves that count as shown, of the samples of one auditor: the median of all reports, the lower of two middle ones. */
  readonly passes: number
}

const WHOLE_PPM = 1_000_000n

/** Whether an auditor that found so much says passed. */
export const saysPassed = (passes: number, samples: number, passPpm: bigint): boolean =>
  BigInt(passes) * WHOLE_PPM >= BigInt(samples) * passPpm

/** What most of a node's auditors say. Undefined unless more than half of those drawn say the same. */
export function verdictOf(reports: readonly AuditorReport[], samples: number, passPpm: bigint): Verdict | undefined {
  const told = reports
    .map(({ passes }) => passes)
    .filter((passes) => passes !== undefined)
    .sort((left, right) => left - right)
  const passed = told.filter((passes) => saysPassed(passes, samples, passPpm)).length
  const isMost = (count: number): boolean => count * 2 > reports.length
  // Of all reports: without those who say failed a node that drops a little would be paid for what it dropped.
  if (isMost(passed)) return { hasPassed: true, passes: told[(told.length - 1) >> 1] ?? 0 }
  if (isMost(told.length - passed)) return { hasPassed: false, passes: 0 }
  return undefined
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
