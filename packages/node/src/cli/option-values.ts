import { formatBytes, formatDuration, GIB, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '@borgios/core'
import { InvalidArgumentError } from 'commander'

/** A whole number in a range. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    }
    return value
  }

const TIB = 1024 * GIB
const BYTES: Readonly<Record<string, number>> = {
  ...{ '': 1, b: 1, k: KIB, kib: KIB, m: MIB, mib: MIB, g: GIB, gib: GIB, t: TIB, tib: TIB },
}
const TIMES: Readonly<Record<string, number>> = { ms: 1, '': SECOND_MS, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS }

function withUnit(text: string, units: Readonly<Record<string, number>>, example: string): number {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text)
  const unit = units[match?.[2]?.toLowerCase() ?? ' ']
  const value = Math.round(Number(match?.[1]) * (unit ?? Number.NaN))
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError(`It must look like ${example}.`)
  return value
}

function within(value: number, [min, max]: Range, format: (value: number) => string): number {
  if (value >= min && value <= max) return value
  throw new InvalidArgumentError(`It must be from ${format(min)} to ${format(max)}.`)
}

/** The least and the most. */
type Range = readonly [min: number, max: number]

/** `256MiB`, `1g`, `1048576` to bytes. */
export const byteCount =
  (range: Range) =>
  (text: string): number =>
    within(withUnit(text, BYTES, '1048576, 64KiB, 256MiB or 1GiB'), range, formatBytes)

/** `30s`, `5m`, `1500ms`, `30` (seconds) to milliseconds. */
export const duration =
  (range: Range) =>
  (text: string): number =>
    within(withUnit(text, TIMES, '1500ms, 30s, 5m or 1h'), range, formatDuration)

/** Gathers a repeated option. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

/** A text of a shape. */
export const matching =
  (pattern: RegExp, what: string) =>
  (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${what}.`)
    return text
  }
