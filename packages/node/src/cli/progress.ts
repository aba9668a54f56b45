import { type Clock, formatBytes, formatDuration, limits, SECOND_MS } from '@borgios/core'
import type { Terminal } from './terminal.ts'

interface Sample {
  readonly atMs: number
  readonly done: number
}

const BAR_CELLS = 24

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
    const line = progressLine(this.#what, done, total, speedOf(this.#samples))
    if (this.#terminal.canDraw) this.#terminal.draw(line.slice(0, this.#terminal.columns - 1))
    else this.#terminal.note(line)
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

export function progressLine(
  what: string,
  done: number,
  total: number | undefined,
  bytesPerSec: number | undefined,
): string {
  const speed = bytesPerSec === undefined ? '' : `  ${formatBytes(Math.round(bytesPerSec))}/s`
  if (total === undefined || total === 0) return `${what}  ${formatBytes(done)}${speed}`
  const share = Math.min(1, done / total)
  const filled = Math.round(share * BAR_CELLS)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
  const left = bytesPerSec ? `  ${formatDuration(((total - done) * SECOND_MS) / bytesPerSec)} left` : ''
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  return `${what}  ${bar} ${percent}  ${formatBytes(done)} of ${formatBytes(total)}${speed}${left}`
}
