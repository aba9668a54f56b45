/** Everything a terminal acts on but line feed and tab: C0, DEL, C1, and characters that change the direction of text. */
const UNPRINTABLE = /[[\p{Cc}\p{Bidi_Control}]--[\n\t]]/gv

const escapeOne = (char: string): string => {
  const code = char.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * Text of a job's log that is safe to show on a terminal: control characters come out as `\x1b`, line ends as line feeds. Log bytes
 * come in pieces, so one of these is kept for each stream of a job.
 */
export class LogText {
  readonly #decoder = new TextDecoder('utf-8')
  #endedInReturn = false

  /** The text of the next piece; characters cut in two come with the piece that completes them. */
  push(bytes: Uint8Array): string {
    return this.#escape(this.#decoder.decode(bytes, { stream: true }))
  }

  /** What is left at the end of the log. */
  end(): string {
    return this.#escape(this.#decoder.decode()) + (this.#endedInReturn ? '\\x0d' : '')
  }

  #escape(text: string): string {
    const whole = this.#endedInReturn ? `\r${text}` : text
    this.#endedInReturn = whole.endsWith('\r')
    const held = this.#endedInReturn ? whole.slice(0, -1) : whole
    return held.replaceAll('\r\n', '\n').replace(UNPRINTABLE, escapeOne)
  }
}
