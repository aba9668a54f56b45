/** Who holds a slot and who waits for one, in order of arrival. */
export interface SlotState {
  readonly slots: number
  readonly maxQueued: number
  readonly running: readonly string[]
  readonly queued: readonly string[]
}

export type SlotEvent =
  | { readonly kind: 'arrived'; readonly job: string }
  /** It ended, gave up waiting or was cancelled. */
  | { readonly kind: 'left'; readonly job: string }

export type SlotEffect =
  | { readonly kind: 'start'; readonly job: string }
  /** `ahead` jobs come before it. */
  | { readonly kind: 'wait'; readonly job: string; readonly ahead: number }
  | { readonly kind: 'refuse'; readonly job: string }

export interface SlotStep {
  readonly state: SlotState
  readonly effects: readonly SlotEffect[]
}

export const emptySlots = (slots: number, maxQueued: number): SlotState => ({
  slots,
  maxQueued,
  running: [],
  queued: [],
})

/** First come, first served, within two bounds. Pure. */
export function stepSlots(state: SlotState, event: SlotEvent): SlotStep {
  return event.kind === 'arrived' ? arrive(state, event.job) : leave(state, event.job)
}

function arrive(state: SlotState, job: string): SlotStep {
  if (state.running.length < state.slots) {
    return { state: { ...state, running: [...state.running, job] }, effects: [{ kind: 'start', job }] }
  }
  if (state.queued.length >= state.maxQueued) return { state, effects: [{ kind: 'refuse', job }] }
  const wait: SlotEffect = { kind: 'wait', job, ahead: state.queued.length }
  return { state: { ...state, queued: [...state.queued, job] }, effects: [wait] }
}

function leave(state: SlotState, job: string): SlotStep {
  const queued = state.queued.filter((other) => other !== job)
  const running = state.running.filter((other) => other !== job)
  const [next, ...rest] = queued
  if (next === undefined || running.length >= state.slots) return { state: { ...state, running, queued }, effects: [] }
  return {
    state: { ...state, running: [...running, next], queued: rest },
    effects: [{ kind: 'start', job: next }],
  }
}
