import { type Clock, formatDuration } from '@borgios/core'
import type { Terminal } from '../cli/terminal.ts'

/** Shows steps as they begin and end, with what each found and how long it took. */
export class StepList {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #count: number
  #step = 0

  constructor(count: number, terminal: Terminal, clock: Clock) {
    this.#count = count
    this.#terminal = terminal
    this.#clock = clock
  }

  /** Runs one step. `work` returns its finding and may report how far it is. */
  async run(title: string, work: (report: (text: string) => void) => Promise<string>): Promise<void> {
    this.#step += 1
    const head = `[${this.#step}/${this.#count}] ${title}`
    const startMs = this.#clock.monotonicMs()
    const report = (text: string): void => {
      if (this.#terminal.canDraw) this.#terminal.draw(`  ${head}  ${text}`.slice(0, this.#terminal.columns - 1))
    }
    report('…')
    let finding: string
    try {
      finding = await work(report)
    } catch (error) {
      this.#end('✖', 'bad', head, '', startMs)
      throw error
    }
    this.#end('✔', 'good', head, finding, startMs)
  }

  #end(mark: string, style: 'good' | 'bad', head: string, finding: string, startMs: number): void {
    if (this.#terminal.canDraw) this.#terminal.draw('')
    const took = this.#terminal.style(`(${formatDuration(this.#clock.monotonicMs() - startMs)})`, 'dim', 'stderr')
    this.#terminal.note(
      `${this.#terminal.style(mark, style, 'stderr')} ${head}${finding === '' ? '' : `: ${finding}`} ${took}`,
    )
  }
}
