import { limits } from '@borgios/core'

/** What a network may set differently. Counts are safe integers, amounts bigint. */
export interface ParameterRule<Value extends number | bigint = number | bigint> {
  /** 1 to 65,535: its key in the state, for ever. */
  readonly number: number
  readonly unit: string
  readonly least: Value
  readonly most: Value
  /** What it is unless genesis says otherwise. */
  readonly first: Value
  /** Why it is there, and why it is bounded so. */
  readonly reason: string
}

const count = (number: number, unit: string, [least, first, most]: readonly [number, number, number], reason: string) =>
  ({ number, unit, least, first, most, reason }) satisfies ParameterRule<number>

const amount = (
  number: number,
  unit: string,
  [least, first, most]: readonly [bigint, bigint, bigint],
  reason: string,
) => ({ number, unit, least, first, most, reason }) satisfies ParameterRule<bigint>

/** All of something, where a parameter is a share. */
export const WHOLE_PPM = 1_000_000

/** Micro-units in one unit of the currency. */
const ONE = 1_000_000n

/** Every parameter of a network, with least, first and greatest value. Only additions: a number is never used twice. */
export const PARAMETERS = {
  epochBlocks: count(
    1,
    'blocks',
    [2, 600, 1_000_000],
    'a committee serves so long; the shortest leaves a block to act on what an epoch brought',
  ),
  targetUnits: count(
    2,
    'fee units',
    [100_000, 250_000, 100_000_000],
    'above it the base fee rises; a block may use twice as much: even the least must leave room for the largest transaction',
  ),
  leastBaseFee: amount(
    3,
    'micro-units a fee unit',
    [1n, 1n, ONE],
    'an idle network must still cost a flooder something',
  ),
  burnPpm: count(
    4,
    'millionths of the base fee',
    [0, 500_000, WHOLE_PPM],
    'what is burned cannot come back to whoever pays himself; the rest feeds the treasury',
  ),
  accountPrice: amount(
    5,
    'micro-units',
    [0n, ONE / 100n, 1_000n * ONE],
    'an account stays for ever, in the memory of every member',
  ),
  deposit: amount(
    6,
    'micro-units',
    [0n, 100n * ONE, 1_000_000_000n * ONE],
    'what a member loses if it signs two truths',
  ),
  unbondingEpochs: count(
    7,
    'epochs',
    [2, 100, 10_000],
    'a deposit stays within reach of evidence while a light client may still trust its signer',
  ),
  reporterPpm: count(
    8,
    'millionths of a deposit',
    [0, 100_000, 500_000],
    'to whoever shows that a member lied; half at most, so that reporting oneself never pays',
  ),
  leastValidators: count(9, 'members', [1, 1, 64], 'with fewer active members the old committee stays'),
  sponsoredMembers: count(10, 'members', [0, 16, 1_000], 'for how many others one member may pay the deposit'),
  parameterDelayEpochs: count(
    11,
    'epochs',
    [1, 2, 10_000],
    'from the decision on a parameter until it holds: time to see it coming',
  ),
  storagePrice: amount(
    32,
    'micro-units for a GiB and a day',
    [0n, ONE / 1_000n, 10_000n * ONE],
    'of all shards together, so parity is paid for too; bounded so that products with bytes and time fit',
  ),
  cpuPrice: amount(
    33,
    'micro-units for a second of processor time',
    [0n, ONE / 10_000n, 10_000n * ONE],
    'fixed for a job when its money is set aside',
  ),
  memoryPrice: amount(
    34,
    'micro-units for a GiB and a second',
    [0n, ONE / 100_000n, 10_000n * ONE],
    'fixed for a job when its money is set aside',
  ),
  serviceBurnPpm: count(
    35,
    'millionths of what services are paid',
    [0, 100_000, WHOLE_PPM],
    'paying oneself must cost at least what can be minted for it',
  ),
  subsidyPpm: count(
    36,
    'millionths of what services are paid',
    [0, 100_000, WHOLE_PPM],
    'what may be minted for it; only as much as is burned of it counts',
  ),
  storageWeightPpm: count(
    37,
    'millionths of what storage is paid',
    [0, WHOLE_PPM, WHOLE_PPM],
    'how much of it counts for the emission',
  ),
  computeWeightPpm: count(
    38,
    'millionths of what jobs are paid',
    [0, 0, WHOLE_PPM],
    'how much of it counts for the emission: nothing while nobody verifies results',
  ),
  emissionShift: count(
    39,
    'powers of two',
    [1, 16, 62],
    'an epoch mints at most what is left to mint divided by so many twos',
  ),
  operatorCapPpm: count(
    40,
    'millionths of what an epoch mints',
    [1, 340_000, WHOLE_PPM],
    'for one operator; a third, or two would share all',
  ),
  auditors: count(
    41,
    'auditors of a node',
    [1, 9, limits.ledgerMoney.maxAuditors],
    'most of them decide: with a fifth of all members false, most of nine are so in one draw of fifty',
  ),
  auditSamples: count(
    42,
    'leaves an auditor asks for',
    [1, 34, 10_000],
    'nine auditors ask for 306 together: that finds a loss of 1 % with 95 %',
  ),
  passPpm: count(
    43,
    'millionths of the leaves asked for',
    [500_000, 950_000, WHOLE_PPM],
    'who shows less has failed; below that a loss only lowers the pay',
  ),
  maxStrikes: count(
    44,
    'failed epochs in a row',
    [1, 5, 255],
    'an outage of some epochs costs what they would have earned, not the deposit; and false auditors must have most of five draws in a row',
  ),
  grantAllowance: amount(
    45,
    'micro-units a node and epoch',
    [0n, ONE / 10n, 1_000n * ONE],
    'what the treasury gives to newcomers in the name of one member',
  ),
  grantPpm: count(
    46,
    'millionths of a deposit, an epoch',
    [0, 1_000, 100_000],
    'bounds what many cheap members together could draw from the treasury',
  ),
} as const satisfies Readonly<Record<string, ParameterRule>>

export type ParameterName = keyof typeof PARAMETERS

type Widened<Value> = Value extends bigint ? bigint : number
/** Number for a count, bigint for an amount. */
export type ParameterValue<Name extends ParameterName> = Widened<(typeof PARAMETERS)[Name]['first']>

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as readonly ParameterName[]

const BY_NUMBER = new Map<number, ParameterName>(PARAMETER_NAMES.map((name) => [PARAMETERS[name].number, name]))

/** Undefined for a number that this version does not know. */
export const parameterOf = (number: number): ParameterName | undefined => BY_NUMBER.get(number)

/** Whether the network may set it so. */
export function isInRange(name: ParameterName, value: bigint): boolean {
  const { least, most } = PARAMETERS[name]
  return value >= least && value <= most
}

/** For people. */
export function rangeOf(name: ParameterName): string {
  const { least, most, unit } = PARAMETERS[name]
  return `${name} is from ${least} to ${most} ${unit}`
}
