import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts'

/** Bounds of the daemon, its command line and what it adds to the ledger. */
export const nodeLimits = {
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
    /** How long others still speak to a node that leaves: it hears of the last block within a second or two, or asks after 8 s. */
    farewellMs: 30 * SECOND_MS,
    /** After it a node that was told it is a member, and does not find itself in the ledger, asks anew: a state is fetched in far less. */
    admissionDoubtMs: 10 * MINUTE_MS,
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
    /** Applications a sponsor sees to at once. */
    maxApplications: 64,
    /** How long an operator is not vouched for after it could not be: a try can cost fees. Its node asks again by itself. */
    sponsorFailureMs: 5 * MINUTE_MS,
    /** Operators of which that is remembered. */
    sponsorFailures: 1_024,
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
} as const
