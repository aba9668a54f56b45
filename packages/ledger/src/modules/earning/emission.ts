import { least, mulDiv, shareOf } from '../service/money-math.ts'
import { textOf } from '../service/records.ts'

/** One node's weight in the emission of an epoch: what it earned by serving, in micro-units. */
export interface Share {
  readonly node: Uint8Array
  readonly operator: Uint8Array
  readonly weight: bigint
}

export interface EmissionRule {
  /** What is left to mint. */
  readonly remaining: bigint
  readonly shift: number
  /** Of what was earned, what may be minted at most. */
  readonly subsidyPpm: bigint
  readonly operatorCapPpm: bigint
}

export interface Emission {
  /** What there is to share. */
  readonly pot: bigint
  /** For each share, in the same order. */
  readonly rewards: readonly bigint[]
  /** What rounding leaves: the treasury's. */
  readonly dust: bigint
  /** The sum of all these. */
  readonly minted: bigint
}

/**
 * Shares out what an epoch mints: at most what is left divided by 2^shift, and at most a share of what was earned by serving. So no
 * reward is more than that share of the node's own earnings. What is above an operator's cap is not minted.
 */
export function emissionOf(shares: readonly Share[], rule: EmissionRule): Emission {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0n)
  const pot = least(rule.remaining >> BigInt(rule.shift), shareOf(total, rule.subsidyPpm))
  if (pot === 0n) return { pot, rewards: shares.map(() => 0n), dust: 0n, minted: 0n }
  const even = shares.map(({ weight }) => mulDiv(pot, weight, total))
  const dust = pot - even.reduce((sum, reward) => sum + reward, 0n)
  const rewards = capped(shares, even, shareOf(pot, rule.operatorCapPpm))
  return { pot, rewards, dust, minted: rewards.reduce((sum, reward) => sum + reward, dust) }
}

function capped(shares: readonly Share[], rewards: readonly bigint[], cap: bigint): readonly bigint[] {
  const byOperator = new Map<string, bigint>()
  shares.forEach(({ operator }, index) => {
    const key = textOf(operator)
    byOperator.set(key, (byOperator.get(key) ?? 0n) + (rewards[index] ?? 0n))
  })
  return shares.map(({ operator }, index) => {
    const sum = byOperator.get(textOf(operator)) ?? 0n
    const reward = rewards[index] ?? 0n
    return sum > cap ? mulDiv(reward, cap, sum) : reward
  })
}
