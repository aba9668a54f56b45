import { type Clock, formatBytes, formatDuration, limits, MINUTE_MS, SECOND_MS } from '@borgios/core'
import type { Terminal } from './terminal.ts'

interface Sample {
  readonly atMs: number
  readonly done: number
}

const BAR_CELLS = 24
const MIN_BAR_CELLS = 8
/** Spaces between name, bar and figures. */
const GAPS = 3

/** How far a transfer has come: a bar with speed and time left on a terminal, a plain line now and then elsewhere. */
export class Progress {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #what: string
  readonly #startedMs: number
  #samples: Sample[]
  #shownMs: number
  #isDrawn = false

  constructor(what: string, terminal: Terminal, clock: Clock) {
    this.#what = what
    this.#terminal = terminal
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
    this.#shownMs = this.#startedMs
    this.#samples = [{ atMs: this.#startedMs, done: 0 }]
  }

  update(done: number, total: number | undefined): void {
    const nowMs = this.#clock.monotonicMs()
    const everyMs = this.#terminal.canDraw ? limits.node.progressDrawMs : limits.node.progressLineMs
    if (nowMs - this.#shownMs < everyMs) return
    this.#shownMs = nowMs
    this.#samples = [
      ...this.#samples.filter((sample) => nowMs - sample.atMs <= limits.node.progressWindowMs),
      { atMs: nowMs, done },
    ]
    const speed = speedOf(this.#samples)
    if (this.#terminal.canDraw)
      this.#terminal.draw(progressLine(this.#what, done, total, speed, this.#terminal.columns - 1))
    else this.#terminal.note(progressLine(this.#what, done, total, speed))
    this.#isDrawn = this.#terminal.canDraw
  }

  /** Clears the bar. Returns the time since the start in ms. */
  end(): number {
    if (this.#isDrawn) this.#terminal.draw('')
    this.#isDrawn = false
    return this.#clock.monotonicMs() - this.#startedMs
  }
}

/** Bytes per second over the samples; undefined from a single one. */
export function speedOf(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined
  return ((last.done - first.done) * SECOND_MS) / (last.atMs - first.atMs)
}

/**
 * `storing film.mkv  ██████░░  75%    3.0 of   4.0 GiB    88.1 MiB/s  12s left`: columns stay where they are while it runs. In less than
 * `columns` the bar shrinks, then the name, then the end goes.
 */
export function progressLine(
  what: string,
  done: number,
  total: number | undefined,
  bytesPerSec: number | undefined,
  columns = Number.POSITIVE_INFINITY,
): string {
  const speed = bytesPerSec === undefined ? '' : `  ${formatBytes(Math.round(bytesPerSec)).padStart(8)}/s`
  if (total === undefined || total === 0) return cut(`${what}  ${formatBytes(done).padStart(8)}${speed}`, columns)
  const share = Math.min(1, done / total)
  const left = bytesPerSec ? `  ${timeLeft(((total - done) * SECOND_MS) / bytesPerSec)} left` : ''
  const figures = `${`${Math.floor(share * 100)}%`.padStart(4)}  ${formatBytes(done).padStart(8)} of ${formatBytes(total)}${speed}${left}`
  const spare = columns - figures.length - GAPS
  const cells = Math.max(MIN_BAR_CELLS, Math.min(BAR_CELLS, spare - what.length))
  const filled = Math.round(share * cells)
  const bar = '█'.repeat(filled) + '░'.repeat(cells - filled)
  const name = what.length + cells <= spare ? what : `${what.slice(0, Math.max(0, spare - cells - 1))}…`
  return cut(`${name}  ${bar} ${figures}`, columns)
}

const cut = (line: string, columns: number): string => (line.length <= columns ? line : line.slice(0, columns))

/** In whole seconds and of one width, so that nothing flickers. */
const timeLeft = (leftMs: number): string =>
  (leftMs < MINUTE_MS ? `${Math.ceil(leftMs / SECOND_MS)}s` : formatDuration(leftMs)).padStart(7)
