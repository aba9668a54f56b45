import assert from 'node:assert/strict'
import type { JobHold } from '@borgios/compute'
import { decodeBase32, encodeBase32, JobId, limits, NetworkId, NodeId, ShardId, silentLogger } from '@borgios/core'
import { ManualTime, SeededRandom } from '@borgios/core/testing'
import type { Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { jobCost, PARAMETERS } from '@borgios/ledger'
import { type JobReceipt, type JobUsage, type ShardReceipt, taggedHash } from '@borgios/protocol'
import type { LeaseHold } from '@borgios/store'
import { JobClaims } from '../src/ledger/job-claims.ts'
import { LedgerEscrow, readingOf } from '../src/ledger/ledger-escrow.ts'
import { LedgerLeases } from '../src/ledger/ledger-leases.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { keyOf, NETWORK, ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

export const UNIT = 1_000_000n
export const START = 1_000n * UNIT
export const WALL_MS = 60_000
export const USAGE: JobUsage = { cpuMs: 40_000, memoryMibMs: 512 * 20_000, inputBytes: 0, outputBytes: 0, logBytes: 0 }
export const MOST: JobUsage = { ...USAGE, cpuMs: 120_000, memoryMibMs: 512 * WALL_MS }
const PRICES = { cpuPrice: PARAMETERS.cpuPrice.first, memoryPrice: PARAMETERS.memoryPrice.first }
export const COST = jobCost(PRICES, readingOf(USAGE))
export const CODING = { data: 2, parity: 1 }
export const NO_SIGNAL = new AbortController().signal

/** Everything that is ready to run has run. */
export async function calm(): Promise<void> {
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
    const parties = { wallet, network: NetworkId.fromBytes(NETWORK), self: NodeId.fromBytes(node) }
    this.escrow = new LedgerEscrow({ ledger, sender, ...parties, logger: silentLogger })
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
    const ports = {
      network: NetworkId.fromBytes(NETWORK),
      ed25519: sodiumEd25519,
      timers: this.time,
      logger: silentLogger,
      onOwed: () => wake(),
    }
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
export class World {
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
    const from = NodeId.fromBytes(this.node)
    const expected = { job: id, from, payer: hold.payer, mostWallTimeMs: WALL_MS, mostUsage: MOST }
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

export function receiptFor(node: Uint8Array, random: SeededRandom): ShardReceipt {
  const shard = ShardId.fromBytes(random.bytes(32))
  return { node: NodeId.fromBytes(node), shard, bytes: 1_500_032 } as unknown as ShardReceipt
}
