import { type BorgError, messageOf } from '@borgios/core'
import { badAddress, listenFailed } from '../errors.ts'
import { isDialable } from './dial-targets.ts'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port. Free it, or choose another',
  EADDRNOTAVAIL: 'this machine has no such address. Choose one of its own, or 0.0.0.0 for all',
  EACCES: 'this user may not open that port. Choose one above 1023',
  ENOTFOUND: 'no machine has that name. Choose an address of this one',
}

/** Why listening failed, in words; libp2p tells only as text with stacks in it. */
export function listenFault(listen: readonly string[], cause: unknown): BorgError {
  const bad = listen.find((address) => !isDialable(address))
  if (bad !== undefined) {
    return badAddress(
      `"${bad.slice(0, 80)}" is no address to listen on: write one like /ip4/0.0.0.0/tcp/7420`,
      {},
      cause,
    )
  }
  const code = /\bE[A-Z]{4,}\b/.exec(messageOf(cause))?.[0] ?? 'an unknown error'
  const why = REASONS[code] ?? `the system says ${code}`
  return listenFailed(`cannot listen on ${listen.join(', ')}: ${why}`, { listen: [...listen] }, cause)
}
