/** What one auditor found: leaves shown, of those it asked for. Undefined until it reports. */
export interface AuditorReport {
  readonly auditor: Uint8Array
  readonly passes: number | undefined
}

export interface Verdict {
  readonly hasPassed: boolean
  /** Leaves that count as shown, of the samples of one auditor: the median of those who say passed. */
  readonly passes: number
}

const WHOLE_PPM = 1_000_000n

/** Whether an auditor that found so much says passed. */
export const saysPassed = (passes: number, samples: number, passPpm: bigint): boolean =>
  BigInt(passes) * WHOLE_PPM >= BigInt(samples) * passPpm

/** What most of a node's auditors say. Undefined unless more than half of those drawn say the same. */
export function verdictOf(reports: readonly AuditorReport[], samples: number, passPpm: bigint): Verdict | undefined {
  const told = reports.map(({ passes }) => passes).filter((passes) => passes !== undefined)
  const passed = told.filter((passes) => saysPassed(passes, samples, passPpm)).sort((left, right) => left - right)
  const isMost = (count: number): boolean => count * 2 > reports.length
  // The lower of two middle ones: one auditor alone can neither raise nor lower it beyond what another found.
  if (isMost(passed.length)) return { hasPassed: true, passes: passed[(passed.length - 1) >> 1] ?? 0 }
  if (isMost(told.length - passed.length)) return { hasPassed: false, passes: 0 }
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
