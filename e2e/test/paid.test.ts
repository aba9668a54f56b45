import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { jsonOf, Network } from '../src/index.ts'

const MIB = 1024 * 1024
const NODES = 5
const PROGRAM = fileURLToPath(new URL('../../examples/build/wordcount.wasm', import.meta.url))

interface Supply {
  readonly isOk: boolean
  readonly parts: readonly { readonly name: string; readonly amount: string }[]
}

const balance = async (network: Network): Promise<bigint> =>
  BigInt((await network.json<{ balance: string }>(['wallet', 'balance'])).balance)

async function supply(network: Network): Promise<ReadonlyMap<string, bigint>> {
  const { isOk, parts } = await network.json<Supply>(['ledger', 'supply'])
  assert(isOk, 'what was minted is all there')
  return new Map(parts.map(({ name, amount }) => [name, BigInt(amount)]))
}

async function sparseFile(network: Network, name: string, bytes: number): Promise<string> {
  const path = join(network.folder, name)
  await writeFile(path, '')
  await truncate(path, bytes)
  return path
}

interface EarnLine {
  readonly kind: string
  readonly about: string | null
  readonly name: string | null
  readonly came: string
  readonly left: string
  readonly fee: string
  readonly lease: { readonly left: string; readonly nodes: readonly string[] } | null
  readonly bill: { readonly paid: string; readonly burned: string; readonly nodes: readonly string[] } | null
}

interface Account {
  readonly node: string
  readonly from: { readonly balance: string }
  readonly lines: readonly EarnLine[]
  readonly balance: string
}

interface Earnings {
  readonly isEqual: boolean
  readonly wallet: Account
  readonly nodes: readonly Account[]
}

const earnings = (network: Network): Promise<Earnings> => network.json<Earnings>(['earn'])

const sumOf = ({ from, lines }: Account): bigint =>
  lines.reduce((sum, { came, left, fee }) => sum + BigInt(came) - BigInt(left) - BigInt(fee), BigInt(from.balance))

/** Every unit that the wallet paid stands on a line that names a lease or the job, and the job's node says that it got it. */
async function assertExplained(network: Network, first: bigint): Promise<void> {
  const { isEqual, wallet, nodes } = await earnings(network)
  assert(isEqual)
  assert.equal(nodes.length, NODES)
  for (const account of [wallet, ...nodes]) assert.equal(sumOf(account), BigInt(account.balance))
  assert.equal(wallet.from.balance, String(first))
  assert.equal(wallet.balance, String(await balance(network)))
  const leases = wallet.lines.filter(({ kind }) => kind === 'lease')
  assert.deepEqual(leases.map(({ name }) => name).slice(0, 2), ['source', 'wordcount.wasm'])
  const [job, ...others] = wallet.lines.filter(({ kind }) => kind === 'job')
  assert(job?.bill && job.about !== null && others.length === 0)
  // What the wallet says of a job before its node does moves nothing by itself: only its fee has a line then.
  const moved = wallet.lines.filter(({ kind }) => kind !== 'fee')
  assert.equal(moved.length, leases.length + 1)
  assert.equal(BigInt(job.left) - BigInt(job.came), BigInt(job.bill.paid))
  const got = nodes.flatMap(({ node, lines }) =>
    lines.filter(({ kind }) => kind === 'jobRun').map((line) => ({ node, ...line })),
  )
  assert.deepEqual(
    got.map(({ node, about, came }) => [node, about, BigInt(came)]),
    [[job.bill.nodes[0], job.about, BigInt(job.bill.paid) - BigInt(job.bill.burned)]],
  )
  for (const subject of [job.about, leases[0]?.about ?? '']) {
    const { state } = await network.json<{ state: string }>(['why', subject.slice(0, 9)])
    assert.match(state, /^(done|running|unpaid)$/)
  }
}

const shardFiles = (network: Network): number =>
  Array.from({ length: NODES }, (_, at) => join(network.folder, 'nodes', String(at + 1), 'store', 'shards'))
    .filter((folder) => existsSync(folder))
    .reduce((sum, folder) => sum + readdirSync(folder).length, 0)

/** Nothing is set aside any more. */
async function untilSettled(network: Network): Promise<void> {
  const deadlineMs = performance.now() + 60_000
  while ((await supply(network)).has('escrow')) {
    assert(performance.now() < deadlineMs, 'money stays set aside')
    await sleep(200)
  }
}

test('a put and a job are paid for, what fails is given back, and who has nothing is refused', {
  timeout: 240_000,
}, async () => {
  await using network = await Network.up(NODES)
  const first = await balance(network)
  const path = await sparseFile(network, 'source', 20 * MIB)
  await network.json(['file', 'put', path])
  const afterPut = await balance(network)
  assert(afterPut < first)
  const leased = (await supply(network)).get('lease pool') ?? 0n
  // 35 MB of shards for 30 days at 0.001 units a GiB and day.
  assert(leased > 900n && leased < 10_000n, `${leased} in leases`)

  const { capability } = await network.json<{ capability: string }>(['file', 'put', PROGRAM])
  await network.json(['job', 'run', capability, '-v', `a=${path}`, '--', 'a'])
  await untilSettled(network)
  assert((await balance(network)) < afterPut)
  await assertExplained(network, first)

  const before = await balance(network)
  const poolBefore = (await supply(network)).get('lease pool')
  const abort = new AbortController()
  const shardsBefore = shardFiles(network)
  const large = await sparseFile(network, 'large', 4096 * MIB)
  const put = network.run(['file', 'put', large], { signal: abort.signal })
  while (shardFiles(network) < shardsBefore + 20) await sleep(50)
  abort.abort()
  assert.equal((await put).code, 130)
  await untilSettled(network)
  assert.equal((await supply(network)).get('lease pool'), poolBefore)
  const fees = before - (await balance(network))
  assert(fees > 0n && fees < 10_000n, `${fees} for nothing but fees`)

  const other = await network.json<{ account: string }>([
    'wallet',
    'create',
    '--out',
    join(network.folder, 'other.key'),
  ])
  const left = await balance(network)
  const gone = left - 12_000n
  const units = `${gone / 1_000_000n}.${String(gone % 1_000_000n).padStart(6, '0')}`
  await network.json(['wallet', 'send', other.account, units])
  const shards = shardFiles(network)
  for (const words of [
    ['file', 'put', path],
    ['job', 'run', capability],
  ]) {
    const refused = await network.run([...words, '--json'])
    assert.equal(refused.code, 4, refused.stderr + refused.stdout)
    const { error } = jsonOf(refused) as { error: { code: string; message: string } }
    assert.equal(error.code, 'NODE_FUNDS_SHORT', error.message)
    assert.match(error.message, /are missing.*borgios wallet balance/)
  }
  assert.equal(shardFiles(network), shards)
  await untilSettled(network)

  const { isEqual, wallet } = await earnings(network)
  assert(isEqual)
  const over = wallet.lines.find(({ kind, lease }) => kind === 'lease' && lease?.left === '0')
  assert(over && over.came === over.left, 'what the stopped put set aside is back')
  const shown = await network.run(['earn'])
  assert.equal(shown.code, 0, shown.stderr)
  assert.match(shown.stdout, /Nothing is missing/)
})
