import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isBorgError, JobId, NodeId, OperatorId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { accountOf, entryTable, holdTable, jobHoldIdOf, leaseTable, payoutTable, transfer } from '@borgios/ledger'
import { ACCOUNTS_MODULE, type EarnView, type JobReceipt, type JobUsage, TRANSFER } from '@borgios/protocol'
import { addsUp } from '../src/cli/commands/earn-report.ts'
import { earnView } from '../src/ledger/earn-view.ts'
import { codedBytes } from '../src/ledger/ledger-leases.ts'
import { emissionView } from '../src/ledger/payout-view.ts'
import { WalletDesk } from '../src/ledger/wallet-desk.ts'
import { openPaidNodes, type PaidNode, type PaidNodes } from './paid-nodes.ts'

const UNIT = 1_000_000n
const TIMEOUT = { timeout: 120_000 }

async function* bytesOf(bytes: number, failing = false): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += 65_536) {
    yield Buffer.alloc(Math.min(65_536, bytes - at), at)
    if (failing && at > bytes / 2) throw new Error('the source broke')
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 60_000
  while (!holds()) {
    assert(performance.now() < deadlineMs, `never ${what}`)
    await sleep(10)
  }
}

/** Something that makes a block. */
const stir = ({ sender }: PaidNode): Promise<void> => {
  const body = transfer.encode({ to: sender.account, amount: 1n, memo: new Uint8Array() })
  return sender.pay({ operations: [{ module: ACCOUNTS_MODULE, kind: TRANSFER, body }], what: 'a test' })
}

/** Every micro-unit that was minted is somewhere. */
async function assertConserved({ nodes }: PaidNodes): Promise<void> {
  for (const { ledger } of nodes) {
    const { supply, holdings } = await ledger.holdings()
    const held = holdings.reduce((sum, one) => sum + one.held, 0n)
    assert.equal(held + supply.treasury + supply.burned, supply.minted)
  }
}

/** What an account's lines come to is what the ledger says it has, and nothing of it is unexplained. */
async function assertExplained({ wallet }: PaidNodes, of: 'wallet' | 'node', asked: PaidNode): Promise<EarnView> {
  const { ledger, index, context } = asked
  const node = NodeId.toBytes(context.identity.node)
  const account = of === 'wallet' ? wallet.publicKey : OperatorId.toBytes(context.identity.operator)
  const view = await earnView(
    account,
    { of, sinceHeight: 0 },
    { ledger, index, timers: systemTimers, node, names: new Map() },
  )
  assert(view)
  assert(view.isEqual && addsUp(view))
  assert.equal(view.lines.filter(({ kind }) => kind === 'other').length, 0)
  return view
}

const heldBy = async ({ ledger }: PaidNode): Promise<bigint> =>
  (await ledger.holdings()).holdings.find(({ table }) => table === holdTable.name)?.held ?? 0n

const withCode = (code: string) => (error: unknown) => isBorgError(error) && error.code === code

