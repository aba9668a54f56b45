/** One broken rule at one place. */
export interface Finding {
  readonly rule: string
  /** From the house's root. */
  readonly path: string
  /** From 1; 0 when it is about the file or folder as a whole. */
  readonly line: number
  readonly message: string
}

export const formatFinding = ({ rule, path, line, message }: Finding): string =>
  `${path}${line > 0 ? `:${line}` : ''} ${rule}: ${message}`
