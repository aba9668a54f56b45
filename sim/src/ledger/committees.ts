import type { SeededRandom } from '@borgios/core/testing'
import type { EpochOptions, Timing } from '@borgios/ledger'
import type { Committee, Validator } from '@borgios/protocol'

/** Quick, so that a run is short: what counts is their order. */
export const SIM_TIMING: Timing = {
  skipMs: 300,
  skipGrowth: 1.25,
  maxSkipMs: 4_000,
  idleMs: 600,
  settleMs: 150,
  standstillMs: 400,
}

export interface CommitteeOptions {
  readonly random: SeededRandom
  readonly honestKeys: readonly Uint8Array[]
  readonly byzantineKeys: readonly Uint8Array[]
  /** In each epoch another honest node rests and follows. */
  readonly isSwapped: boolean
  readonly isWeighted: boolean
}

/** Who decides in which epoch. Everybody derives it from the chain; here from the seed. */
export class Committees {
  readonly #options: CommitteeOptions
  readonly #weights = new Map<Uint8Array, number>()
  readonly #cache = new Map<number, Committee>()
  readonly #seed: Uint8Array

  constructor(options: CommitteeOptions) {
    this.#options = options
    this.#seed = options.random.bytes(32)
    for (const key of options.honestKeys) this.#weights.set(key, options.isWeighted ? 1 + options.random.below(3) : 1)
    for (const key of options.byzantineKeys) this.#weights.set(key, 1)
  }

  of(epoch: number): Committee {
    const found = this.#cache.get(epoch)
    if (found !== undefined) return found
    const { honestKeys, byzantineKeys, isSwapped } = this.#options
    const resting = isSwapped ? epoch % honestKeys.length : -1
    const keys = [...honestKeys.filter((_, index) => index !== resting), ...byzantineKeys]
    const validators: Validator[] = keys
      .sort((left, right) => Buffer.compare(left, right))
      .map((key) => ({ key, weight: this.#weights.get(key) ?? 1 }))
    const committee = { epoch, validators }
    this.#cache.set(epoch, committee)
    return committee
  }

  optionsFor(key: Uint8Array, epoch: number): EpochOptions {
    const committee = this.of(epoch)
    const position = committee.validators.findIndex((validator) => validator.key === key)
    const self = position < 0 ? undefined : position
    return { committee, beacon: this.#seed, self, timing: SIM_TIMING }
  }
}
