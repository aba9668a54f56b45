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
    /** Frames waiting for a slow neighbour: some seconds of control traffic. Beyond it the peer is hung up. */
    maxOutboxBytes: 4 * MIB,
    /** Frames handled in one turn of the event loop before others get theirs: a flood must not starve the node. */
    framesPerTurn: 64,
    /** Connections at once, admitted or not: edges, lazy links and transfers, far above any degree. */
    maxConnections: 1_024,
    /** Connections still shaking hands (TLS and hello): a whole small network may arrive at once after a power cut. */
    maxPendingConnections: 128,
    /** Connections a second from one address: many nodes share one behind a NAT, or loopback in tests. */
    inboundPerSecondPerHost: 256,
    /** From the TCP connection to TLS and multiplexer being up, and from there to the hello's answer. */
    handshakeTimeoutMs: 10 * SECOND_MS,
    /** One address of a peer, TCP and TLS together, before the next is tried. */
    dialAddressTimeoutMs: 4 * SECOND_MS,
    /** Addresses of one peer that are tried, and that its record may name. */
    maxAddresses: 16,
    /** A multiaddr with a DNS name and a peer id fits. */
    maxAddressChars: 256,
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
    /** Messages a receiver holds that nobody asked for yet; then the sender is held back. */
    streamReadAhead: 2,
    /** Flow-control window of a stream: what may be under way; 50 ms of round trip then carry 20 MiB/s. */
    streamWindowBytes: 1 * MIB,
    /** Messages of the tree that wait for one session to come up. */
    maxAddressBook: 512,
    /** How often what changed in the address book is saved. */
    addressBookSaveMs: 10 * SECOND_MS,
    /** Heartbeat of the tree's core: repair within about a second needs several a second-long silence. */
    tickMs: 250,
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
