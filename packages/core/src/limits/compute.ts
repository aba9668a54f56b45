import { KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts'

/** Bounds of jobs. */
export const computeLimits = {
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
} as const
