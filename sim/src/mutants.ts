import { step, type TreeEffect, type TreeEvent, type TreeState } from '@borgios/peertree'
import type { TreeMessageKind } from '@borgios/protocol'
import type { Stepper } from './world.ts'

/** A core with one rule broken: the checks of this simulator must notice it, else they are blind to that rule. */
export interface Mutant {
  readonly name: string
  readonly stepper: Stepper
}

interface Break {
  /** Done to the state before every step. */
  readonly before?: (state: TreeState, event: TreeEvent, nowMs: number) => void
  /** What becomes of the effects. */
  readonly effects?: (effects: readonly TreeEffect[], state: TreeState) => readonly TreeEffect[]
}

const mutant = (name: string, { before, effects }: Break): Mutant => ({
  name,
  stepper: (host, given, now) => {
    const { state } = host
    if (state === undefined) return []
    before?.(state, given, now.monotonicMs)
    const found = step(state, given, now)
    return effects?.(found, state) ?? found
  },
})

/** Never says messages of these kinds. */
const silent = (...kinds: TreeMessageKind[]): Break => ({
  effects: (effects) => effects.filter((effect) => effect.kind !== 'send' || !kinds.includes(effect.message.kind)),
})

const onlyTicks = (act: (state: TreeState, nowMs: number) => void): Break => ({
  before: (state, event, nowMs) => {
    if (event.kind === 'tick') act(state, nowMs)
  },
})

export const mutants: readonly Mutant[] = [
  mutant('no memory of broadcasts', {
    before: (state) => {
      state.replay.admit = () => 'fresh'
    },
  }),
  mutant('no pulling of what is missing', silent('want')),
  mutant('no offers of what is kept', silent('have')),
  mutant('more children than the degree', {
    before: (state) => Object.assign(state, { degree: 20 }),
  }),
  mutant('broadcasts only go down', {
    effects: (effects, state) =>
      effects.map((effect) =>
        effect.kind === 'forward'
          ? { ...effect, to: effect.to.filter((node) => state.links.get(node)?.as !== 'parent') }
          : effect,
      ),
  }),
  mutant('members speak to guests as to members', {
    effects: (effects) =>
      effects.map((effect) =>
        effect.kind === 'send' && effect.message.kind === 'beat' && effect.message.above === undefined
          ? { ...effect, message: { ...effect.message, directory: '0123456789abcdef' } }
          : effect,
      ),
  }),
  mutant('silence is never noticed', {
    ...onlyTicks((state, nowMs) => {
      for (const link of state.links.values()) link.heardMs = nowMs
    }),
  }),
  mutant('other trees are never looked for', silent('probe', 'status', 'meet')),
  mutant('nobody moves up', {
    before: (state) => {
      state.moveAtMs = undefined
    },
  }),
  mutant('the root misses nobody', {
    before: (state) => {
      for (const [node, { why }] of state.suspects) if (why === 'missing') state.suspects.delete(node)
    },
  }),
  mutant('the root asks nobody whom it misses', {
    before: (state) => {
      for (const one of state.suspects.values()) if (one.why === 'missing') one.failures = 2
    },
  }),
  mutant('a lost neighbour is declared down unasked', {
    before: (state) => {
      for (const one of state.suspects.values()) one.failures = 2
    },
  }),
  mutant('nobody denies being down', {
    before: (state) => {
      if (state.directory.has(state.options.self)) state.announcedMs = Number.POSITIVE_INFINITY
    },
  }),
  mutant('directories are never compared', silent('directorySummary')),
  mutant('news of members stays where it is', {
    before: (state) => {
      for (const link of state.links.values()) link.news.clear()
    },
    ...silent('directorySummary'),
  }),
  mutant('the children of a lost root wait for each other', {
    before: (state) => {
      if (state.seek?.why !== 'heal') return
      Object.assign(state.seek, { patienceMs: Number.POSITIVE_INFINITY })
      for (const { node } of state.group) state.seek.orphans.add(node)
    },
  }),
]
