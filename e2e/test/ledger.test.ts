import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { jsonOf, Network, type Outcome } from '../src/index.ts'

const UNIT = 1_000_000n
const FIRST = 1_000_000n * UNIT

interface Sent {
  readonly transaction: string
  readonly state: string
  readonly nonce: number
  readonly fee: string
}

interface History {
  readonly from: { readonly balance: string; readonly isOldest: boolean }
  readonly movements: readonly {
    readonly kind: string
    readonly amount: string
    readonly fee: string
    readonly balance: string
  }[]
  readonly balance: string
}

const codeOf = (outcome: Outcome): string => (jsonOf(outcome) as { error: { code: string } }).error.code

test('money is sent, accounted for to the last micro-unit, and survives crashes and a stop', {
  timeout: 120_000,
}, async (t) => {
  await using network = await Network.up(4)
  const balanceOf = async (account?: string): Promise<bigint> =>
    BigInt(String((await network.json(['wallet', 'balance', ...(account === undefined ? [] : [account])]))['balance']))
  const send = (account: string, amount: string): Promise<Sent> =>
    network.json<Sent>(['wallet', 'send', account, amount])
  /** A node counts as lost some seconds after it went silent. */
  const untilStalled = async (): Promise<{ readonly why: string }> => {
    for (;;) {
      const status = await network.json<{ state: string; why: string }>(['ledger', 'status'])
      if (status.state === 'stalled') return status
      await sleep(200)
    }
  }
  const keyFile = join(network.folder, 'savings.key')
  const savings = String((await network.json(['wallet', 'create', '--out', keyFile]))['account'])

  await t.test('the maker of the network has the first money, and sends some to a new account', async () => {
    assert.equal(await balanceOf(), FIRST)
    assert.equal(await balanceOf(savings), 0n)
    const sent = await network.run(['wallet', 'send', savings, '12.5', '--memo', 'hello'])
    assert.equal(sent.code, 0, sent.stderr)
    assert.match(sent.stderr, /^sent: 12\.5 units to a\S+, as t\S+$/m)
    assert.match(sent.stdout, /^final at height \d+ after \d+ ms, for a fee of 0\.\d+ units\n$/)
    assert.equal(await balanceOf(savings), 12_500_000n)
  })

  await t.test('two sends at once both become final', async () => {
    const both = await Promise.all([send(savings, '1'), send(savings, '2')])
    assert.deepEqual(
      both.map(({ state }) => state),
      ['final', 'final'],
    )
    assert.notEqual(both[0]?.nonce, both[1]?.nonce)
    assert.equal(await balanceOf(savings), 15_500_000n)
  })

  await t.test('history and supply add up', async () => {
    const { from, movements, balance } = await network.json<History>(['wallet', 'history'])
    let sum = BigInt(from.balance)
    assert.deepEqual([sum, from.isOldest], [FIRST, true])
    for (const movement of movements) {
      sum += BigInt(movement.amount) - BigInt(movement.fee)
      assert.equal(movement.balance, String(sum))
    }
    assert.deepEqual([balance, await balanceOf()], [String(sum), sum])
    const supply = await network.json(['ledger', 'supply'])
    assert.deepEqual([supply['isOk'], supply['minted']], [true, supply['sum']])
  })

  await t.test('mistakes are answered with their codes and cost nothing', async () => {
    const before = await balanceOf()
    const mistakes: readonly [number, string, string, string][] = [
      [2, 'CRYPTO_BAD_ACCOUNT_ID', savings.replace(/.$/, (char) => (char === 'a' ? 'b' : 'a')), '1'],
      [4, 'NODE_FUNDS_SHORT', savings, '1000000'],
      [2, 'NODE_USAGE', savings, '1.0000001'],
      [2, 'NODE_USAGE', savings, '0'],
    ]
    for (const [exit, code, account, amount] of mistakes) {
      const outcome = await network.run(['wallet', 'send', account, amount, '--json'])
      assert.deepEqual([outcome.code, codeOf(outcome)], [exit, code])
    }
    assert.equal(await balanceOf(), before)
  })

  await t.test('one of four nodes is killed and the ledger goes on; of two it stands still and says why', async () => {
    const tree = await network.tree()
    // Commands ask the first node that answers.
    const [first, second] = tree.nodes.filter(({ id }) => id !== tree.root)
    assert(first?.pid && second?.pid)
    process.kill(first.pid, 'SIGKILL')
    assert.equal((await send(savings, '3')).state, 'final')

    process.kill(second.pid, 'SIGKILL')
    const status = await untilStalled()
    for (const { id } of [first, second]) assert(status.why.includes(id.slice(0, 8)), status.why)
    const stopped = await network.run(['wallet', 'send', savings, '4'], {
      stopAt: { said: /no block can become final/, signal: 'SIGINT' },
    })
    assert.equal(stopped.code, 130, stopped.stderr)
    const [, id] = /ledger tx (t[a-z2-7]+)/.exec(stopped.stderr) ?? []
    assert(id)
    const why = await network.json(['why', id])
    assert.match(String(why['why']), /no block can become final/)

    await network.json(['up'])
    // A node that was away may not know yet what waits, and would give its nonce to the next one.
    while (!(await network.run(['ledger', 'tx', id])).stdout.includes('took effect')) await sleep(200)
    assert.equal((await send(savings, '5')).state, 'final')
    assert.equal(await balanceOf(savings), 27_500_000n)
  })

  await t.test('down and up again keep every balance', async () => {
    const before = await balanceOf()
    await network.json(['down'])
    await network.json(['up'])
    assert.deepEqual([await balanceOf(), await balanceOf(savings)], [before, 27_500_000n])
    assert.equal((await send(savings, '0.000001')).state, 'final')
    assert.equal(await balanceOf(savings), 27_500_001n)
    assert.equal((await network.json(['ledger', 'supply']))['isOk'], true)
  })
})
