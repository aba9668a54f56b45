export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `1536` -> `1.5 KiB`. For people; machines get plain bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // What would be rounded to 1024 belongs to the next unit.
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`
}

/** `75_000` -> `1m 15s`; below one second in milliseconds. For people. */
export function formatDuration(durationMs: number): string {
  if (Math.round(durationMs) < SECOND_MS) return `${Math.round(durationMs)} ms`
  const totalSeconds = durationMs / SECOND_MS
  if (totalSeconds < 59.95) return `${totalSeconds.toFixed(1)}s`
  const whole = Math.round(totalSeconds)
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const seconds = whole % 60
  return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m ${seconds}s`
}

/** `1 node`, `2 nodes`, `0 children` with `many` given. For people. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
