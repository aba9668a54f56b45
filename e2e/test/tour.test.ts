import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { test } from 'node:test'
import { borgios, fullSlice, Network, processesOf } from '../src/index.ts'

interface Line {
  readonly kind: string
  readonly about: string | null
  readonly came: string
  readonly left: string
  readonly fee: string
}

interface EarnReport {
  readonly isEqual: boolean
  readonly wallet: { readonly from: { readonly balance: string }; readonly lines: readonly Line[] }
  readonly nodes: readonly { readonly node: string; readonly lines: readonly Line[] }[]
}

interface TourMoney {
  readonly paid: string
  readonly earned: readonly {
    readonly node: string
    readonly kind: string
    readonly about: string | null
    readonly amount: string
  }[]
}

/** Nothing of a tour may be left in its folder for temporary files, nor any process that works on it. */
async function assertNothingLeft({ folder }: Network): Promise<void> {
  assert.deepEqual(await readdir(folder), [])
  assert.deepEqual(processesOf(folder), [])
}

test('the tour shows what it promises and leaves nothing behind', async () => {
  await using temporary = await Network.open()
  const outcome = await borgios(['tour', '--once'], { env: { TMPDIR: temporary.folder } })
  assert.equal(outcome.code, 0, outcome.stderr)
  const result = JSON.parse(outcome.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
  const expected = [
    'nodes',
    'killed',
    'bytes',
    'putMiBps',
    'getMiBps',
    'sha256Match',
    'jobExit',
    'jobMatch',
    'healedMs',
    'paid',
    'earned',
    'supplyOk',
  ]
  assert.deepEqual(Object.keys(result), expected)
  assert.equal(result['nodes'], 5)
  assert.equal(result['killed'], 2)
  assert.equal(result['bytes'], (await stat(process.execPath)).size)
  assert.deepEqual([result['sha256Match'], result['jobExit'], result['jobMatch']], [true, 0, true])
  assert(Number(result['healedMs']) > 0)
  assert(BigInt(String(result['paid'])) > 0n)
  assert.equal(result['supplyOk'], true)
  const earned = result['earned'] as readonly { kind: string; amount: string }[]
  assert(earned.filter(({ kind, amount }) => kind === 'jobRun' && BigInt(amount) > 0n).length === 1)
  assert.match(outcome.stderr, /units paid: .* into leases, .* for the job, .* in fees/)
  await assertNothingLeft(temporary)
})

test('a tour that is interrupted ends what it started', { skip: !fullSlice }, async () => {
  await using temporary = await Network.open()
  for (const said of [/1\/9/, /1\/9.*in one tree/, /2\/9.*rebuild/, /5\/9.*as before/]) {
    const env = { TMPDIR: temporary.folder }
    const outcome = await borgios(['tour', '--once'], { stopAt: { said, signal: 'SIGINT' }, env })
    assert.equal(outcome.code, 130, outcome.stderr)
    assert.match(outcome.stderr, /^stopped: nothing/m)
    await assertNothingLeft(temporary)
  }
})

test('the tour goes again and again on the same data', { skip: !fullSlice }, async () => {
  await using network = await Network.open()
  for (let round = 0; round < 2; round += 1) {
    const outcome = await network.run(['tour', '--json'])
    assert.equal(outcome.code, 0, outcome.stderr)
    assert.match(outcome.stderr, /borgios file put/)
    const { paid, earned } = JSON.parse(outcome.stdout.trimEnd()) as TourMoney
    const since = /earn --since (\d+)/.exec(outcome.stderr)?.[1]
    assert(since)
    const report = await network.json<EarnReport>(['earn', '--since', since])
    assert.equal(report.isEqual, true)
    const { from, lines } = report.wallet
    const paidFor = lines.reduce((sum, { left, came, fee }) => sum + BigInt(left) + BigInt(fee) - BigInt(came), 0n)
    assert.equal(String(paidFor), paid, `from ${from.balance}`)
    const told = report.nodes.flatMap((node) => node.lines.map((line) => ({ node: node.node, ...line })))
    for (const { node, kind, about, amount } of earned) {
      const line = told.find((one) => one.node === node && one.kind === kind && one.about === about)
      assert(line && BigInt(line.came) >= BigInt(amount), `${node} ${kind}`)
    }
  }
})
