import { formatDuration } from '@borgios/core'

/** Something that keeps this node from taking its part in the ledger, or soon will, while the others go on. */
export interface Impairment {
  readonly kind: 'keyUsedElsewhere' | 'clock' | 'disk'
  /** For people. */
  readonly why: string
  readonly todo: string
}

export interface ImpairmentFacts {
  /** Of the epoch's last block. */
  readonly lastHeight: number
  readonly isMuted: boolean
  /** How far the others' clocks are ahead. */
  readonly clockOffMs: number | undefined
  /** Why the last try to make something durable failed. */
  readonly diskWhy: string | undefined
}

/** The worst first. */
export function impairmentsOf({ lastHeight, isMuted, clockOffMs, diskWhy }: ImpairmentFacts): readonly Impairment[] {
  const found: Impairment[] = []
  if (isMuted) {
    found.push({
      kind: 'keyUsedElsewhere',
      why: `votes by this node's key are about that it does not remember: another process has the same key, or its journal was lost. It says nothing before height ${lastHeight}, the end of the epoch, so that it does not contradict itself`,
      todo: 'End the other process, such as one on a copy of the folder of this node: one key is for one node. This one takes part again by itself in the next epoch',
    })
  }
  if (clockOffMs !== undefined) {
    const apart = `${formatDuration(Math.abs(clockOffMs))} ${clockOffMs > 0 ? 'behind' : 'ahead of'}`
    const effect =
      clockOffMs > 0 ? 'it cannot help to decide on their blocks in time' : 'they take no block that this node makes'
    found.push({
      kind: 'clock',
      why: `the clock of this machine is ${apart} those of the other validators: ${effect}`,
      todo: 'Set the clock, best by a time service such as "timedatectl set-ntp true". The node then takes its part again by itself',
    })
  }
  if (diskWhy !== undefined) {
    found.push({
      kind: 'disk',
      why: `the ledger cannot be made durable here: ${diskWhy}`,
      todo: 'Make room on the disk or mend it; it is tried again by itself',
    })
  }
  return found
}
