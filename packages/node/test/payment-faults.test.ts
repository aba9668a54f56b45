import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobHold } from '@borgios/compute'
import { decodeBase32, encodeBase32, isBorgError, JobId, limits, NodeId, ShardId, silentLogger } from '@borgios/core'
import { ManualTime, SeededRandom } from '@borgios/core/testing'
import type { Signer } from '@borgios/crypto'
import {
  accountOf,
  disputeTable,
  holdTable,
  type JobHoldBody,
  jobCost,
  jobHoldIdOf,
  jobSpendingOf,
  leaseIdOf,
  leaseTable,
  moneyOperations,
  PARAMETERS,
  reservationIdOf,
} from '@borgios/ledger'
import { type JobReceipt, type JobUsage, type Operation, type ShardReceipt, taggedHash } from '@borgios/protocol'
import type { LeaseHold } from '@borgios/store'
import { JobClaims } from '../src/ledger/job-claims.ts'
import { jobOperation, LedgerEscrow, readingOf } from '../src/ledger/ledger-escrow.ts'
import { LedgerLeases } from '../src/ledger/ledger-leases.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { fullSlice } from './full-slice.ts'
import { keyOf, NETWORK, ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

const UNIT = 1_000_000n
const START = 1_000n * UNIT
const SEEDS = fullSlice ? 150 : 12
const WALL_MS = 60_000
const USAGE: JobUsage = { cpuMs: 40_000, memoryMibMs: 512 * 20_000, inputBytes: 0, outputBytes: 0, logBytes: 0 }
const MOST: JobUsage = { ...USAGE, cpuMs: 120_000, memoryMibMs: 512 * WALL_MS }
const PRICES = { cpuPrice: PARAMETERS.cpuPrice.first, memoryPrice: PARAMETERS.memoryPrice.first }
const COST = jobCost(PRICES, readingOf(USAGE))
const CODING = { data: 2, parity: 1 }
const NO_SIGNAL = new AbortController().signal

/** Everything that is ready to run has run. */
async function calm(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** One process that pays from the wallet, until it is killed. */
class Requester {
  readonly time = new ManualTime()
  readonly ledger: ScriptedLedger
  readonly leases: LedgerLeases
  readonly escrow: LedgerEscrow
  readonly delivered: string[] = []

  constructor(chain: ScriptedChain, wallet: Signer, node: Uint8Array) {
    this.ledger = new ScriptedLedger(chain)
    const ledger = this.ledger.asLedger()
    const sender = new WalletSender({ ledger, signer: wallet, network: NETWORK, timers: this.time })
    const lists = { deliver: ({ holder }: { holder: string }) => void this.delivered.push(holder) }
    this.leases = new LedgerLeases({ ledger, sender, lists, node, logger: silentLogger })
    this.escrow = new LedgerEscrow({ ledger, sender, logger: silentLogger })
  }

  /** As a store does when it starts. */
  async refundLeft(): Promise<void> {
    for (const hold of await this.leases.left()) await hold.refund(new Error('restarted'))
  }
}

/** One process that runs jobs, until it is killed. */
class Executor {
  readonly time = new ManualTime()
  readonly ledger: ScriptedLedger
  readonly claims: JobClaims

  constructor(chain: ScriptedChain, node: Uint8Array, operator: Signer) {
    this.ledger = new ScriptedLedger(chain)
    let wake = (): void => undefined
    const ports = { timers: this.time, logger: silentLogger, onOwed: () => wake() }
    this.claims = new JobClaims({ ledger: this.ledger.asLedger(), node, ...ports })
    const duties = this.ledger.duties([(state) => this.claims.duty(state)], operator)
    wake = () => duties.wake()
  }
}

interface Put {
  readonly label: Uint8Array
  /** `told`: its user knows that it is stored. `refunded`: it failed, and the money is said to be back. */
  state: 'under way' | 'told' | 'refunded' | 'killed'
}

interface Job {
  readonly id: JobId
  readonly executor: number
  ran: boolean
  /** What the requester said in the end; nothing if it was killed before. */
  word: 'settled' | 'refunded' | undefined
  /** Its executor was killed with its bill. */
  isBillLost: boolean
}

const EXECUTORS = [0, 1]

/** Puts and jobs of one wallet whose processes and ledger fail at any moment. */
class World {
  readonly random: SeededRandom
  readonly wallet = keyOf('wallet')
  readonly node = keyOf('requester').publicKey
  readonly nodes = EXECUTORS.map((at) => keyOf(`node ${at}`).publicKey)
  readonly operators = EXECUTORS.map((at) => keyOf(`operator ${at}`))
  readonly chain: ScriptedChain
  readonly puts: Put[] = []
  readonly jobs: Job[] = []
  readonly #steps: (() => void)[] = []
  requester: Requester
  executors: Executor[]

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    const members = this.nodes.map((node, at) => {
      const operator = this.operators[at]?.publicKey ?? this.node
      return { node, operator, capacityBytes: 2 ** 40 }
    })
    this.chain = new ScriptedChain(this.wallet, members, START)
    this.requester = new Requester(this.chain, this.wallet, this.node)
    this.executors = EXECUTORS.map((at) => this.#executor(at))
  }

  /** What the put or job waits for happens some steps later. */
  #later(): Promise<void> {
    return new Promise((resolve) => this.#steps.push(resolve))
  }

  async put(): Promise<void> {
    const { requester, random } = this
    const put = encodeBase32(random.bytes(16))
    const label = new Uint8Array([...taggedHash('put-label', this.node).subarray(0, 16), ...(decodeBase32(put) ?? [])])
    const record: Put = { label, state: 'under way' }
    this.puts.push(record)
    const abort = new AbortController()
    if (random.chance(0.3)) this.#later().then(() => abort.abort(new Error('Ctrl-C')))
    let hold: LeaseHold
    try {
      hold = await requester.leases.hold({ put, bytes: 3_000_000, coding: CODING, keepForMs: 0 }, abort.signal)
    } catch {
      if (this.requester === requester) record.state = 'refunded'
      return
    }
    await this.#later()
    if (this.requester !== requester) return
    for (const node of this.nodes) hold.stored(receiptFor(node, random))
    try {
      if (random.chance(0.4)) throw new Error('a holder refuses, the source breaks, the disk is full')
      await hold.settle()
      record.state = 'told'
    } catch {
      if (this.requester !== requester) return
      await hold.refund(new Error('it failed'))
      record.state = 'refunded'
    }
  }

  async job(): Promise<void> {
    const { requester, random } = this
    const at = random.below(EXECUTORS.length)
    const id = JobId.fromBytes(random.bytes(16))
    const job: Job = { id, executor: at, ran: false, word: undefined, isBillLost: false }
    const [node, executor] = [NodeId.fromBytes(this.nodes[at] ?? this.node), this.#at(at)]
    const abort = new AbortController()
    if (random.chance(0.3)) this.#later().then(() => abort.abort(new Error('Ctrl-C')))
    const wish = { job: id, node, specHash: '', mostWallTimeMs: WALL_MS, mostUsage: MOST }
    let hold: JobHold
    try {
      hold = await requester.escrow.hold(wish, abort.signal)
    } catch {
      return
    }
    this.jobs.push(job)
    const expected = { job: id, mostWallTimeMs: WALL_MS, mostUsage: MOST }
    const isTaken = executor.claims.expect(expected, abort.signal).then(
      () => true,
      () => false,
    )
    await this.#later()
    const runs = (await isTaken) && random.chance(0.7) && this.#at(at) === executor
    if (runs) executor.claims.ran(id, USAGE)
    else if (this.#at(at) === executor) executor.claims.gaveUp(id)
    job.ran = runs
    if (random.chance(0.2)) await this.#later()
    if (this.requester !== requester) return
    // The receipt may have been lost on its way.
    const isHeard = runs && random.chance(0.8)
    const bill = { receipt: { job: id, node, usage: USAGE } as unknown as JobReceipt, doubts: [] }
    job.word = isHeard ? 'settled' : 'refunded'
    await (isHeard ? hold.settle(bill) : hold.refund(new Error('no receipt'))).catch(() => undefined)
  }

  killRequester(): void {
    this.requester.ledger.kill()
    for (const put of this.puts) if (put.state === 'under way') put.state = 'killed'
    this.requester = new Requester(this.chain, this.wallet, this.node)
    this.requester.refundLeft().catch(() => undefined)
  }

  killExecutor(): void {
    const at = this.random.below(EXECUTORS.length)
    this.#at(at).ledger.kill()
    for (const job of this.jobs) if (job.executor === at && job.ran) job.isBillLost = true
    this.executors[at] = this.#executor(at)
  }

  /** The ledger stands still for longer than anybody waits. */
  standStill(): void {
    for (const { time } of [this.requester, ...this.executors]) time.advance(limits.node.finalWaitMs + 1)
  }

  async step(): Promise<void> {
    const act = this.random.below(100)
    if (act < 15) this.put()
    else if (act < 32) this.job()
    else if (act < 65) this.#steps.splice(this.random.below(this.#steps.length + 1), 1)[0]?.()
    else if (act < 90) this.chain.block()
    else if (act < 94) this.standStill()
    else if (act < 97) this.killRequester()
    else this.killExecutor()
    await calm()
  }

  /** No more faults: everything under way comes to its end. */
  async end(): Promise<void> {
    for (let round = 0; round < 12; round += 1) {
      for (const go of this.#steps.splice(0)) go()
      await calm()
      this.chain.block()
      await calm()
    }
  }

  /** Longer than any job's money can be set aside. */
  async pass(): Promise<void> {
    const { jobHoldSpareMs } = limits.node
    const { maxClockStepMs, answerMs } = limits.ledgerMoney
    const blocks = Math.ceil((WALL_MS + jobHoldSpareMs + answerMs) / maxClockStepMs) + 2
    for (let block = 0; block < blocks; block += 1) this.chain.block(maxClockStepMs)
    await calm()
  }

  #at(at: number): Executor {
    return this.executors[at] ?? assert.fail('there is no such executor')
  }

  #executor(at: number): Executor {
    return new Executor(this.chain, this.nodes[at] ?? this.node, this.operators[at] ?? this.wallet)
  }
}

function receiptFor(node: Uint8Array, random: SeededRandom): ShardReceipt {
  const shard = ShardId.fromBytes(random.bytes(32))
  return { node: NodeId.fromBytes(node), shard, bytes: 1_500_032 } as unknown as ShardReceipt
}

/** Where every micro-unit of the wallet went. */
function assertAccounted({ chain, wallet, puts, jobs, nodes }: World, why: string): void {
  const { state } = chain
  const key = wallet.publicKey
  const spending = jobSpendingOf(state, 0, key)
  const spent = spending.reduce((sum, { amount }) => sum + amount, 0n)
  const burned = state.get(disputeTable, key)?.asPayer ?? 0n
  const leased = puts.reduce(
    (sum, { label }) => sum + (state.get(leaseTable, leaseIdOf(key, label))?.balance ?? 0n),
    0n,
  )
  const fees = chain.fees.get(Buffer.from(key).toString('hex')) ?? 0n
  const balance = accountOf(state, key)?.balance ?? 0n
  assert.equal(balance + spent + burned + leased + fees, START, `${why}: the wallet's money is not all accounted for`)

  for (const { label, state: end } of puts) {
    assert.equal(state.get(holdTable, reservationIdOf(key, label)), undefined, `${why}: a put's money stays set aside`)
    const isLeased = state.get(leaseTable, leaseIdOf(key, label)) !== undefined
    // One whose process was killed between its lease and its last word lasts until the lease's grace is over.
    if (end !== 'killed') assert.equal(isLeased, end === 'told', `${why}: a put that is ${end}`)
  }
  for (const { id, executor, ran, word, isBillLost } of jobs) {
    const node = nodes[executor] ?? assert.fail()
    const lines = spending.filter(({ job }) => Buffer.compare(job, JobId.toBytes(id)) === 0)
    assert.ok(lines.length <= 1, `${why}: a job paid twice`)
    const amount = lines[0]?.amount ?? 0n
    const isDue = ran && (word === 'settled' || (word === undefined && !isBillLost))
    const said = `${why}: a job that ran: ${ran}, requester: ${word}, bill lost: ${isBillLost}`
    // A bill that was sent before its executor was killed counts.
    if (ran && word === undefined && isBillLost) assert.ok(amount === 0n || amount === COST, said)
    else assert.equal(amount, isDue ? COST : 0n, said)
    assert.equal(state.get(holdTable, jobHoldIdOf(key, JobId.toBytes(id), node)), undefined, said)
  }
}

test('whatever fails at whatever moment, all money comes back or is where it is due, and nobody is paid twice', {
  timeout: 300_000,
}, async () => {
  const seen = { told: 0, refunded: 0, killed: 0, paid: 0, unpaid: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const world = new World(seed)
    for (let step = 0; step < 120; step += 1) await world.step()
    await world.end()
    await world.pass()
    assertAccounted(world, `seed ${seed}`)
    for (const { state } of world.puts) if (state !== 'under way') seen[state] += 1
    for (const { ran } of world.jobs) seen[ran ? 'paid' : 'unpaid'] += 1
  }
  // Not blind: each way to end was seen.
  for (const [way, count] of Object.entries(seen)) assert.ok(count > SEEDS / 2, `${way}: ${count}`)
})

const JOB = JobId.fromBytes(new Uint8Array(16).fill(1))

/** What somebody sends who is no node of this network, as one transaction. */
async function sendAs(chain: ScriptedChain, signer: Signer, operations: readonly Operation[]): Promise<void> {
  const ledger = new ScriptedLedger(chain).asLedger()
  const sender = new WalletSender({ ledger, signer, network: NETWORK, timers: new ManualTime() })
  const paid = sender.pay({ operations, what: 'a test' })
  await calm()
  chain.block()
  await paid
}

const holdBody = (node: Uint8Array, changes: Partial<JobHoldBody> = {}): JobHoldBody => ({
  job: JobId.toBytes(JOB),
  node,
  most: readingOf(MOST),
  mostAmount: UNIT,
  lifeMs: WALL_MS + limits.node.jobHoldSpareMs,
  ...changes,
})

async function isExpected({ executors: [executor] }: World, before: () => Promise<void>): Promise<boolean> {
  assert(executor)
  await before()
  const expected = executor.claims.expect({ job: JOB, mostWallTimeMs: WALL_MS, mostUsage: MOST }, NO_SIGNAL)
  const isTaken = expected.then(
    () => true,
    (error: unknown) => isBorgError(error) && error.code !== 'NODE_JOB_UNPAID',
  )
  executor.time.advance(limits.node.jobHoldWaitMs)
  return isTaken
}

test('a job is not begun for money that is less, or there for a shorter time, than it may take', async () => {
  const { hold } = moneyOperations.job
  for (const [changes, isEnough] of [
    [{}, true],
    [{ most: { ...readingOf(MOST), cpuMs: MOST.cpuMs - 1 } }, false],
    [{ most: { ...readingOf(MOST), mibMs: MOST.memoryMibMs - 1 } }, false],
    // It would have run out before the bill: work for nothing.
    [{ lifeMs: WALL_MS }, false],
  ] as const) {
    const world = new World(1)
    const [node = assert.fail()] = world.nodes
    const before = () => sendAs(world.chain, world.wallet, [jobOperation(hold, holdBody(node, changes))])
    assert.equal(await isExpected(world, before), isEnough, JSON.stringify(changes))
  }
})

test('whoever saw the id of a job in the ledger cannot keep it from running by a hold of nothing', async () => {
  const world = new World(1)
  const [node = assert.fail()] = world.nodes
  const { hold } = moneyOperations.job
  const nothing = holdBody(node, { most: { cpuMs: 0, mibMs: 0 }, lifeMs: limits.ledgerMoney.minHoldMs })
  const before = async (): Promise<void> => {
    await sendAs(world.chain, world.operators[1] ?? world.wallet, [jobOperation(hold, nothing)])
    await sendAs(world.chain, world.wallet, [jobOperation(hold, holdBody(node))])
  }
  assert(await isExpected(world, before))
  const { claims } = world.executors[0] ?? assert.fail()
  claims.ran(JOB, USAGE)
  await calm()
  world.chain.block()
  const own = world.chain.state.get(holdTable, jobHoldIdOf(world.wallet.publicKey, JobId.toBytes(JOB), node))
  assert.deepEqual(own?.said, { byPayer: false, amount: COST })
})

test('what the ledger was sent before a restart and after it is told apart: a new put goes on, the old one comes back', async () => {
  const world = new World(1)
  const old = world.put()
  await calm()
  // Killed before any block brought the reservation.
  world.killRequester()
  const { leases } = world.requester
  const held = leases.hold(
    { put: encodeBase32(new Uint8Array(16)), bytes: 1_000, coding: CODING, keepForMs: 0 },
    NO_SIGNAL,
  )
  for (let block = 0; block < 4; block += 1) {
    await calm()
    world.chain.block()
  }
  const hold = await held
  for (const node of world.nodes) hold.stored(receiptFor(node, world.random))
  const settled = hold.settle()
  await calm()
  world.chain.block()
  await settled
  assert.equal(world.puts[0]?.state, 'killed')
  assert.equal(
    world.chain.state.get(holdTable, reservationIdOf(world.wallet.publicKey, world.puts[0].label)),
    undefined,
  )
  assert.equal(await Promise.race([old.then(() => 'ended'), calm().then(() => 'silent')]), 'silent')
})

test('a ledger that stands still refuses a put in a minute, and gives all back however long that takes', async () => {
  const world = new World(1)
  const { requester, chain, wallet } = world
  const put = encodeBase32(new Uint8Array(16).fill(2))
  const held = requester.leases.hold({ put, bytes: 1_000, coding: CODING, keepForMs: 0 }, NO_SIGNAL)
  await calm()
  chain.block()
  const hold = await held
  for (const node of world.nodes) hold.stored(receiptFor(node, world.random))
  const settled = hold.settle()
  await calm()
  requester.time.advance(limits.node.finalWaitMs)
  await assert.rejects(settled, (error) => isBorgError(error) && error.code === 'NODE_PAYMENT_OPEN')
  const refunded = hold.refund(new Error('it failed'))
  requester.time.advance(24 * 3_600_000)
  await calm()
  // The lease takes effect first, since it was sent first, and is then ended.
  for (let block = 0; block < 3; block += 1) {
    chain.block()
    await calm()
  }
  await refunded
  const fees = chain.fees.get(Buffer.from(wallet.publicKey).toString('hex')) ?? 0n
  assert.equal(accountOf(chain.state, wallet.publicKey)?.balance, START - fees)
})
