import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBase32, isBorgError, JobId, limits, NetworkId, NodeId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import type { Signer } from '@borgios/crypto'
import {
  accountOf,
  disputeTable,
  holdTable,
  type JobHoldBody,
  jobHoldIdOf,
  jobSpendingOf,
  leaseIdOf,
  leaseTable,
  moneyOperations,
  reservationIdOf,
} from '@borgios/ledger'
import type { Operation } from '@borgios/protocol'
import { payerOf } from '../src/ledger/job-consent.ts'
import { jobOperation, readingOf } from '../src/ledger/ledger-escrow.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { fullSlice } from './full-slice.ts'
import { CODING, COST, calm, MOST, NO_SIGNAL, receiptFor, START, UNIT, USAGE, WALL_MS, World } from './payment-world.ts'
import { keyOf, NETWORK, type ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

const SEEDS = fullSlice ? 150 : 12

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

/** Whether the first executor takes the job that `from` brings; `signer` says that it pays for it if the requester does. */
async function isExpected(
  { executors: [executor], wallet, node, nodes: [to = node] }: World,
  before: () => Promise<void>,
  signer: Signer = wallet,
  from: Uint8Array = node,
): Promise<boolean> {
  assert(executor)
  await before()
  const parties = { network: NetworkId.fromBytes(NETWORK), job: JOB, to: NodeId.fromBytes(to) }
  const payer = payerOf(signer, { ...parties, from: NodeId.fromBytes(node) })
  const wish = { job: JOB, from: NodeId.fromBytes(from), payer, mostWallTimeMs: WALL_MS, mostUsage: MOST }
  const expected = executor.claims.expect(wish, NO_SIGNAL)
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

test('only the hold of who signed for the job of this requester counts, whoever else has set money aside', async () => {
  const { hold } = moneyOperations.job
  for (const [name, isTaken] of [
    ['wallet', true],
    ['operator 1', false],
    ['nobody', false],
  ] as const) {
    const world = new World(1)
    const [node = assert.fail()] = world.nodes
    const before = () => sendAs(world.chain, world.wallet, [jobOperation(hold, holdBody(node))])
    assert.equal(await isExpected(world, before, keyOf(name)), isTaken, name)
    // Who has read of the hold in the ledger, and got hold of the signature, is still another.
    if (isTaken) assert.equal(await isExpected(world, async () => undefined, keyOf(name), node), false)
  }
  const { executors, node } = new World(1)
  const unnamed = { job: JOB, from: NodeId.fromBytes(node), payer: undefined, mostWallTimeMs: WALL_MS, mostUsage: MOST }
  await assert.rejects(executors[0]?.claims.expect(unnamed, NO_SIGNAL) ?? assert.fail(), { code: 'NODE_JOB_UNPAID' })
})

test('a job that was refused, or never asked for, moves no money', async () => {
  const world = new World(1)
  const [node = assert.fail()] = world.nodes
  const { claims } = world.executors[0] ?? assert.fail()
  const body = holdBody(node, { most: { ...readingOf(MOST), cpuMs: MOST.cpuMs - 1 } })
  const before = () => sendAs(world.chain, world.wallet, [jobOperation(moneyOperations.job.hold, body)])
  assert.equal(await isExpected(world, before), false)
  for (const end of [() => claims.gaveUp(JOB), () => claims.ran(JOB, USAGE)]) {
    end()
    await calm()
    world.chain.block()
    assert.deepEqual(claims.duty(world.chain.state), [])
  }
  const own = world.chain.state.get(holdTable, jobHoldIdOf(world.wallet.publicKey, JobId.toBytes(JOB), node))
  assert(own)
  assert.deepEqual([own.said, own.left], [undefined, own.amount])
})

test('a bill is given up after it was sent in vain, not after it was asked for', async () => {
  const { claimTries } = limits.node
  const world = new World(1)
  const [node = assert.fail()] = world.nodes
  const before = () => sendAs(world.chain, world.wallet, [jobOperation(moneyOperations.job.hold, holdBody(node))])
  assert.equal(await isExpected(world, before), true)
  const { claims, ledger } = world.executors[0] ?? assert.fail()
  ledger.kill()
  claims.ran(JOB, USAGE)
  const owed = () => claims.duty(world.chain.state)
  for (let time = 0; time < 3 * claimTries; time += 1) assert.equal(owed().length, 1)
  for (let time = 0; time < claimTries; time += 1) for (const { onSent } of owed()) onSent?.()
  assert.deepEqual(owed(), [])
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
