/** A log line is a fixed message and a flat object: never bytes of a peer at info or above. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose every line carries these fields, e.g. the room. */
  child(fields: LogFields): Logger
}

/** Drops everything. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
