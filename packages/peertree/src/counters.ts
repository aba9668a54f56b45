/** What went through a node since it started. */
export interface PeerTreeCounters {
  /** Broadcast frames that came from neighbours, repeated ones included. */
  readonly payloadFramesReceived: number
  readonly payloadBytesReceived: number
  /** Of those, the ones that were not new. */
  readonly payloadFramesRepeated: number
  /** Broadcast frames sent to neighbours, our own broadcasts included. */
  readonly payloadFramesSent: number
  /** Broadcasts refused: malformed, forged, too old, of another network or from a guest. */
  readonly broadcastsRefused: number
  readonly delivered: number
}

export type MutableCounters = { -readonly [Name in keyof PeerTreeCounters]: number }

export const zeroCounters = (): MutableCounters => ({
  payloadFramesReceived: 0,
  payloadBytesReceived: 0,
  payloadFramesRepeated: 0,
  payloadFramesSent: 0,
  broadcastsRefused: 0,
  delivered: 0,
})
