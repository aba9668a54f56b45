import { destination, type Logger as Pino, pino } from 'pino'
import { limits } from '../limits/limits.ts'
import type { LogFields, Logger } from '../ports/logger.ts'

const wrap = (log: Pino): Logger => ({
  debug: (message, fields) => log.debug(fields ?? {}, message),
  info: (message, fields) => log.info(fields ?? {}, message),
  warn: (message, fields) => log.warn(fields ?? {}, message),
  error: (message, fields) => log.error(fields ?? {}, message),
  child: (fields: LogFields) => wrap(log.child(fields)),
})

export interface FileLoggerOptions {
  /** Lines of JSON are appended here; the folder must exist. */
  readonly path: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
}

/**
 * Structured logs in a file (0600), written at once so that the last line before a crash is there. Lines that the disk does not take are
 * written with a later one, or dropped beyond `limits.core.unwrittenLogBytes`: a full disk ends nobody.
 */
export function createFileLogger(options: FileLoggerOptions): Logger {
  const { unwrittenLogBytes: maxLength } = limits.core
  const stream = destination({ dest: options.path, append: true, sync: true, mode: 0o600, maxLength })
  stream.on('error', () => undefined)
  return wrap(pino({ level: options.level, base: {} }, stream))
}