test('a put is leased, its nodes accept, are audited and paid at the end of an epoch', TIMEOUT, async () => {
  await using world = await openPaidNodes({
    nodes: 4,
    values: { epochBlocks: 24, storagePrice: String(10_000n * UNIT) },
    balance: 100_000n * UNIT,
  })
  const [first, second] = [world.node(0), world.node(1)]
  const { missingShards } = await first.store.put(bytesOf(3_000_000), { totalBytes: 3_000_000 })
  assert.equal(missingShards, 0)
  assert.equal(await heldBy(first), 0n)
  const accepted = (): readonly boolean[] => {
    const { state } = first.ledger
    return [...state.list(entryTable)].map(([, { isAccepted }]) => isAccepted)
  }
  await until('accepted', () => accepted().length >= 3 && accepted().every((is) => is))
  const stored = [...first.ledger.state.list(entryTable)].reduce((sum, [, { bytes }]) => sum + bytes, 0)
  const reserved = codedBytes(3_000_000, first.context.config.coding)
  assert(stored <= reserved && reserved < 1.3 * stored, `${stored} of ${reserved}`)
  const [entry] = [...first.ledger.state.list(entryTable)]
  assert(entry)
  assert(first.ledger.state.get(leaseTable, entry[0].lease))

  const paid = () => [...first.ledger.state.list(payoutTable)].filter(([, { earned }]) => earned > 0n)
  while (paid().length < 3) {
    assert(first.ledger.status().epoch < 6, 'never paid')
    await stir(second)
  }
  for (const [, payout] of paid()) {
    assert.equal(payout.outcome, 'passed')
    assert.equal(payout.passes, payout.samples)
  }
  await assertConserved(world)
  const { height } = first.ledger.status()
  await until('heard by all', () => world.nodes.every(({ ledger }) => ledger.status().height >= height))
  const wallet = await assertExplained(world, 'wallet', first)
  const leases = wallet.lines.filter(({ kind }) => kind === 'lease')
  assert(leases.length === 1 && (leases[0]?.lease?.nodes.length ?? 0) >= 3)
  let minted = 0n
  for (const [{ node: key }, payout] of paid()) {
    const holder = world.nodes.find(({ context }) => NodeId.fromBytes(key) === context.identity.node)
    assert(holder)
    const { lines } = await assertExplained(world, 'node', holder)
    const ofEpochs = lines.filter(({ payout: one }) => one?.gross === String(payout.gross))
    // Of a micro-unit all is burned: the shares that are burned are rounded up.
    const expected = [
      ...(payout.minted > 0n ? ['emission'] : []),
      ...(payout.earned > payout.burned ? ['storage'] : []),
    ]
    assert.deepEqual(ofEpochs.map(({ kind }) => kind).sort(), expected)
    for (const { kind, came, payout: one } of ofEpochs) {
      assert(one)
      const byLease = one.leases.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
      assert.equal(BigInt(came), kind === 'storage' ? byLease : payout.minted)
      minted += kind === 'emission' ? BigInt(came) : 0n
    }
  }
  const { epochs, remaining } = emissionView(first.ledger)
  assert(epochs.every(({ isEqual }) => isEqual))
  const all = epochs.reduce((sum, epoch) => sum + BigInt(epoch.minted), 0n)
  const dust = epochs.reduce((sum, epoch) => sum + BigInt(epoch.dust), 0n)
  assert(minted > 0n && all === minted + dust, `${minted} and ${dust} of ${all}`)
  assert.equal(BigInt(remaining) + all, 10_000_000n * UNIT)
})

test('a node that lost its shards after it accepted them earns nothing', TIMEOUT, async () => {
  await using world = await openPaidNodes({
    nodes: 4,
    values: { epochBlocks: 24, storagePrice: String(10_000n * UNIT) },
    balance: 100_000n * UNIT,
  })
  const [first, loser] = [world.node(0), world.node(2)]
  // Every node gets shards.
  await first.store.put(bytesOf(3_000_000), { totalBytes: 3_000_000, coding: { data: 2, parity: 2 } })
  const open = () => [...first.ledger.state.list(entryTable)].filter(([, { isAccepted }]) => !isAccepted)
  await until('accepted', () => open().length === 0)
  const shards = join(loser.context.paths.store, 'shards')
  for (const name of await readdir(shards)) await rm(join(shards, name), { recursive: true })
  const payouts = () => [...first.ledger.state.list(payoutTable)].map(([{ node }, payout]) => ({ node, payout }))
  const isLoser = (node: Uint8Array): boolean => NodeId.fromBytes(node) === loser.context.identity.node
  while (!payouts().some(({ node, payout }) => isLoser(node) && payout.outcome === 'failed')) {
    assert(first.ledger.status().epoch < 6, 'never failed')
    await stir(first)
  }
  for (const { node, payout } of payouts()) assert.equal(payout.outcome, isLoser(node) ? 'failed' : 'passed')
  await assertConserved(world)
})

