/** Control, format and line-separator characters: what could move a cursor, recolour, hide or reorder text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const KEPT_IN_LOGS = new Set(['\n', '\t'])

const escaped = (char: string): string => {
  const code = char.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Text from peers, files and programs as one harmless line for a terminal. */
export const safeLine = (text: string): string => text.replace(UNSAFE, escaped)

/** The same for what a program prints: its lines and tabs stay. */
export const safeLog = (text: string): string =>
  text.replace(UNSAFE, (char) => (KEPT_IN_LOGS.has(char) ? char : escaped(char)))
