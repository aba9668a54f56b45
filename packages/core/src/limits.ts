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
  node: {
    /** JSON body of one request on the daemon's socket: a job with many arguments fits. */
    maxRequestBytes: 1 * MIB,
    /** JSON answer the command line reads, and one line of an event stream: a tree of thousands of nodes fits. */
    maxAnswerBytes: 16 * MIB,
    /** Connections to one daemon's socket: scripts of one user, not a public service. */
    maxConnections: 256,
    /** A daemon that lives answers a ping at once; a frozen one must not hold up the choice of another. */
    pingTimeoutMs: 1 * SECOND_MS,
    /** Short questions to the daemon; long work sends events, and is bounded by `eventSilenceMs` instead. */
    answerTimeoutMs: 30 * SECOND_MS,
    /** How often a long request sends a sign of life, so that a reader knows a slow one from a dead one. */
    heartbeatMs: 5 * SECOND_MS,
    /** Silence after which the command line gives up on a daemon: several missed signs of life. */
    eventSilenceMs: 60 * SECOND_MS,
    /** Members asked at once for a drawing of the tree. */
    describeConcurrency: 32,
    /** One member's answer about itself: memory only, so a late one is as good as down. */
    describeTimeoutMs: 2 * SECOND_MS,
    /** From the start of a process to its place in the tree; a busy machine starts several at once. */
    startTimeoutMs: 90 * SECOND_MS,
    /** How long the tour waits for a network to be whole again, repair of a lost disk not included. */
    healTimeoutMs: 3 * MINUTE_MS,
    /** How often `up` and `down` look again. */
    pollMs: 100,
    /** A daemon asked to stop may finish writing for so long; then it is killed. */
    stopTimeoutMs: 10 * SECOND_MS,
    /** Inside the daemon, a little shorter, so that it ends by itself and says so in its log. */
    shutdownTimeoutMs: 8 * SECOND_MS,
    /** Nodes of an embedded network: each is a process of about 100 MiB. */
    maxEmbeddedNodes: 64,
    /** Children a node may have when asked for by hand; wider than this a parent's uplink is the bottleneck. */
    maxDegree: 64,
    /** A log file is set aside at start once it is this large. */
    maxLogBytes: 16 * MIB,
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
    /** Log kept of one job, in bytes of the file: above what a job may print, base64 and framing included. */
    maxJobLogBytes: 32 * MIB,
    /** Jobs one daemon has under way for its users; each holds a stream and a log file. */
    maxOwnJobs: 64,
    /** Arguments, inputs and environment variables of one job. */
    maxJobItems: 1_000,
    /** How often a reader of a running job's log looks for more. */
    followPollMs: 100,
    /** An invitation is good for so long unless asked otherwise: a lost one must not stay valid for ever. */
    invitationDays: 365,
    /** Addresses in an invitation or given with --join. */
    maxJoinAddresses: 64,
    /** A place label such as `berlin/rack-2`. */
    maxPlaceChars: 64,
    /** A sentence about why something is so. */
    maxWhyChars: 1_000,
    /** Longest path a socket's address holds on Linux (sun_path, 108 bytes with the final zero). */
    maxSocketPathBytes: 107,
    /** Progress lines where there is no terminal. */
    progressLineMs: 3 * SECOND_MS,
    /** Redraws of a progress bar on a terminal. */
    progressDrawMs: 100,
    /** How far back the shown speed looks. */
    progressWindowMs: 3 * SECOND_MS,
  },
} as const
