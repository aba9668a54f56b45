/** A file that was asked for by capability. */
export interface JobFile {
  readonly bytes: number
  /** The verified bytes in order, each chunk good until the next is asked for; throws in the middle if they cannot be had. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Where programs and inputs come from and outputs go. The node answers it from its store. Errors should be BorgErrors: kind
 * `invalid` or `notFound` means that no other node would fare better.
 */
export interface JobFiles {
  get(capability: string, signal: AbortSignal): Promise<JobFile>
  /** Reads `content` to its end and returns the capability that leads to it. `name` may hold slashes. */
  put(name: string, bytes: number, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string>
}
