import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fullSlice, isWhole, Network, processesOf } from '../src/index.ts'

const MIB = 1024 * 1024
const NODES = 5
const HOSTILE = fileURLToPath(new URL('../../examples/build/hostile.wasm', import.meta.url))

interface Supply {
  readonly isOk: boolean
  readonly parts: readonly { readonly name: string; readonly amount: string }[]
}

/** Micro-units of one kind of records. What was minted must all be there. */
async function supplied(network: Network, name: string): Promise<bigint> {
  const { isOk, parts } = await network.json<Supply>(['ledger', 'supply'])
  assert(isOk, 'what was minted is all there')
  return BigInt(parts.find((part) => part.name === name)?.amount ?? '0')
}

const balance = async (network: Network): Promise<bigint> =>
  BigInt((await network.json<{ balance: string }>(['wallet', 'balance'])).balance)

const folderOf = (network: Network, index: number): string => join(network.folder, 'nodes', String(index))

const shardFiles = (network: Network): number =>
  Array.from({ length: NODES }, (_, at) => join(folderOf(network, at + 1), 'store', 'shards'))
    .filter((folder) => existsSync(folder))
    .reduce((sum, folder) => sum + readdirSync(folder).length, 0)

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 90_000
  while (!(await isSo())) {
    assert(performance.now() < deadlineMs, `never ${what}`)
    await sleep(200)
  }
}

/** The daemon that commands talk to: the first. */
function killFirst(network: Network): void {
  const pids = processesOf(folderOf(network, 1))
  assert(pids.length > 0)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
}

const isSettled = async (network: Network): Promise<boolean> => (await supplied(network, 'escrow')) === 0n

test('what a daemon had set aside when it was killed comes back: in a put when it runs again, in a job at once', {
  skip: !fullSlice,
  timeout: 300_000,
}, async () => {
  await using network = await Network.up(NODES)
  const first = await balance(network)
  const pool = await supplied(network, 'lease pool')

  const large = join(network.folder, 'large')
  await writeFile(large, '')
  await truncate(large, 4096 * MIB)
  const put = network.run(['file', 'put', large])
  await until('storing', () => shardFiles(network) >= 20)
  killFirst(network)
  const failed = await put
  assert.notEqual(failed.code, 0)

  // Others still follow the ledger, and the money of the put is not lost but set aside.
  assert((await supplied(network, 'escrow')) > 0n)
  await network.json(['up'])
  await network.until('whole', (tree) => isWhole(tree, NODES))
  await until('refunded', () => isSettled(network))
  assert.equal(await supplied(network, 'lease pool'), pool)
  const afterPut = await balance(network)
  assert(first - afterPut > 0n && first - afterPut < 10_000n, `${first - afterPut} for nothing but fees`)

  const { capability } = await network.json<{ capability: string }>(['file', 'put', HOSTILE])
  await until('settled', () => isSettled(network))
  const beforeJob = await balance(network)
  const job = network.run(['job', 'run', capability, '--', 'spin'])
  await until('held', async () => !(await isSettled(network)))
  await sleep(2_000)
  killFirst(network)
  assert.notEqual((await job).code, 0)
  // Its executor sees that nobody waits for it any more, and gives the money up.
  await until('given back', () => isSettled(network))
  const cost = beforeJob - (await balance(network))
  assert(cost > 0n && cost < 10_000n, `${cost} for nothing but fees`)
})
