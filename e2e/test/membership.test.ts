import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { jsonOf, Network } from '../src/index.ts'

interface Members {
  readonly members: readonly {
    readonly node: string
    readonly operator: string
    readonly state: string
    readonly deposit: string
    readonly inCommittee: boolean
    readonly isUp: boolean
    readonly sponsor: string | null
    readonly why: string
  }[]
}

interface LedgerStatus {
  readonly epoch: number
  readonly isValidator: boolean
}

const balance = async (network: Network): Promise<bigint> =>
  BigInt((await network.json<{ balance: string }>(['wallet', 'balance'])).balance)

const memberOf = async (network: Network, operator: string) =>
  (await network.json<Members>(['ledger', 'members'])).members.find((member) => member.operator === operator)

/** The operator of a machine that is invited, and what starts its node. */
async function invite(network: Network, machine: Network): Promise<{ operator: string; start: readonly string[] }> {
  const { operator } = await machine.json<{ operator: string }>(['node', 'init'])
  const file = join(machine.folder, '..', 'invitation.json')
  await network.json(['net', 'invite', operator, '-o', file])
  return { operator, start: ['node', 'start', '--invitation', file, '--host', '127.0.0.1'] }
}

test('who is invited becomes a member of the ledger with a deposit and some money, decides, pays, and leaves', {
  timeout: 300_000,
}, async () => {
  await using network = await Network.up(3, '', { epochBlocks: 10 })
  const { account } = await network.json<{ account: string }>(['wallet', 'balance'])
  await using machine = await Network.open('machine')
  const { operator, start } = await invite(network, machine)
  const { role } = await machine.json<{ role: string }>(start)
  assert.equal(role, 'member')
  const member = await memberOf(network, operator)
  assert.ok(member !== undefined && member.sponsor !== null)
  assert.deepEqual([member.state, member.deposit, member.isUp], ['active', '100000000', true])
  const first = await balance(machine)
  assert.ok(first >= 9_000_000n, `${first} to begin with`)

  const path = join(machine.folder, '..', 'source')
  await writeFile(path, Buffer.alloc(300_000, 7))
  await machine.json(['file', 'put', path])
  assert.ok((await balance(machine)) < first)

  await using second = await Network.open('second')
  const its = await invite(network, second)
  assert.equal((await second.json<{ role: string }>(its.start)).role, 'member')

  // What is sent makes blocks, and so the epochs pass.
  for (let status = await machine.json<LedgerStatus>(['ledger', 'status']); !status.isValidator; ) {
    assert.ok(status.epoch < 4, 'a member is drawn at the latest two epochs after it joined')
    await machine.json(['wallet', 'send', account, '0.000001'])
    status = await machine.json<LedgerStatus>(['ledger', 'status'])
  }
  assert.equal((await memberOf(network, operator))?.inCommittee, true)

  const left = await second.json<{ deposit: string; freeEpoch: number; epoch: number }>(['node', 'leave'])
  assert.equal(left.deposit, '100000000')
  // An epoch may have ended between the block and the answer.
  assert.ok([99, 100].includes(left.freeEpoch - left.epoch), `${left.freeEpoch} after ${left.epoch}`)
  const leaving = await memberOf(network, its.operator)
  assert.equal(leaving?.state, 'leaving')
  assert.match(leaving.why, /deposit goes back at the end of epoch/)

  await using poor = await Network.open('poor')
  const third = await invite(network, poor)
  const all = await balance(network)
  const kept = 50_000_000n
  const units = (all - kept) / 1_000_000n
  const elsewhere = (await machine.json<{ account: string }>(['wallet', 'balance'])).account
  await network.json(['wallet', 'send', elsewhere, String(units)])
  const waiting = await poor.run([...third.start, '--json'], {
    stopAt: { said: /nobody vouches for it.*not enough money/, signal: 'SIGINT' },
  })
  assert.equal(waiting.code, 130, waiting.stderr + waiting.stdout)
  assert.equal(await memberOf(network, third.operator), undefined)
  assert.equal((jsonOf(waiting) as { error: { code: string } }).error.code, 'NODE_INTERRUPTED')
})
