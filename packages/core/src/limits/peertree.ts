import { KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts'

/** Bounds of PeerTree: the engine, sessions, and the tree. */
export const peertreeLimits = {
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
} as const
