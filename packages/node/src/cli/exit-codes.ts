import { constants } from 'node:os'
import type { ErrorView } from '@borgios/protocol'

/** What every command returns; they never change. `unequal`: what `earn` told does not come to what the ledger has. */
export const EXIT = { ok: 0, error: 1, usage: 2, notFound: 3, refused: 4, timeout: 5, unequal: 6 } as const

/** After a signal, what shells say: 128 and its number, so 130 after Ctrl-C and 143 after SIGTERM. */
export const exitCodeOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

/** The exit code of an error. `invalid` counts as wrong usage only when the caller is to blame for it. */
export function exitCodeOf({ kind, blame }: Pick<ErrorView, 'kind' | 'blame'>): number {
  switch (kind) {
    case 'invalid':
      return blame === 'caller' ? EXIT.usage : EXIT.error
    case 'notFound':
      return EXIT.notFound
    case 'denied':
      return EXIT.refused
    case 'timeout':
      return EXIT.timeout
    case 'conflict':
    case 'exhausted':
    case 'unavailable':
    case 'corrupt':
    case 'byzantine':
      return EXIT.error
  }
}
