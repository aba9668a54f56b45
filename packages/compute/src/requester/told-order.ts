import { limits } from '@borgios/core'
import type { ExecutorMessage } from '@borgios/protocol'
import { badMessage } from '../errors.ts'

type ToldState = Extract<ExecutorMessage, { type: 'state' }>['state']

const STATES: readonly ToldState[] = ['placing', 'fetching', 'running', 'storing']

/** Holds a node to the order and the amount of what it tells of a job. Both throw COMPUTE_BAD_MESSAGE. */
export class ToldOrder {
  #sequence = 0
  #leftBytes: number
  #lastState = -1

  constructor(logBytes: number) {
    this.#leftBytes = logBytes + limits.compute.logNoteBytes
  }

  log(sequence: number, bytes: number): void {
    if (sequence !== this.#sequence) throw badMessage('the node sent a piece of log out of order')
    if (bytes === 0) throw badMessage('the node sent an empty piece of log')
    this.#sequence += 1
    this.#leftBytes -= bytes
    if (this.#leftBytes < 0) throw badMessage('the node sent more log than the job may write')
  }

  state(state: ToldState): void {
    const index = STATES.indexOf(state)
    if (index <= this.#lastState) throw badMessage('the node told of a state that was over')
    this.#lastState = index
  }
}
