const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' })

/** `2026-01-31 17:05:09` in this machine's time zone. */
export const formatTime = (timeMs: number): string => format.format(timeMs)
