import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts'

/** Bounds of the ledger, by its parts. */
export const ledgerLimits = {
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
    /** Fillers above the last block of an epoch until it is final: rarely more than two. So many slots that brought nothing take two days. */
    maxFillers: 8_192,
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
    /** Streams of one kind on which nothing is asked just now; the oldest gives way. An honest one asks at once. */
    idleStreams: 128,
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
    /** Without a final block for so long, where an idle network makes one every 5 s, a node asks validators by itself: what it was not told. */
    askAfterMs: 8 * SECOND_MS,
    /** And again each time twice as long later, up to this: a ledger that stands still must not be kept busy by those who wait. */
    maxAskAfterMs: 1 * MINUTE_MS,
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
    /** Bytes of blocks read for one answer that has their headers: a sixtieth of a second of a disk. Then it ends, though more was asked for. */
    readBytes: 16 * MIB,
    /** Answers with headers for one old block: an epoch of full blocks takes 40, one of empty blocks 1. */
    descentAnswers: 128,
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
    /**
     * Address space that LMDB maps a file into at first; a larger file gets more. It takes no memory. Were it small, LMDB would map the file
     * anew each time it has grown, and what was read by way of each of these maps would count as memory of the process.
     */
    mapBytes: 16 * 1_024 * MIB,
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
    maxRecordBytes: 5 * MIB,
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