test('a node that does not find its shards does not accept its part', TIMEOUT, async () => {
  await using world = await openPaidNodes({ nodes: 3, values: {}, balance: UNIT, forgetful: 1 })
  const [first, forgetful] = [world.node(0), world.node(1)]
  await first.store.put(bytesOf(10_000), { totalBytes: 10_000 })
  const parts = () => [...first.ledger.state.list(entryTable)].map(([{ holder }, entry]) => ({ holder, entry }))
  await until('accepted', () => parts().filter(({ entry }) => entry.isAccepted).length === 2)
  for (let block = 0; block < 3; block += 1) await stir(first)
  const open = parts().filter(({ entry }) => !entry.isAccepted)
  assert.deepEqual(
    open.map(({ holder }) => NodeId.fromBytes(holder)),
    [forgetful.context.identity.node],
  )
})

test('two daemons with one wallet pay at the same time, and every payment takes effect once', TIMEOUT, async () => {
  await using world = await openPaidNodes({ nodes: 4, values: {}, balance: 1_000n * UNIT })
  const puts = world.nodes.map(({ store }, index) => store.put(bytesOf(10_000 + index), { totalBytes: 10_000 + index }))
  await Promise.all([...puts, ...world.nodes.map(stir)])
  // What is final on another node may be a block away here.
  const leases = () => [...world.node(0).ledger.state.list(entryTable)].map(([{ lease }]) => String(lease))
  await until('leased', () => new Set(leases()).size === 4)
  assert.equal(await heldBy(world.node(0)), 0n)
  await assertConserved(world)
})

test('a put that fails gets all back but the fees; who has nothing is refused before any work', TIMEOUT, async () => {
  await using world = await openPaidNodes({ nodes: 4, values: {}, balance: UNIT / 10n })
  const first = world.node(0)
  const before = world.balance()
  await assert.rejects(first.store.put(bytesOf(3_000_000, true), { totalBytes: 3_000_000 }), /the source broke/)
  const deadlineMs = performance.now() + 30_000
  while ((await heldBy(first)) > 0n) assert(performance.now() < deadlineMs, 'never refunded')
  const fees = before - world.balance()
  assert(fees > 0n && fees < 5_000n, `${fees}`)

  let isRead = false
  const source = (async function* () {
    isRead = true
    yield new Uint8Array(1)
  })()
  const tooMuch = first.store.put(source, { totalBytes: 10 ** 11 })
  await assert.rejects(tooMuch, (error) => withCode('NODE_FUNDS_SHORT')(error) && /are missing/.test(String(error)))
  assert(!isRead)
  assert.equal(world.balance(), before - fees)
  await assertConserved(world)
})

const USAGE: JobUsage = { cpuMs: 40_000, memoryMibMs: 512 * 20_000, inputBytes: 0, outputBytes: 0, logBytes: 0 }
const MOST: JobUsage = { ...USAGE, cpuMs: 120_000, memoryMibMs: 512 * 60_000 }
const NO_SIGNAL = new AbortController().signal

