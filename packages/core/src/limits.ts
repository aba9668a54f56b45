import { KIB, MIB, MINUTE_MS, SECOND_MS } from './units.ts'

/**
 * Every bound of BorgIOS in one place: sizes, counts, times, retries. Grouped by room; each with its unit last in the
 * name and its reason beside it. A room reads only its own group.
 */
export const limits = {
  core: {
    /** Nesting of any JSON from outside: deeper than any schema of ours, far from a stack overflow. */
    jsonDepth: 32,
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
  peertree: {
    /** One frame on a session, header included: an envelope or a page of the directory fits. */
    maxFrameBytes: 512 * KIB,
    /** Answer to a request straight to another member: a disk read and two trips, with a wide margin for a busy machine. */
    requestTimeoutMs: 15 * SECOND_MS,
    /** JSON header of one message on a bulk stream. */
    maxStreamHeaderBytes: 64 * KIB,
    /** Payload of one message on a bulk stream: one shard. */
    maxStreamPayloadBytes: 1 * MIB,
  },
  /** The pure tree: joining, broadcast, repair, directory. */
  tree: {},
  store: {
    /** One shard: what a wasm kernel, a disk write and a stream frame handle well (storage measurements). */
    maxShardBytes: 1 * MIB,
  },
  compute: {},
  /** Daemon and command line. */
  node: {},
} as const
