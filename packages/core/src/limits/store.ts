import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts'

/** Bounds of the store. */
export const storeLimits = {
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
    /** Stripes that are filled from their sources or being encrypted: one for each worker and one that is read meanwhile. */
    stripesFilling: 3,
    /** A source that makes us wait after this long gives up its place among these; what came of its stripe is kept aside. */
    fillTimeoutMs: 2 * SECOND_MS,
    /** Stripes in memory for one put or, if readers leave room (stripesReadAhead), one get: enough to keep disk, network and both workers busy at once. */
    stripesInFlight: 4,
    /** Stripes that all gets of a node together hold beyond one each: two gets at full speed and a little for others. 24 MiB with 3+2. */
    stripesReadAhead: 8,
    /** Buffers of plain text kept for the next stripe, a shard's size each: a stripe of the widest coding. */
    plainBuffersKept: 16,
    /** Less plain text gets a buffer of its own size. */
    minPlainBufferBytes: 64 * KIB,
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
    requestsServed: 48,
    /** The same for one peer, over all its streams: as many as an honest one asks at once (requestsPerStream). */
    requestsPerPeer: 8,
    /** Of requestsServed, places for peers that have none: four who never take their answers must not shut out the others. */
    requestsForNewPeers: 16,
    /** Read buffers kept for the next read: what a busy node has in use at a time. */
    shardBuffersKept: 8,
    /** Shards a node reads from its disk at once to check them when others ask. */
    verificationsAtOnce: 2,

    /** A put that brings no shard for so long can no longer take back what it brought: a pipe may stall for a while. */
    openPutMs: 1 * HOUR_MS,
    /** Puts under way that a node follows for one other node. Shards of further ones stay even if their put fails. */
    openPutsPerNode: 32,
    /** Shards of puts under way that a node follows for one other node: a file of 96 GiB with 3+2. More stay even if the put fails. */
    openShardsPerNode: 32_768,
    /** The same for all nodes together: about 20 MB of memory. */
    openShards: 131_072,
    /** Puts of one node that ended lately: a shard of theirs that comes late is not taken. */
    settledPutsPerNode: 64,
    /** Shards removed at once when a put failed: they share the folder's fsync. */
    discardsAtOnce: 32,
    /** How often a node that was given shards is told how the put ended, and the pause between: it may be restarting. */
    settleTries: 3,
    settleRetryMs: 5 * SECOND_MS,
    /** For how long a file is paid for when nobody says: a month, to be prolonged. */
    defaultLeaseMs: 30 * 24 * HOUR_MS,
    /** How long a store that stops waits for its puts to end and be taken back: within the daemon's time for stopping. */
    stopPutsMs: 3 * SECOND_MS,

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

    /** Leaves a holder is asked for in an audit: they find a loss of 1 % with 95 %. 5 MB at most. */
    auditSamples: 300,
    /** Leaves one audit may ask for: enough for 99 %; the question stays below a stream's header with a shard for each. */
    maxAuditSamples: 460,
    /** From the question to the signature: 300 shards of 1 MiB read at half the time of a slow disk. A holder may ask others meanwhile: it is no proof against that. */
    auditTimeoutMs: 30 * SECOND_MS,
    /** Holders an auditor asks at once: 16 KiB each in its memory. */
    auditsAsked: 4,
    /** Stripe records looked at for what one node is said to hold, drawn by the beacon: about 1 GiB of shards of each of 5 nodes. */
    auditRecords: 1_024,
    /** Audits a node answers at once, each a shard after another, each resting as long as it worked: reads come first. */
    auditsServed: 2,
    /** Audits that wait or are answered, one of each peer; more are refused. */
    auditsInLine: 16,
    /** Leaves one peer may ask for: two audits at once, then 3,600 an hour. */
    auditBurstSamples: 920,
    auditSamplesPerSecond: 1,
    /** Peers whose use of that is remembered until it is made good: 15 minutes at most. */
    auditorsRemembered: 4_096,
  },
} as const
