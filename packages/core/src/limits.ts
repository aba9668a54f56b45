import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from './units.ts'

/**
 * Every bound of BorgIOS in one place: sizes, counts, times, retries. Grouped by room; each with its unit last in the
 * name and its reason beside it. A room reads its own group and, where it passes on what a room below it bounds, that room's.
 */
export const limits = {
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
  peertree: {
    /** One frame on a session, header included: an envelope or a page of the directory fits. */
    maxFrameBytes: 512 * KIB,
    /** The first frame each way, from somebody not let in yet: eight addresses, a certificate and an invitation take 4 KiB, all escaped 14. */
    maxHelloBytes: 16 * KIB,
    /** From the first byte of a frame to its last: the largest at 140 kbit/s. A slower peer would make us keep half a frame for ever. */
    frameTimeoutMs: 30 * SECOND_MS,
    /** Frames waiting for a slow neighbour: some seconds of control traffic. Beyond it the peer is hung up. */
    maxOutboxBytes: 4 * MIB,
    /** Broadcasts one session may bring, in bytes: all members speak through one neighbour. The burst is a whole repair. */
    broadcastBytesPerSecond: 8 * MIB,
    broadcastBurstBytes: 64 * MIB,
    /** A broadcast counts as at least so many bytes, for its signature: a thousand a second. */
    minBroadcastBytes: 8 * KIB,
    /** Frames handled in one turn of the event loop before others get theirs: a flood must not starve the node. */
    framesPerTurn: 64,
    /** Their bytes: the worst JSON of this size is parsed in 35 ms. */
    frameBytesPerTurn: 256 * KIB,
    /** Frames other than broadcasts, in bytes, that a session reads; beyond it the sender is held back. The burst: every request that may wait, each of the largest. */
    controlBytesPerSecond: 8 * MIB,
    controlBurstBytes: 64 * MIB,
    /** The same for a guest, which asks for a place, beats and asks little else. */
    guestControlBytesPerSecond: 64 * KIB,
    guestControlBurstBytes: 256 * KIB,
    /** One frame of a guest: the worst JSON of this size is parsed in 10 ms, and many guests may send at once. */
    maxGuestFrameBytes: 64 * KIB,
    /** A frame counts as at least so many bytes, for handling it. */
    minControlBytes: 256,
    /** Connections at once, admitted or not: edges, lazy links and transfers, far above any degree. */
    maxConnections: 1_024,
    /** Connections still shaking hands (TLS and hello): a whole small network may arrive at once after a power cut. */
    maxPendingConnections: 128,
    /** Of those, from one address, before TLS and again before the hello: silent connections of one host leave room for the others. Who is too many dials again. */
    maxPendingPerHost: 32,
    /** Connections a second from one address: many nodes share one behind a NAT, or loopback in tests. */
    inboundPerSecondPerHost: 256,
    /** From the TCP connection to TLS and multiplexer being up, and from there to the hello's answer. */
    handshakeTimeoutMs: 10 * SECOND_MS,
    /** One address of a peer, TCP and TLS together, before the next is tried. */
    dialAddressTimeoutMs: 4 * SECOND_MS,
    /** Addresses of one dial that are tried. */
    maxAddresses: 16,
    /** Dials under way at once; the next wait, and time may run out before they begin. The tree keeps up to about 100 (10 s of four probes and three tries a second, and its checks), the rest is for the rooms. */
    maxParallelDials: 256,
    /** No byte either way for this long ends a TCP connection; idle sessions are closed well before. */
    socketIdleMs: 2 * MINUTE_MS,
    /** A session nobody needs: long enough that bursts of requests share one. */
    sessionIdleMs: 45 * SECOND_MS,
    /** How often idle sessions are looked for. */
    sessionSweepMs: 5 * SECOND_MS,
    /** Two sessions of one pair that came up within this span crossed each other; later ones replace a dead one. */
    sessionCrossingMs: 5 * SECOND_MS,
    /** Waiting for the goodbye and what was written before it, when a session is closed in peace. */
    closeTimeoutMs: 1 * SECOND_MS,
    /** Answer to a request straight to another member: a disk read and two trips, with a wide margin for a busy machine. */
    requestTimeoutMs: 15 * SECOND_MS,
    /** Longest answer time a caller may ask for. */
    maxRequestTimeoutMs: 10 * MINUTE_MS,
    /** Requests of one session in work at the side that answers; more are told `exhausted`. */
    maxInboundRequests: 128,
    /** Requests of one session without an answer at the side that asks. */
    maxOutboundRequests: 128,
    /** Those a guest may have in work: it is nobody yet. */
    maxGuestRequests: 8,
    /** Name of a request method or stream protocol. */
    maxMethodChars: 64,
    /** What a remote error may say. */
    maxErrorMessageChars: 1_024,
    /** Bulk streams of one session in each direction; each may hold a few MiB. */
    maxStreamsPerSession: 32,
    /** Those a guest may open. */
    maxGuestStreams: 4,
    /** From opening a bulk stream to the other side's word that it is accepted. */
    streamOpenTimeoutMs: 10 * SECOND_MS,
    /** JSON header of one message on a bulk stream. */
    maxStreamHeaderBytes: 64 * KIB,
    /** Payload of one message on a bulk stream: one shard. */
    maxStreamPayloadBytes: 1 * MIB,
    /** Pieces in which bulk bytes go to the multiplexer: small enough for control frames to slip in between. */
    streamChunkBytes: 128 * KIB,
    /** Payload buffers kept for the next payloads: what a busy node has in use at a time. */
    payloadBuffersKept: 8,
    /** Payloads below this get a buffer of their own: a whole one would be a waste. */
    minKeptPayloadBytes: 256 * KIB,
    /** Messages a receiver holds that nobody asked for yet; then the sender is held back. */
    streamReadAhead: 2,
    /** Flow-control window of a stream: what may be under way; 50 ms of round trip then carry 20 MiB/s. */
    streamWindowBytes: 1 * MIB,
    /** Smaller pieces that wait for the reader of a stream are put together: each by itself would cost many times its bytes. */
    minHeldPieceBytes: 4 * KIB,
    /** Sessions with guests at once: twice those the tree keeps, since the others are told where else to ask. */
    maxGuests: 64,
    /** Members whose addresses are kept over a restart. */
    maxAddressBook: 512,
    /** How often what changed in the address book is saved. */
    addressBookSaveMs: 10 * SECOND_MS,
  },
  /** The pure tree: joining, broadcast, repair, directory. */
  tree: {
    /** Children of a node: broad enough for 4,000 nodes in four levels, narrow enough for a home uplink. */
    degree: 8,
    /** Largest degree a node may be set to: bounds the root group that every node keeps; wider, a parent's uplink is the bottleneck. */
    maxDegree: 32,
    /** Guests of one node, beside its children: each costs a copy of every public broadcast. */
    maxGuests: 32,
    /** Highest term and pulse of a tree: neither is reached by honest counting, and counting on stays exact. */
    maxTerm: 2 ** 32,
    maxPulse: 2 ** 48,
    /** Longest path to a root. A chain of 64 means something is broken: treated like a cycle. */
    maxDepth: 64,
    /** How often the shell lets the core look at the time: fine enough for every time here. */
    tickMs: 250,
    /** How often edges and lazy links say that they live. */
    beatMs: 1 * SECOND_MS,
    /** A whole root group goes with a beat when it changed, and every so many beats in case that one was lost. */
    groupEveryBeats: 8,
    /** Without a new pulse for this long a node takes nobody in, since it may itself be cut off. */
    pulseStaleMs: 4_500,
    /** Silence after which a neighbour is lost: three beats may be late or lost. */
    silenceMs: 3_300,
    /** How long the root's pulse may stand still: loss of an ancestor, its healing and the way down fit. */
    pulseTimeoutMs: 9 * SECOND_MS,
    /** A gap between two ticks that means this process was stopped: others' silence says nothing then. */
    frozenMs: 1_500,
    /** A dial must be answered by the shell within this time, or counts as failed. */
    dialTimeoutMs: 1_500,
    /** One that counts as failed may still bring a session for so long, as from a slow machine or by its second address: the next try finds it. */
    lateDialMs: 10 * SECOND_MS,
    /** An asked node answers within this time: one trip and a busy machine. */
    attachTimeoutMs: 1 * SECOND_MS,
    /** Redirects one attempt follows: a walk to the root and down a deep tree. */
    maxRedirects: 24,
    /** Attempts at once: one dead candidate must not hold up healing. */
    parallelAttempts: 3,
    /** Wait before the next candidate is tried beside the one under way. */
    attemptStaggerMs: 200,
    /** Known members tried in one round of healing, beside grandparent and root group. */
    seekMembers: 8,
    /** Pause between rounds, doubled up to the longest, plus as much again at random. */
    seekPauseMs: 200,
    maxSeekPauseMs: 1 * SECOND_MS,
    /** Rounds in which the children of a lost root ask only each other: an election needs no more. */
    electionRounds: 3,
    /** How long an orphan below the root group leaves the election to others before it makes a tree of its own. */
    patienceMs: 5 * SECOND_MS,
    /** How long nodes that all start at once wait for each other, plus as much again at random. */
    joinPatienceMs: 1_500,
    /** Bad signatures taken from one peer before its session is closed: none is an accident, a few may be a bug. */
    maxStrikes: 3,
    /** Addresses to join through that are tried of those given, and as many members remembered from the last run. */
    maxContacts: 16,
    /** Sessions the tree takes note of; also those other rooms use. */
    maxSessions: 4_096,
    /** A session this node dialed for the tree that serves nothing any more is hung up after this. */
    idleSessionMs: 10 * SECOND_MS,
    /** Messages a member may send us: beats, storms of joins behind it, pages. Beyond it they are dropped. */
    messagesPerSecond: 200,
    messageBurst: 1_000,
    /** A guest only asks for a place and beats. */
    guestMessagesPerSecond: 5,
    guestMessageBurst: 30,
    /** Lazy links a node looks for; with them a broadcast survives the loss of any one neighbour. */
    lazyLinks: 2,
    /** Lazy links a node agrees to. */
    maxLazyLinks: 6,
    /** Pause between two looks for a lazy link. */
    lazyRetryMs: 2 * SECOND_MS,
    /** Questions under way at once, to whom no answer came yet. */
    maxQuestions: 64,
    /** Addresses whose probing is paced. */
    maxProbed: 8_192,
    /** How often a root asks an address outside its tree: the time to find the other half of a split. */
    rootProbeMs: 1 * SECOND_MS,
    /** How many it asks each time: after a great loss many of those it remembers are dead. */
    rootProbes: 4,
    /** The same for everybody else: only for what the root cannot reach. */
    memberProbeMs: 20 * SECOND_MS,
    /** Longest pause before the same address is probed again: bounds dials to the dead. */
    maxProbePauseMs: 20 * SECOND_MS,
    /** How long a deep node sees room above before it moves, plus as much again at random: no chase after a slot. */
    moveDelayMs: 4 * SECOND_MS,
    /** Broadcasts kept for repair: count, bytes and age, the last below the freshness window. */
    recentBroadcasts: 4_096,
    recentBytes: 16 * MIB,
    recentAgeMs: 1 * MINUTE_MS,
    /** Broadcast ids in one message of repair. */
    maxIdsPerMessage: 512,
    /** Wait before a broadcast heard of is pulled: the tree itself is usually faster. */
    pullDelayMs: 600,
    /** Wait before it is pulled again, from the next who has it. */
    pullRetryMs: 1_500,
    /** Bytes of kept broadcasts one neighbour may pull: repair, not a way to make us send for ever. */
    pullBytesPerSecond: 4 * MIB,
    pullBurstBytes: 16 * MIB,
    /** Broadcasts heard of but not yet here. */
    maxMissing: 4_096,
    maxMissingPerLink: 512,
    /** Links remembered as having one missing broadcast. */
    maxHolders: 4,
    /** Broadcasts of publishers whose record has not come yet: count and time. */
    maxStrangers: 64,
    strangerMs: 10 * SECOND_MS,
    /** Members known: at 1-2 KiB each some MiB. Beyond it new ones wait for one that was long down. */
    directoryEntries: 4_096,
    /** Members of one operator that may be up at once, founders' aside: a large operator fits, and one alone cannot take the whole directory (ADR 0006). */
    membersPerOperator: 64,
    /** How long a down member is remembered: a split that lasts longer heals through contacts. */
    downMemoryMs: 60 * MINUTE_MS,
    /** Records in one message: fits a frame. */
    directoryPageRecords: 64,
    /** Members in one page of a comparison: about 70 bytes each. */
    directorySummaryMembers: 1_024,
    /** Pause between two comparisons with one neighbour. */
    reconcileMs: 2 * SECOND_MS,
    /** Comparisons one neighbour may ask for: each may cost the whole directory. */
    summariesPerSecond: 2,
    summaryBurst: 10,
    /** Records one neighbour may be sent: the whole directory when it is new, little afterwards. */
    recordsPerSecond: 500,
    recordBurst: 8_192,
    /** Records of one neighbour that are checked, at 0.4 ms each: the whole directory when this node is new, little afterwards. */
    recordChecksPerSecond: 100,
    recordCheckBurst: 4_096,
    /** A member whose record changes faster than this is passed on with delay: bounds what one can make all others send. */
    recordPauseMs: 300,
    /** A difference this old is no news on its way. */
    differenceMs: 1_200,
    /** News to one neighbour is gathered for this long. */
    newsPauseMs: 200,
    /** Pause between two announcements of our own record: bounds what false notices can cause. */
    announceMs: 1 * SECOND_MS,
    /** Random wait before a down notice: one of several who saw it speaks. */
    noticeJitterMs: 1 * SECOND_MS,
    /** How long a member may be missing from the root's census before the root asks it: most that lost their parent are back by then (ADR 0013). */
    missingMs: 2 * SECOND_MS,
    /** Suspects asked at once whether they live. Half a network may be gone and silent: their dials must leave `maxParallelDials` to the living. */
    checksAtOnce: 24,
    /** Ids in one part of a census. */
    censusPageNodes: 1_024,
    /** Pause between two census questions to one child. */
    censusMs: 500,
    maxAddresses: 8,
    /** A multiaddr with a DNS name and a peer id fits. */
    maxAddressChars: 256,
    /** A place label such as `berlin/rack-2`. */
    maxPlaceChars: 64,
    maxReleaseChars: 64,
    maxServices: 16,
    maxServiceChars: 32,
  },
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
  compute: {
    /** Jobs a node runs at once, at most, whatever it was configured to. */
    maxSlots: 256,
    /** Tries to store an output of a job, and the pause between them: until a node that just died is known to be down, some seconds (tree.missingMs). */
    storeTries: 12,
    storeRetryMs: 1 * SECOND_MS,
    /** Jobs that wait for a slot of one node. Beyond it they are better off asking another. */
    maxQueuedJobs: 64,
    /** How long a job waits for a free slot in all: long enough for a busy hour's gap, short enough to be told of. */
    queueWaitMs: 10 * MINUTE_MS,
    /** How often a requester asks again when every node is full. */
    placeRetryMs: 2 * SECOND_MS,
    /** Members asked for their load before one is chosen: two choices do most of the work (power of two), a few more are cheap. */
    maxProbes: 8,
    /** Answer to a probe. A node that takes longer is a poor choice. */
    probeTimeoutMs: 3 * SECOND_MS,
    /** Nodes a job is tried on before it is given up. */
    maxAttempts: 3,
    /** Jobs of its own a node follows at once. */
    maxOwnJobs: 1_024,
    /** Reasons listed in one error: a screenful. */
    maxReasons: 16,

    /** Memory of a job. The least leaves 32 MiB to the program; the most is what 32-bit wasm can use. */
    minMemoryBytes: 96 * MIB,
    maxMemoryBytes: 4 * 1024 * MIB,
    defaultMemoryBytes: 512 * MIB,
    /** Of that, what Node and V8 need for themselves; the program's linear memory may have the rest. */
    runtimeMemoryBytes: 64 * MIB,
    /** Objects of the runner in V8's heap: it holds no data of the program. */
    runtimeHeapBytes: 64 * MIB,
    maxWallTimeMs: 60 * MINUTE_MS,
    defaultWallTimeMs: 10 * MINUTE_MS,
    /** Outputs lie in the memory of the sandbox while its program runs. */
    maxOutputBytes: 1024 * MIB,
    defaultOutputBytes: 64 * MIB,
    maxLogBytes: 64 * MIB,
    defaultLogBytes: 1 * MIB,

    /** A module of this size compiles in seconds; code of larger programs belongs in a container. */
    maxProgramBytes: 32 * MIB,
    maxInputs: 64,
    /** Program and inputs together, on the executor's disk. */
    maxInputBytes: 16 * 1024 * MIB,
    /** Fetching and storing: 16 GiB over a gigabit line, with a margin. */
    maxTransferMs: 10 * MINUTE_MS,
    maxArgs: 256,
    maxArgChars: 4_096,
    maxEnv: 128,
    maxEnvNameChars: 128,
    /** The name of a file in /in: what a Linux file name may hold. */
    maxInputNameChars: 255,
    maxCapabilityChars: 512,
    /** Files, folders and all under /out. */
    maxOutputFiles: 256,
    /** Path of an output below /out, escapes included. */
    maxOutputNameChars: 1_024,
    /** A signed request: the spec, and 1 KiB for who asks whom. */
    maxRequestBytes: 256 * KIB,
    /** A spec with arguments and environment, as JSON. */
    maxSpecBytes: 255 * KIB,
    /** A signed receipt: 256 outputs of the longest names. */
    maxReceiptBytes: 1 * MIB,
    /** A sentence for people. */
    maxWhyChars: 1_000,

    /** From the start of the sandbox to the program's start: 30 ms as measured, far more on a machine under load. */
    startTimeoutMs: 20 * SECOND_MS,
    /** From the program's end until the sandbox has handed over all outputs: the most of them on a disk that writes 10 MiB/s. */
    handOverMs: 2 * MINUTE_MS,
    /** How often memory, threads and files of a sandbox are looked at: at 1 GiB/s of page faults an overshoot of 50 MiB. */
    watchMs: 50,
    /** Tries to remove the control group of a job that has ended, and the pause between them: the kernel takes some milliseconds. */
    groupRemoveTries: 20,
    groupRemoveMs: 10,
    /** Processors a job is billed for at most: its program's thread, and one that compiles and collects beside it. */
    jobCpus: 2,
    /** The note that a log was cut may follow a full log. */
    logNoteBytes: 256,
    /** How much longer than here a job may have taken on the clock of another node: rounding, and a clock that runs fast. */
    clockMarginMs: 100,
    /** Threads of one sandbox: Node's own are seven. */
    maxThreads: 32,
    /** File descriptors of the processes of a sandbox. */
    maxOpenFiles: 512,
    /** Processes and threads in a job's control group: the threads and bubblewrap's own processes. */
    maxTasks: 40,
    /** From the end of a sandbox's process until all it printed is taken: two pipes of 64 KiB at most are left, 2 KiB/s. */
    logDrainMs: 1 * MINUTE_MS,
    /** Pause between reads of a log that is beyond its limit: 64 KiB a read make 6 MiB/s, so a flood costs little. */
    floodPauseMs: 10,
    /** One chunk of log on the wire. */
    maxLogChunkBytes: 64 * KIB,
    /** One JSON frame of the runner: a name and a sentence. */
    maxReportFrameBytes: 16 * KIB,
    /** One frame of output bytes of the runner. */
    maxDataFrameBytes: 256 * KIB,
    /** stderr of bubblewrap kept to explain a sandbox that does not start. */
    maxSandboxErrorBytes: 4 * KIB,

    /** Each side says this often that it is still there. */
    leaseRenewMs: 5 * SECOND_MS,
    /** After this silence the job is ended, or tried elsewhere: four missed renewals. */
    leaseMs: 20 * SECOND_MS,
    /** How long the requester may take to read how its job ended: a sentence, or a receipt of at most 1 MiB. */
    lastWordMs: 10 * SECOND_MS,
    /** From an opened stream to its request. */
    requestWaitMs: 10 * SECOND_MS,
    /** Beyond the times a node may take for each part of a job, before it is given up: messages, cleaning up, a busy machine. */
    attemptMarginMs: 2 * MINUTE_MS,
    /** How long a cancelled job may take to say so before the requester leaves. */
    cancelWaitMs: 10 * SECOND_MS,
  },
  /** Daemon and command line. */
  node: {
    /** JSON body of one request on the daemon's socket: a job with many arguments fits. */
    maxRequestBytes: 1 * MIB,
    /** JSON answer the command line reads, and one line of an event stream: a tree of thousands of nodes fits. */
    maxAnswerBytes: 16 * MIB,
    /** Connections to one daemon's socket: scripts of one user, not a public service. */
    maxConnections: 256,
    /** A daemon that lives answers a ping at once, or after some seconds on a machine that is short of everything. */
    pingTimeoutMs: 5 * SECOND_MS,
    /** How long the choice of a daemon waits for an earlier one once some other has answered. */
    choiceMs: 100,
    /** Short questions to the daemon; long work sends events, and is bounded by `eventSilenceMs` instead. */
    answerTimeoutMs: 30 * SECOND_MS,
    /** How often a long request sends a sign of life, so that a reader knows a slow one from a dead one. */
    heartbeatMs: 5 * SECOND_MS,
    /** How long the rest of a refused upload is taken, so that its sender reads why. */
    discardMs: 10 * SECOND_MS,
    /** Silence after which the command line gives up on a daemon: several missed signs of life. */
    eventSilenceMs: 60 * SECOND_MS,
    /** What a node may say of its load, of one core: ten thousand of them. */
    maxCpuPercent: 1_000_000,
    /** Members asked at once for a drawing of the tree. */
    describeConcurrency: 32,
    /** One member's answer about itself: memory only, so a later one comes from a frozen process or an overloaded machine. */
    describeTimeoutMs: 1 * SECOND_MS,
    /** Ports a starting node tries: others may take the one just picked. */
    portAttempts: 5,
    /** From the start of a process to its place in the tree; a busy machine starts several at once. */
    startTimeoutMs: 90 * SECOND_MS,
    /** From a node that answers to its place in the tree: on a busy machine it may first begin a tree of its own, which then merges. */
    joinTimeoutMs: 1 * MINUTE_MS,
    /** How long the tour waits for a network to be whole again, repair of a lost disk not included. */
    healTimeoutMs: 3 * MINUTE_MS,
    /** How often a process that only waits for a signal wakes: a timer of Node holds 24 days at most. */
    keepAliveMs: 1 * HOUR_MS,
    /** How often `up` and `down` look again. */
    pollMs: 100,
    /** A daemon asked to stop may finish writing for so long; then it is killed. */
    stopTimeoutMs: 10 * SECOND_MS,
    /** Inside the daemon, a little shorter, so that it ends by itself and says so in its log. */
    shutdownTimeoutMs: 8 * SECOND_MS,
    /** Nodes of an embedded network: each is a process of about 100 MiB. */
    maxEmbeddedNodes: 64,
    /** A log file is set aside once it is this large. */
    maxLogBytes: 16 * MIB,
    /** How often a running node looks at the size of its log files. */
    logCheckMs: 1 * MINUTE_MS,
    /** Log files set aside. */
    keptLogs: 3,
    /** One configuration, key or credential file. */
    maxConfigBytes: 256 * KIB,
    /** The list of stored files: some hundred thousand lines. Beyond it put refuses, since forgetting a line loses a file. */
    maxCatalogueBytes: 64 * MIB,
    /** One line of that list: a capability and a name. */
    maxCatalogueLineBytes: 8 * KIB,
    /** Name of a stored file or a job. */
    maxNameChars: 255,
    /** Finished jobs remembered; the oldest go first. */
    maxJobRecords: 1_000,
    /** Records read at once: far below the files a process may have open (1024 by default). */
    recordsAtOnce: 64,
    /** Bytes of a job's log file for each byte the job may print: base64 takes 4/3, the rest is for the framing of small pieces. */
    jobLogFactor: 4,
    /** Beside them, for the states of a job that may print little. */
    jobLogSpareBytes: 1 * MIB,
    /** Jobs one daemon has under way for its users; each holds a stream and a log file. */
    maxOwnJobs: 64,
    /** How often the end of a job that could not be written down is tried again: a full disk stays so until someone looks. */
    bookRetryMs: 10 * SECOND_MS,
    /** Tries, so for an hour: until then its result is known to the daemon alone. */
    bookTries: 360,
    /** Arguments, inputs and environment variables of one job. */
    maxJobItems: 1_000,
    /** How often a reader of a running job's log looks for more. */
    followPollMs: 100,
    /** An invitation is good for so long unless asked otherwise: a lost one must not stay valid for ever. */
    invitationDays: 365,
    /** Addresses in an invitation or given with --join. */
    maxJoinAddresses: 64,
    /** A sentence about why something is so. */
    maxWhyChars: 1_000,
    /** Longest path a socket's address holds on Linux (sun_path, 108 bytes with the final zero). */
    maxSocketPathBytes: 107,
    /** A transfer may enter a block so long, in blocks: half a day of an idle network, an hour at two a second. */
    sendLifeBlocks: 7_200,
    /** And up to so many more, by chance: two equal transfers that two daemons sign at once are then two transactions. */
    sendLifeSpread: 4_096,
    /** What a transfer offers for a unit, in base fees: a dozen full blocks in a row may drive the price up before it waits. */
    sendBaseFees: 4,
    /** Tries of one transfer whose nonce others took: daemons of one folder that send at the same moment, for one user. */
    sendAttempts: 5,
    /** How long `wallet send` waits for the end: a network that works needs a second or two. */
    finalWaitMs: 1 * MINUTE_MS,
    /** After it a payment for new work is given up if too few validators are up: that they died is known by then. */
    stillWaitMs: 10 * SECOND_MS,

    /** Tries to see history and state at one height: the index is written within milliseconds of each block. */
    indexTries: 40,
    /** How often a transaction that is waited for is looked at. */
    transactionPollMs: 50,
    /** How long "ledger verify" waits for what cannot be proved yet: the first block of a network comes in five seconds. */
    proofWaitMs: 10 * SECOND_MS,
    /** How often it asks again. */
    proofPollMs: 250,
    /** A payment for a put or a job may enter a block so long, in blocks: it must not take effect long after it was given up. */
    paymentLifeBlocks: 256,
    /** One piece of a list of shards on its stream, of 36 bytes each. */
    listPieceBytes: 900 * KIB,
    /** Lists a node takes or gives at once: each in memory, of 2.3 MiB at most. */
    listsAtOnce: 4,
    /** Shards looked up before others get their turn: some milliseconds. */
    shardsPerTurn: 1_000,
    /** How long a node has for the answer to a list: it looks up 65,536 shards. */
    listTimeoutMs: 30 * SECOND_MS,
    /** Pause before a list is brought once more to a node that was away or behind, doubled each time, and how often: an hour in all. */
    listRetryMs: 2 * SECOND_MS,
    listTries: 11,
    /** Parts of leases that a node accepts in one transaction: a third of the smallest block. */
    acceptedAtOnce: 200,
    /** How often a part is accepted in vain before the node gives up: the lease may have no money for it. */
    acceptTries: 8,
    /** How long an executor's ledger may be behind that of who asks for a job: blocks come every few hundred milliseconds. */
    jobHoldWaitMs: 15 * SECOND_MS,
    /** Beside a job's own time, what is set aside for it must last so long: its queue, its transfers, and the bill. */
    jobHoldMarginMs: 30 * MINUTE_MS,
    /** Jobs that a node has yet to bill: as many as it may have had since the last block, and more. */
    maxClaims: 1_024,
    /** How often a bill is sent before the node gives it up. */
    claimTries: 20,
    /** Every so many blocks lists of leases that are over are forgotten. */
    pruneListsBlocks: 600,
    /** A lease gets so many micro-units more than its bytes and time cost: each change of it rounds its price up. */
    leaseSpare: 1_000n,
    /** Pause before a node that was silent in an audit is asked once more: it may be restarting. */
    auditRetryMs: 20 * SECOND_MS,
    /** Parts of a node in leases of which an audit may have no answer before the node counts as away: each may take 30 s. */
    auditSilences: 2,
    /** How often a report of audits is sent before it is given up. */
    reportTries: 20,
    /** How often a payment is made again because another daemon with the same wallet took its nonce, or there was no room for it. */
    paymentTries: 8,
    /** Pause before a payment that found no room here, in memory or on disk, is tried once more. */
    paymentRetryMs: 5 * SECOND_MS,
    /** How long a put may take before what was set aside goes back by itself: a terabyte at 100 Mbit/s. */
    putHoldMs: 24 * HOUR_MS,
    /** Beside a job's own time: queues, transfers and the five minutes of each side. */
    jobHoldSpareMs: 1 * HOUR_MS,
    /** Set aside for a source that does not say how long it is; one that brings more is stopped. */
    unknownPutBytes: 16 * 1024 * MIB,
    /** Stripes of one put: no node holds more shards of a lease than its list may name, manifest included. */
    maxPutStripes: 60_000,
    /** Room for the manifest: a page's frame, and for each stripe so many bytes for each data shard and for each shard. */
    pageFrameBytes: 64 * KIB,
    stripeTagBytes: 2 * KIB,
    stripeEntryBytes: 160,
    /** Age of the last block from which on this node may not know of all members: it was away, or the ledger stands still. */
    registerBehindMs: 1 * MINUTE_MS,
    /** How often a guest looks whether the ledger has admitted it: about as often as blocks come. */
    admissionPollMs: 500,
    /** Pause before a guest asks for a sponsor again once all have refused it: a founder has to do something first. */
    applicationRetryMs: 10 * SECOND_MS,
    /** Pause between the applications that a member takes from one guest. */
    applicationPauseMs: 1 * SECOND_MS,
    /** Sponsors a guest asks in a row: each costs a founder's node two signature checks. */
    sponsorTries: 8,
    /** How long `node start` waits to be admitted: two transactions, each a second or two. */
    admissionTimeoutMs: 1 * MINUTE_MS,
    /** Epochs for which the consent in an application is good: its sponsor takes it to the ledger at once, or never. */
    consentEpochs: 2,
    /** Applications a sponsor sees to at once, and outcomes it remembers. */
    maxApplications: 64,
    /** What a sponsor gives a new operator for the fees of its duties, and its user for first files and jobs, in micro-units: each some days. */
    welcomeAmount: 10_000_000n,
    /** What a sponsor keeps for the fees of its own duties before its user's wallet pays the rest, in micro-units. */
    sponsorReserve: 10_000_000n,
    /** Age of the last block from which on the ledger counts as standing still: three blocks of an idle network. */
    stalledMs: 15 * SECOND_MS,
    /** Transactions that `ledger tx` finds by their ids; the oldest are forgotten first. About 150 MB of disk. */
    indexedTransactions: 1_000_000,
    /** Blocks whose transactions are forgotten when one comes in: more than one, so that it stays within its bound. */
    unindexedBlocks: 4,
    /** Starts in a row that died over that index, before it is given up as damaged: one may be killed at that moment. */
    indexDeaths: 2,
    /** Movements kept of each account of this node's user; the oldest are forgotten first. */
    keptMovements: 100_000,
    /** Movements shown at once. */
    maxHistoryLines: 10_000,
    /** Progress lines where there is no terminal. */
    progressLineMs: 3 * SECOND_MS,
    /** Redraws of a progress bar on a terminal. */
    progressDrawMs: 100,
    /** How far back the shown speed looks. */
    progressWindowMs: 3 * SECOND_MS,
  },
  /** Transactions, blocks, certificates and proofs as bytes. */
  ledgerCodec: {
    /** Validators of one epoch: above it a sample decides. Votes grow with its square. */
    maxValidators: 64,
    /** What one transaction asks for at once. */
    maxOperations: 32,
    /** One operation: a dealing for the beacon among the largest committee, or a report of many audits. */
    maxOperationBytes: 16 * KIB,
    /** Keys that may sign for one account. */
    maxAccountKeys: 32,
    /** A whole transaction: a few large operations. */
    maxTransactionBytes: 64 * KIB,
    /** Transactions of one block as bytes: with its header they fit one message of a bulk stream. */
    maxPayloadBytes: 960 * KIB,
    /** Transactions of one block: the smallest has 142 bytes, so 6,900 fit. */
    maxTransactions: 8_192,
    /** Memo of a transfer: a number and a name, not a letter. */
    maxMemoBytes: 128,
    /** One bucket of the state in a proof, which then fits one message of a bulk stream. A million accounts make one of 1 KiB. */
    maxBucketBytes: 960 * KIB,
    /** From a block to the first of its descendants with a final certificate: rarely more than two. The longest takes 350 KiB. */
    maxProofHeaders: 1_024,
    /** How far ahead of a light client's clock a block may be: a clock that is further behind would also take old checkpoints for fresh. */
    maxAheadMs: 10 * MINUTE_MS,
  },
  /** Simplex: slots, timers and what is kept of them. */
  ledgerConsensus: {
    /** A leader's time for its slot, from when there is work: a block of 1 MiB sent, executed and voted on over a slow line. */
    skipMs: 1 * SECOND_MS,
    /** It grows by so much with each slot that brought nothing final: whatever the network's delay is, it is reached. */
    skipGrowth: 1.3,
    /** And not beyond: a network that heals must not wait for minutes. */
    maxSkipMs: 20 * SECOND_MS,
    /** Part of its time that a leader gets whose last turn was skipped: a dead one then costs a quarter of a second, not a whole one. */
    missedLeaderShare: 0.25,
    /** Every so manieth turn it gets the whole again: one that was only slow comes back. */
    fullTurnEvery: 8,
    /** An idle network makes a block this often: epochs and leases go on, and 17,000 blocks a day cost little. */
    idleMs: 5 * SECOND_MS,
    /** After an empty block, even if something seems to wait: what no leader can take must not make the network spin. */
    emptyPauseMs: 100,
    /** From a notarised block to its final votes: one round trip, with a margin. */
    settleMs: 500,
    /** Without progress for so long, a message may have been lost: two trips around the world. */
    standstillMs: 1 * SECOND_MS,
    /** Slots above the current one whose votes and certificates are kept: who is further behind asks. At most 64 x 3 x 64 votes: 4 MB. */
    slotsAhead: 64,
    /** Slots above the current one for which a leader's block is kept: bodies are large, and two are under way in good times. */
    candidatesAhead: 4,
    /** Final slots of which votes are kept, to notice who contradicts himself. */
    keptSlots: 8,
    /** Slots below the current one whose votes are kept while nothing becomes final; of older ones only certificates are. */
    votesKeptSlots: 128,
    /** Slots of which one answer to a status may tell, at either end: what is missing comes in a few rounds. */
    answeredSlots: 16,
    /** Pause between two answers to one peer. */
    answerPauseMs: 400,
    /** Peers whose last answer is remembered: validators and those that follow. */
    answeredPeers: 1_024,
    /** Bodies asked for at once. */
    fetchesAtOnce: 16,
    /** Pause before a body is asked for again, doubled up to the longest. */
    fetchRetryMs: 300,
    maxFetchRetryMs: 5 * SECOND_MS,
    /** Missing slots from which on a bulk catch-up is quicker than body after body. */
    catchUpSlots: 16,
    /** How long peers may be in a later epoch before we ask for it: the boundary is seconds wide. */
    lagGraceMs: 1 * SECOND_MS,
    /** Peers remembered to be ahead. */
    lagPeers: 8,
    /** Pause before catching up is asked for again, doubled up to the longest: to ask costs nothing while it is under way. */
    catchUpRetryMs: 500,
    maxCatchUpRetryMs: 3 * SECOND_MS,
  },
  /** Streams between validators. */
  ledgerLinks: {
    /** One frame: a candidate block with its header. */
    maxFrameBytes: 1_000 * KIB,
    /** Frames of one message: the votes of a whole committee for some slots. */
    maxFramesPerMessage: 1_024,
    /** Frames for a validator that does not read: some blocks. Beyond it the oldest are forgotten; it will ask for what it lacks. */
    maxOutboxBytes: 8 * MIB,
    maxOutboxFrames: 8_192,
    /** Fillers above the last block of an epoch until it is final: rarely more than two. */
    maxFillers: 1_024,
    /** What is dealt with before others get their turn, in signatures to check or as much time: 5 ms. */
    costPerTurn: 64,
    /** A validator that says what nobody signed, or what makes no sense, is not heard for so long: its vote is not missed, and the log is not filled. */
    muteMs: 1 * MINUTE_MS,
    /** Blocks asked for are sent to one validator so many at a time, each once: it asks again no sooner (`ledgerConsensus.fetchRetryMs`). */
    answerWindowMs: 250,
    answersPerWindow: 8,
    /** Encoded blocks kept to be sent again: validators ask for the same ones. */
    encodedBlocks: 16,
    /** First wait before a broken stream is opened again; then twice as long each time. */
    reopenMs: 250,
    maxReopenMs: 5 * SECOND_MS,
  },
  /** Final blocks got in bulk. */
  ledgerSync: {
    /** Blocks asked for at once: a second's work at least. */
    blocksPerRequest: 1_024,
    /** Nodes that are given blocks at once; the others ask somebody else. */
    servedAtOnce: 8,
    /** How often what is final is saved and what is not final is sent again: so much is replayed after a crash. */
    upkeepMs: 1 * SECOND_MS,
    /** How often the state is saved at least: blocks since then are applied again after a start. */
    saveMs: 1 * MINUTE_MS,
    /** Peers asked in one round: half of them validators in turn, whoever claims what. */
    peersAsked: 8,
    /** Who claimed to be further and was not is not believed for so long. */
    doubtMs: 1 * MINUTE_MS,
    /** Nodes that are not believed at a time; the oldest give way. */
    doubted: 1_024,
    /** For one message to be taken or to come: a whole one at the least pace, with a margin. */
    messageMs: 10 * SECOND_MS,
    /** Time that is lost to waiting on a stream, before the other side must have earned more of it by bytes. */
    patienceMs: 20 * SECOND_MS,
    /** Each message earns so much: an epoch of idle blocks, each with a sync of a slow disk. */
    messageCreditMs: 100,
    /** The least pace of a stream: what a poor line of a home carries up. Slower ones give their place to others. */
    leastBytesPerSecond: 128 * KIB,
    /** Between two announcements of one leader: who only follows is a second behind. */
    announcePauseMs: 1 * SECOND_MS,
    /** From so many blocks behind on a state is fetched instead of blocks: small ones are applied at 250 a second on a busy machine. */
    farBlocks: 1_000,
    /** States held for others: one, and the one before for those who are at it. Each has a tree of 4 MiB, and the bytes that changed since. */
    snapshotsHeld: 2,
    /** Nodes that are given a state at once; the others ask somebody else. */
    statesServedAtOnce: 4,
    /** Peers that a state is fetched from at once: a chunk of each is in memory. */
    stateLanes: 3,
    /** Buckets that one of them fetches before it takes the next that nobody is at. */
    laneBuckets: 1_024,
    /** Parts of such a stretch that may be smaller than a sixteenth of a chunk: at the edges of subtrees. More of them would be many writes for nothing. */
    smallChunks: 64,
    smallChunkBytes: 32 * KIB,
    /** Steps from epoch to epoch asked for at once: 5 KiB each with the largest committee. */
    epochsPerRequest: 256,
    /**
     * How long what was seen final is a place to begin from: those who signed it must have their deposits locked still. 100 epochs of 600 blocks, as
     * parameters begin, are 83 hours of an idle network; one that is always busy must keep them for more epochs.
     */
    trustMs: 72 * HOUR_MS,
    /** Whole epochs behind the one under way whose blocks are kept: who is further behind fetches a state, which is quicker. */
    keptEpochs: 2,
  },
  /** What validators send by themselves. */
  ledgerDuties: {
    /** Good for so long: a part of the shortest phase of a usual epoch. */
    lifeBlocks: 64,
    /** One that was refused is not tried again for so long: each try costs a fee. */
    refusedBlocks: 600,
    /** Offers so many base fees, which the account must hold: when the fee has doubled twice before it entered, it offers more. */
    feeFactor: 4n,
    /** One that could not be sent is tried as it is for so long, before all duties are asked again: to make a dealing takes a while. */
    askAgainBlocks: 8,
  },
  /** Proofs for those who follow the ledger by its epochs only. */
  ledgerLight: {
    /** Steps from epoch to epoch in one answer: usual ones of 64 validators take 200 KiB. */
    maxEpochs: 32,
    /** Bytes after which an answer ends, though more was asked for: a step has 700 KiB at most. */
    answerBytes: 512 * KIB,
    /** Parts of one answer. */
    maxParts: 32,
    /** One part: fits one message of a bulk stream. */
    maxPartBytes: 1 * MIB,
    /** Peers that are answered at once; the others ask another member. */
    servedAtOnce: 8,
    /** Questions of one peer a second, and in a burst: a client that begins a year behind asks a few hundred times. */
    questionsPerSecond: 4,
    questionBurst: 64,
    /** Peers whose questions are counted; the oldest are forgotten. */
    countedPeers: 1_024,
    /** How long a node waits for a member's answer before it asks another one. */
    answerMs: 10 * SECOND_MS,
    /** Members asked before a node gives up. */
    peersAsked: 4,
    /** A final block in what a client keeps: the proof of the newest one, of 64 validators. */
    maxKeptBytes: 1 * MIB,
  },
  /** Records, their tree and how they are kept. */
  ledgerState: {
    /** Key of a record within its table. */
    maxKeyBytes: 96,
    /** One record: what a page of a list or a dealing needs. */
    maxValueBytes: 16 * KIB,
    /** Up to here transactions may fill a bucket: 250 times what it holds at a million accounts. Hashed in 0.2 ms, sent as a proof in one message. */
    fullBucketBytes: 256 * KIB,
    /** Buckets that changed since the state was saved: then it is saved again. A second or two of full load; each costs LMDB a page of memory and a page written. */
    saveBuckets: 4_096,
    /** Final blocks since the last try to save it, for the same reason: an idle network makes so many in an hour, and applies them in a second. */
    saveBlocks: 1_024,
    /** Starts in a row that died while they read the state, before it is given up as damaged: one may be killed at that moment, hardly three. */
    readDeaths: 3,
    /** Buckets in one chunk of a snapshot, in bytes, unless one alone has more: a hundred chunks for a million accounts. */
    chunkBytes: 512 * KIB,
    /** A whole chunk: one bucket of the most bytes and the way to the root, or 65,536 lengths. It fits one message of a bulk stream. */
    maxChunkBytes: 1 * MIB,
  },
  /** The log of what a validator said, and the final blocks. */
  ledgerJournal: {
    /** A segment is closed once it is this large, so that it can be removed as a whole: some seconds of full blocks. */
    segmentBytes: 16 * MIB,
    /** Records appended and not written yet; beyond it writing begins before anybody waits for it. */
    pendingBytes: 4 * MIB,
    /** One record: a block, and why it is final with as many fillers as there may be. */
    maxRecordBytes: 2 * MIB,
    /** Final blocks kept in memory, for who lacks one of the newest. */
    recentBlocks: 16,
  },
  /** What waits to enter a block. */
  ledgerMempool: {
    /** Pending transactions: ten seconds at 5,000 a second; about 60 MB with their indexes. */
    maxTransactions: 50_000,
    /** Their encodings. */
    maxBytes: 32 * MIB,
    /** Nonces of one account from its next one on, gaps included: at five blocks a second hundreds of payments a second, and a thousandth of the mempool. */
    accountNonces: 64,
    /** Encodings of one account: eight of the largest. */
    accountBytes: 512 * KIB,
    /** Transactions that this node's own users watch are never put out by dearer ones: at most so many, a fifth of all. */
    ownTransactions: 10_000,
    ownBytes: 8 * MIB,
    /** Another transaction of the same nonce must offer an eighth more: each costs every node a check and a broadcast while only one ever pays, so their number must grow with the logarithm of the price only. */
    raiseDivisor: 8,
    /** A transaction may offer no less than this part of the current base fee, which falls by an eighth a block: below it it would wait for free. */
    leastFeeDivisor: 2,
    /** Transactions in a row that do not fit into what is left of a block, before it counts as full. */
    misfits: 64,
    /** Transactions whose signatures are known to stand: what is pending and what the blocks under way hold, twice over; about 20 MB. */
    verifiedTransactions: 131_072,

    /** One batch on the tree: as base64url in its envelope it stays below limits.envelope.maxBytes. */
    batchBytes: 180 * KIB,
    /** Between two batches of a node, whose first leaves at once: each costs every node a signature and some messages, and 50 ms are little beside a block. 20 a second fit the replay memory (limits.envelope.replayPerSender). */
    minBatchIntervalMs: 50,
    /** The same for each member of the network, so that all together send at most 500 batches a second: half of what a session passes on. */
    batchIntervalPerMemberMs: 2,
    maxBatchIntervalMs: 1 * SECOND_MS,
    /** Transactions of own users waiting to be broadcast: 90 of the largest batches. */
    outboxBytes: 16 * MIB,

    /** What one node may bring for its users. */
    originBytesPerSecond: 2 * MIB,
    originBurstBytes: 4 * MIB,
    /** A transaction counts as at least so many bytes, for its signature: 8,000 a second. */
    minTransactionBytes: 256,
    /** Transactions checked before others get their turn: 3 ms of signatures. */
    checksPerTurn: 64,
    /** Waiting to be checked, of all nodes together. */
    intakeBytes: 32 * MIB,
    /** Nodes whose rates are followed. */
    origins: 16_384,
    /** A node that sent a transaction that does not verify is not listened to for so long. */
    muteMs: 1 * MINUTE_MS,

    /** Transactions of own users followed until they are decided. */
    tracked: 10_000,
    /** Decided ones remembered; the oldest go first. */
    decidedKept: 10_000,
    /** A transaction that is not final after this long is sent again, then after twice as long, up to the most. */
    firstResendMs: 5 * SECOND_MS,
    maxResendMs: 1 * MINUTE_MS,
  },
  /** Public randomness by commit and reveal. */
  ledgerBeacon: {
    /** Epochs whose beacon and its making stand in the state: for people who look. Headers have them for ever. */
    keptBeacons: 16,
  },
  /** Money: fees, deposits, escrow, leases, emission. */
  ledgerMoney: {
    /** How far ahead of the block its last height may lie: two days at two blocks a second. A signed transaction must not lie in wait for ever. */
    maxLifeBlocks: 345_600,
    /** Micro-units of a fee unit's base fee: what a flood drives it to must still fit an amount and be affordable one day. */
    maxBaseFee: 1_000_000_000,
    /** How far a leader's clock may run ahead of a voter's: machines without NTP drift seconds, not minutes. */
    maxAheadMs: 10 * SECOND_MS,
    /** Accounts with money in the genesis document. */
    maxGenesisAccounts: 10_000,
    /** Members in the genesis document. */
    maxGenesisMembers: 64,
    /** Name of the software a node runs, such as `1.4.0`. */
    maxReleaseChars: 32,
    /** Epochs for which a node's or operator's consent to join may be good: an old one must not bring it back years later. */
    maxConsentEpochs: 1_000,
    /** How far one block moves the ledger's own clock: an idle network makes a block every few seconds, a wrong clock or a standstill of hours counts as this. */
    maxClockStepMs: 30 * SECOND_MS,
    /** How long money may be set aside: long enough for a queue and the longest job, and not for ever if its payer forgets it. */
    minHoldMs: 1 * MINUTE_MS,
    maxHoldMs: 7 * 24 * HOUR_MS,
    /** How long a side of a hold has to answer the other: a node may be restarting. The payer's change waits as long if the payee is silent. */
    answerMs: 5 * MINUTE_MS,
    /** What a module writes into a hold for itself: the prices and limits of a job. */
    maxTermsBytes: 64,
    /** Holds, and leases, that end by themselves in one block; more wait for the next. */
    duePerBlock: 256,
    /** Old bills, payouts and spans forgotten in one block. */
    prunedPerBlock: 256,
    /** Epochs for which every payment can be told line by line. */
    payoutEpochs: 100,
    /** The same for spans, in which leased bytes lay at a node: epochs of idle networks are long. */
    spanMemoryMs: 14 * 24 * HOUR_MS,
    /** Nodes of one lease: its operation stays below 10 KiB. What lies on more takes several leases. */
    maxLeaseHolders: 128,
    /** Bytes of one lease, coding included, and of all leases of one node: products with price and time stay within 16 bytes. */
    maxLeaseBytes: 2 ** 44,
    maxHolderBytes: 2 ** 52,
    /** Shards of one node in one lease: their list, which auditors ask for, stays below 2.3 MiB. */
    maxEntryShards: 65_536,
    /** The least time that is paid for at once: a lease costs every member memory. */
    minLeaseMs: 24 * HOUR_MS,
    /** What a lease keeps back when it runs out, as time: pays for what lies on until a busy ledger comes to it. */
    leaseMarginMs: 1 * HOUR_MS,
    /** Between a lease's running out and its end: its owner may be on holiday. Nobody is paid, nobody should delete. */
    leaseGraceMs: 7 * 24 * HOUR_MS,
    /** How far ahead a lease's end is looked at: then again. Keeps times safe integers. */
    leaseLookAheadMs: 366 * 24 * HOUR_MS,
    /** Leases one operation accepts or releases: 32 bytes each. */
    maxLeasesAtOnce: 400,
    /** Parts in leases that end in one block because their nodes are no members any more. */
    evictedPerBlock: 256,
    /** Auditors of one node in one epoch. */
    maxAuditors: 15,
    /** Nodes one auditor reports on at once: its record stays far below an operation's bound. */
    maxReportedNodes: 400,
  },
} as const