test('a job is held, billed by both sides and paid; one that failed costs nothing', TIMEOUT, async () => {
  await using world = await openPaidNodes({ nodes: 4, values: {}, balance: UNIT })
  const [requester, executor] = [world.node(0), world.node(1)]
  const node = executor.context.identity.node
  const from = requester.context.identity.node
  const holdOn = (job: JobId) => {
    const id = jobHoldIdOf(world.wallet.publicKey, JobId.toBytes(job), NodeId.toBytes(node))
    return requester.ledger.state.get(holdTable, id)
  }
  const bill = (job: JobId, doubts: readonly string[] = []) => {
    const receipt = { job, node, usage: USAGE } as unknown as JobReceipt
    return { receipt, doubts }
  }
  const begin = async (name: number) => {
    const job = JobId.fromBytes(new Uint8Array(16).fill(name))
    const wish = { job, node, specHash: '', mostWallTimeMs: 60_000, mostUsage: MOST }
    const hold = await requester.payments.escrow.hold(wish, NO_SIGNAL)
    assert(holdOn(job))
    await executor.payments.earnings.expect(
      { job, from, payer: hold.payer, mostWallTimeMs: 60_000, mostUsage: MOST },
      NO_SIGNAL,
    )
    return { job, hold }
  }
  const ended = async (job: JobId): Promise<bigint> => {
    await until('ended', () => holdOn(job) === undefined)
    return world.balance()
  }

  const start = world.balance()
  const ran = await begin(1)
  executor.payments.earnings.ran(ran.job, USAGE)
  await ran.hold.settle(bill(ran.job))
  const afterRun = await ended(ran.job)
  // 40 s at 100 micro-units, 10 GiB-s at 10, and three fees at most.
  assert(start - afterRun >= 4_100n && start - afterRun < 12_000n, `${start - afterRun}`)

  const failed = await begin(2)
  executor.payments.earnings.gaveUp(failed.job)
  await failed.hold.refund(new Error('it failed'))
  const afterFailure = await ended(failed.job)
  assert(afterRun - afterFailure < 4_000n, `${afterRun - afterFailure}`)

  const doubtful = await begin(3)
  await doubtful.hold.settle(bill(doubtful.job, ['it bills more time than passed']))
  assert.deepEqual(holdOn(doubtful.job)?.said, { byPayer: true, amount: 0n })

  const other = JobId.fromBytes(new Uint8Array(16).fill(9))
  const unheld = { job: other, from, payer: ran.hold.payer, mostWallTimeMs: 60_000, mostUsage: MOST }
  const soon = AbortSignal.timeout(200)
  await assert.rejects(executor.payments.earnings.expect(unheld, soon))
  const small = { ...MOST, cpuMs: 10 ** 9 }
  assert.throws(() => requester.payments.escrow.assertPayable(small), withCode('NODE_FUNDS_SHORT'))
  await assertConserved(world)
})

test(
  'sends of the user and puts of the node from one wallet, all at once, each take a nonce of their own',
  TIMEOUT,
  async () => {
    await using world = await openPaidNodes({ nodes: 4, values: {}, balance: 100n * UNIT })
    const [first, second] = [world.node(0), world.node(1)]
    const desks = [first, second].map(({ context, ledger }) => new WalletDesk(context, ledger))
    const to = new Uint8Array(32).fill(7)
    const sends = Array.from({ length: 12 }, async (_, index) => {
      await sleep(20 * index)
      const id = await desks[index % 4 === 3 ? 1 : 0]?.send({ to, amount: 1n, memo: new Uint8Array() })
      assert(id)
      return { id, sender: index % 4 === 3 ? second : first }
    })
    const puts = Array.from({ length: 3 }, () => first.store.put(bytesOf(20_000), { totalBytes: 20_000 }))
    assert((await Promise.all(puts)).every(({ missingShards }) => missingShards === 0))
    const sent = await Promise.all(sends)
    const ends = (): readonly string[] =>
      sent.map(({ id, sender }) => sender.ledger.transactionState(id)?.kind ?? 'decided')
    await until('decided', () => ends().every((kind) => kind === 'final' || kind === 'replaced' || kind === 'decided'))
    // Those of one node never fight with its own payments; of two nodes one of two may be replaced, and its user told.
    for (const [index, { sender }] of sent.entries()) if (sender === first) assert.notEqual(ends()[index], 'expired')
    const finals = ends().filter((kind) => kind === 'final').length
    assert(finals >= 9, `${ends().join(', ')}`)
    // What is final for the one may reach the other a moment later.
    await until('there', () => accountOf(first.ledger.state, to)?.balance === BigInt(finals))
    await assertConserved(world)
  },
)
