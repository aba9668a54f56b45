/** Port: how epochs ended, each as `encodeEpochProof` wrote it, by the number of the epoch that is over. */
export interface EpochProofs {
  /** Undefined for an epoch that is not over, or whose end is not kept here. */
  read(epoch: number): Promise<Uint8Array | undefined>
}

export interface EpochHeaderBounds {
  readonly limit: number
  /** No more are added once there are so many bytes. */
  readonly maxBytes: number
}

/** The steps out of the epochs from one on, as many as are known and fit. The only reader of the headers that end epochs. Throws as the port. */
export async function epochHeaders(
  epochs: EpochProofs,
  from: number,
  { limit, maxBytes }: EpochHeaderBounds,
): Promise<readonly Uint8Array[]> {
  const steps: Uint8Array[] = []
  let bytes = 0
  for (let epoch = from; steps.length < limit && bytes < maxBytes; epoch += 1) {
    const step = await epochs.read(epoch)
    if (step === undefined) break
    steps.push(step)
    bytes += step.length
  }
  return steps
}
