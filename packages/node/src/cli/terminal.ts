import { once } from 'node:events'
import type { WriteStream } from 'node:tty'
import type { Environment } from '../adapters/index.ts'

/** Styles of text; on anything but a colour terminal they change nothing. */
export type Style = 'bold' | 'dim' | 'good' | 'warn' | 'bad'

const SGR: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
}

/** Where a command writes: results to stdout, everything else to stderr. */
export class Terminal {
  readonly #stdout: NodeJS.WriteStream
  readonly #stderr: NodeJS.WriteStream
  readonly #env: Environment
  /** Whether what stands before a note has not ended its line. */
  #isInLine = false

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, env: Environment) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.#env = env
  }

  get isStdoutTerminal(): boolean {
    return this.#stdout.isTTY === true
  }

  /** Whether progress may be drawn over itself. */
  get canDraw(): boolean {
    return this.#stderr.isTTY === true && !this.#env.plainText && !this.#env.ci
  }

  /** Columns of the terminal on stderr. */
  get columns(): number {
    return (this.#stderr as Partial<WriteStream>).columns ?? 80
  }

  style(text: string, style: Style, on: 'stdout' | 'stderr' = 'stdout'): string {
    const stream = on === 'stdout' ? this.#stdout : this.#stderr
    if (stream.isTTY !== true || this.#env.plainText) return text
    const [start, end] = SGR[style]
    return `\u001b[${start}m${text}\u001b[${end}m`
  }

  /** Resolves when the reader keeps up. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.isStdoutTerminal && this.#stderr.isTTY === true) this.#isInLine = isOpen(data, this.#isInLine)
    if (!this.#stdout.write(data)) await once(this.#stdout, 'drain')
  }

  async writeError(data: string | Uint8Array): Promise<void> {
    this.#isInLine = isOpen(data, this.#isInLine)
    if (!this.#stderr.write(data)) await once(this.#stderr, 'drain')
  }

  /** A line of its own beside the result, also after output that ended in the middle of one. */
  note(text: string): void {
    this.#stderr.write(`${this.#isInLine ? '\n' : ''}${text}\n`)
    this.#isInLine = false
  }

  /** Draws over the current line of stderr. */
  draw(text: string): void {
    this.#stderr.write(`\r\u001b[2K${text}`)
  }
}

const NEWLINE = 0x0a

function isOpen(data: string | Uint8Array, before: boolean): boolean {
  if (data.length === 0) return before
  return typeof data === 'string' ? !data.endsWith('\n') : data.at(-1) !== NEWLINE
}
