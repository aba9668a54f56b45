/** `deal`: members may deal. `open`: the set is closed and its shares are published. `settle`: no share is taken any more. */
export type Phase = 'deal' | 'open' | 'settle'

/** The blocks of an epoch. */
export interface EpochSpan {
  readonly firstHeight: number
  readonly lastHeight: number
}

/**
 * What a block of the epoch serves. The last one seals the next beacon, which stands before it is made, so it only settles. Half of the others
 * are for dealing, three quarters of the rest for opening: both long enough that no few leaders can keep a member out.
 */
export function phaseAt(height: number, { firstHeight, lastHeight }: EpochSpan): Phase {
  const blocks = lastHeight - firstHeight
  const dealBlocks = Math.floor(blocks / 2)
  const openBlocks = Math.ceil((blocks - dealBlocks) * 0.75)
  const done = height - firstHeight
  if (done < dealBlocks) return 'deal'
  return done < dealBlocks + openBlocks ? 'open' : 'settle'
}
