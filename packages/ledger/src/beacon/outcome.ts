import { assert } from '@borgios/core'
import { ByteWriter, taggedHash } from '@borgios/protocol'
import type { Instance, Round } from './round.ts'
import type { Seed } from './shares.ts'

/** The value that a round of the public beacon comes to: 32 bytes. Chained, so that it is never less random than the one before. */
export const beaconOf = (
  round: Round<'beacon'>,
  seeds: readonly Seed<'beacon'>[],
  previousBeacon: Uint8Array,
): Uint8Array => taggedHash('ledger-beacon/1', round.id, previousBeacon, encodeSeeds(seeds))

/** The secret that a round comes to: 32 bytes that only those may know who hold enough shares. */
export const secretOf = (round: Round<'secret'>, seeds: readonly Seed<'secret'>[]): Uint8Array =>
  taggedHash('ledger-secret/1', round.id, encodeSeeds(seeds))

/** What may be published of a secret, so that all know they mean the same: 32 bytes. */
export const secretCommitment = (round: Round<'secret'>, secret: Uint8Array): Uint8Array =>
  taggedHash('ledger-secret-commitment/1', round.id, secret)

function encodeSeeds(seeds: readonly Seed<Instance>[]): Uint8Array {
  const writer = new ByteWriter().u16(seeds.length)
  let previous = -1
  for (const { dealer, value } of seeds) {
    assert(dealer > previous, 'seeds stand in the order of their dealers')
    writer.u16(dealer).fixed(value)
    previous = dealer
  }
  return writer.finish()
}
