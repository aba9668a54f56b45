import { limits, type Timers } from '@borgios/core'
import { withTimeout } from '../deadline.ts'
import type { Connection } from '../engine/engine.ts'
import { tooSlow } from '../errors.ts'
import type { FrameChannel } from './frame-channel.ts'

/**
 * Hands over what was sent and closes the connection; cuts it off if the peer does not take that within
 * `limits.peertree.closeTimeoutMs`. Never rejects.
 */
export async function closeInPeace(timers: Timers, channel: FrameChannel, connection: Connection): Promise<void> {
  try {
    await withTimeout(timers, limits.peertree.closeTimeoutMs, undefined, async () => {
      await channel.end()
      await connection.close()
    })
  } catch {
    connection.abort(tooSlow('the peer did not let the session close in peace'))
  }
}
