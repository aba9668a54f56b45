import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from './units.ts'

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
    /** Shards of one stripe: 10+4 and its like fit, and a stripe in memory stays at 16 MiB. */
    maxStripeShards: 16,
    /** Threads that encrypt, code and hash: a third gained nothing where it was measured. */
    codecWorkers: 2,
    /** Young heap of such a thread: small, so that the ciphers' output buffers are collected often (saves 45 MiB a node). */
    codecYoungHeapMib: 1,
    /** Stripes in memory in a whole node: 30 MiB with 3+2, 96 MiB with the widest coding. */
    stripesInMemory: 6,
    /** Of these at most so many for one put or get: enough to keep disk, network and both workers busy at once. */
    stripesInFlight: 4,
    /** Shards a node checks at once before it stores them: they never wait for a stripe, so two nodes cannot wait in a ring. */
    shardsInCheck: 4,
    /** A put succeeds with so many durable shards beyond `data` in each stripe; repair adds the rest. */
    minSpareShards: 1,
    /** Copies of a manifest page, where parity + 1 is less: losing a page loses much of the file. */
    minPageCopies: 3,
    /** Plain text of a manifest page: about 100 stripes of 3+2, 300 MiB of a file. */
    maxPageBytes: 128 * KIB,
    /** Pages from root to leaf: 3 levels of these pages already address petabytes. */
    maxPageDepth: 6,
    /** Longest name of a file in bytes of UTF-8: as in most file systems. */
    maxNameBytes: 255,

    /** Streams are kept open: requests under way on one of them, so at most this many shards wait for one peer. */
    requestsPerStream: 8,
    /** One shard to or from a peer, its disk included: ten times what a busy loopback needs, 1 Mbit/s still passes. */
    transferTimeoutMs: 15 * SECOND_MS,
    /** A holder is called slow after this long without its shard, and another one is asked as well. */
    hedgeAfterMs: 1 * SECOND_MS,
    /** A node that failed is left out of placement for this long, so that not every stripe waits for it. */
    avoidNodeMs: 30 * SECOND_MS,
    /** Nodes that failed lately and are remembered. */
    avoidedNodes: 1_000,
    /** Shards asked about in one question; with ids of 53 characters a question stays below 32 KiB. */
    shardsPerQuestion: 512,
    /** The same where each is read and rehashed: 32 MiB, well within a time-out on a slow disk. */
    shardsPerVerification: 32,
    /** A question whose answer needs disk reads. */
    verifyTimeoutMs: 60 * SECOND_MS,
    /** Members asked at the same time. */
    membersAsked: 16,
    /** Requests a node answers at once; more wait at their senders. At most so many shards are in memory for it. */
    requestsServed: 32,
    /** Read buffers kept for the next read: what a busy node has in use at a time. */
    shardBuffersKept: 8,
    /** Shards a node reads from its disk at once to check them when others ask. */
    verificationsAtOnce: 2,

    /** Stripe records that one shard may belong to: one in honest use, a few so that a false one does not block the true one. */
    recordsPerShard: 4,

    /** A member that is down for less is restarting: rebuilding its shards would be in vain. */
    repairGraceMs: 2 * MINUTE_MS,
    /** Random delay before a node starts checking, so that all holders do not ask at once. */
    repairJitterMs: 5 * SECOND_MS,
    /** All stripes are looked through this often even if nothing seems to have happened. */
    repairSweepMs: 10 * MINUTE_MS,
    /** Stripe records looked through at a time. */
    recordsPerSweepStep: 64,
    /** Stripes rebuilt at once by one node: repair must not crowd out reads and writes. */
    repairsAtOnce: 2,
    /** Rest between two repairs of a lane: at most 20 stripes a second and node. */
    repairPauseMs: 100,
    /** If a stripe stays short for this long, the next holder in line takes over from one that does not act. */
    repairPatienceMs: 1 * MINUTE_MS,
    /** Stripes a node remembers as short and unrepaired; more are found again by the next sweep. */
    repairQueue: 100_000,
    /** Rest between two shards the scrub reads: 10 MiB/s at most, a disk of 1 TB in about a day. */
    scrubPauseMs: 100,
    /** A scrub that is through sooner waits until so long after it began. */
    scrubRoundMs: 24 * HOUR_MS,
  },
  compute: {},
  /** Daemon and command line. */
  node: {},
} as const
