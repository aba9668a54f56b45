import { KIB, MINUTE_MS, SECOND_MS } from '../units.ts'

/** Bounds of what every room uses: JSON, envelopes, genesis. */
export const coreLimits = {
  core: {
    /** Nesting of any JSON from outside: deeper than any schema of ours, far from a stack overflow. */
    jsonDepth: 32,
    /** Lines of a log that wait for a disk that is full: hours of what a healthy node says. */
    unwrittenLogBytes: 256 * KIB,
  },
  envelope: {
    /** Whole signed envelope. Broadcasts are for control, bytes go on bulk streams. */
    maxBytes: 256 * KIB,
    /** How old an envelope may be: covers delivery through a healing tree, bounds the replay memory. */
    maxAgeMs: 2 * MINUTE_MS,
    /** How far ahead a sender's clock may run: NTP-less servers drift seconds, not minutes. */
    maxAheadMs: 30 * SECOND_MS,
    /** Senders the replay memory follows at once; beyond it new senders are refused rather than old ones forgotten. */
    replaySenders: 10_000,
    /** Envelopes remembered per sender within the freshness window: 2 minutes at 50 a second, with a margin. */
    replayPerSender: 8_192,
    /** Envelopes remembered of all senders together: about 50 MB. */
    replayTotal: 500_000,
    /** How often what has grown too old is forgotten: a scan of the whole memory. */
    replaySweepMs: 10 * SECOND_MS,
    /** Name of a message type, such as `tree.node-up`. */
    maxTypeChars: 64,
  },
  genesis: {
    maxNameChars: 64,
    /** Founders only bridge the time until the ledger decides on membership. */
    maxFounders: 64,
  },
} as const
