import { usageError } from '../errors.ts'

/** Micro-units in one unit of the currency. */
export const UNIT = 1_000_000n
const DECIMALS = 6
/** What an amount can be on the wire. */
export const MAX_AMOUNT = 2n ** 64n - 1n

/** `1,234.5`: micro-units as units, exact, with no more decimals than it needs. */
export function formatUnits(amount: bigint): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(DECIMALS + 1, '0')
  const whole = digits.slice(0, -DECIMALS).replace(/\B(?=(\d{3})+$)/g, ',')
  const decimals = digits.slice(-DECIMALS).replace(/0+$/, '')
  return `${sign}${whole}${decimals === '' ? '' : `.${decimals}`}`
}

/** The same with the word behind it. */
export const unitsText = (amount: bigint): string => `${formatUnits(amount)} ${amount === UNIT ? 'unit' : 'units'}`

/** `1.5` to micro-units, exact. Throws NODE_USAGE for anything that is not a plain decimal number above zero with at most 6 decimals. */
export function parseUnits(text: string): bigint {
  const refuse = (why: string) => usageError(`"${text.slice(0, 40)}" is no amount: ${why}`)
  if (text.startsWith('-')) throw refuse('it is below zero. Write what is to be sent, such as 12.5')
  if (text.includes(',')) throw refuse('write it without commas, and with a point before the decimals, such as 1250.5')
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) throw refuse('write digits, and a point before the decimals, such as 12 or 0.000001')
  const [, whole = '', decimals = ''] = match
  if (decimals.length > DECIMALS) throw refuse(`it has ${decimals.length} decimals, and a unit has ${DECIMALS}`)
  // Digits without end would take long to convert.
  if (whole.length > 40) throw refuse('it is more than there can ever be')
  const amount = BigInt(whole) * UNIT + BigInt(decimals.padEnd(DECIMALS, '0'))
  if (amount === 0n) throw refuse('it is zero, and nothing would be sent')
  if (amount > MAX_AMOUNT) throw refuse('it is more than there can ever be')
  return amount
}
