import assert from 'node:assert/strict'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBorgError, TransactionId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { DaemonEvent, TransactionView } from '@borgios/protocol'
import type { DaemonClient } from '../src/client/daemon-client.ts'
import { embeddedNodeFolder } from '../src/config/data-folder.ts'
import { collect, type NodeFixture, openNodes } from './node-fixture.ts'

const withCode =
  (code: string, said = /./) =>
  (error: unknown) =>
    isBorgError(error) && error.code === code && said.test(error.message)

/** What waits for blocks must not wait for ever. */
const WITHIN = { timeout: 60_000 }
const SAVINGS = accountIdOf(new Uint8Array(32).fill(7))
const openLedgers = (count: number): Promise<NodeFixture> => openNodes(count, '', true)

const viewOf = (event: DaemonEvent | undefined): TransactionView => {
  assert(event?.event === 'transaction')
  return event.transaction
}

async function send(client: DaemonClient, to: string, amount: string, memo = ''): Promise<TransactionView> {
  return viewOf((await collect(client.send({ to, amount, memo, wait: true }))).at(-1))
}

test(
  'what is sent is final, and balance, transaction, block, history and supply tell the same story',
  WITHIN,
  async () => {
    await using nodes = await openLedgers(1)
    const client = nodes.client(1)
    const before = await client.account(null)
    assert.equal(before.balance, '1000000000000')
    const sent = await send(client, SAVINGS, '2500000', 'for the \u001b disk')
    assert.deepEqual([sent.state, sent.account], ['final', before.account])

    const fee = BigInt(sent.fee ?? 0)
    const left = 1_000_000_000_000n - 2_500_000n - 10_000n - fee
    assert.equal((await client.account(null)).balance, String(left))
    assert.deepEqual((await client.account(SAVINGS)).balance, '2500000')

    for (const id of [sent.transaction, sent.transaction.slice(0, 9)]) {
      const found = await client.transaction(id)
      assert.deepEqual([found.transaction, found.state, found.height], [sent.transaction, 'final', sent.height])
      assert.deepEqual(
        found.operations.map(({ to, amount, memo }) => [to, amount, memo]),
        [[SAVINGS, '2500000', 'for the \u001b disk']],
      )
      assert.equal((await client.why(id)).state, 'final')
    }
    const block = await client.block(sent.height)
    assert.deepEqual(
      block.transactions.map(({ transaction, isDone }) => [transaction, isDone]),
      [[sent.transaction, true]],
    )
    assert.equal(block.leader, nodes.daemons[0]?.services.context.identity.node)

    const history = await client.history(null, 10)
    assert.deepEqual(history.from, { height: 0, balance: '1000000000000', isOldest: true })
    assert.deepEqual(
      history.movements.map(({ kind }) => kind),
      ['sent', 'opening'],
    )
    assert.equal(history.movements.at(-1)?.balance, String(left))
    const shortened = await client.history(null, 1)
    assert.deepEqual([shortened.movements.length, shortened.from.isOldest], [1, false])
    assert.equal(BigInt(shortened.from.balance) - 10_000n, left)

    const supply = await client.ledgerSupply()
    assert(supply.isOk)
    assert.equal(supply.minted, supply.sum)
    assert.deepEqual(
      supply.parts.map(({ name }) => name),
      ['balances', 'deposits'],
    )

    const operator = accountIdOf(Buffer.from(nodes.daemons[0]?.services.context.identity.signer.publicKey ?? []))
    await assert.rejects(client.history(operator, 10), withCode('NODE_UNKNOWN'))
  },
)

test('status, members and genesis say who decides and what was there first', WITHIN, async () => {
  await using nodes = await openLedgers(1)
  const client = nodes.client(1)
  const { node, operator } = nodes.daemons[0]?.services.context.identity ?? assert.fail()
  const status = await client.ledgerStatus()
  assert.deepEqual(status.validators, [{ node, weight: 1, isUp: true }])
  assert.deepEqual([status.isValidator, status.quorum, status.lastHeight], [true, 1, 600])
  const { members } = await client.ledgerMembers()
  assert.deepEqual(
    members.map((member) => [member.node, member.operator, member.inCommittee, member.deposit]),
    [[node, operator, true, '100000000']],
  )
  const genesis = await client.ledgerGenesis()
  assert.deepEqual(genesis.members, [node])
  assert.equal(genesis.accounts[0]?.account, (await client.account(null)).account)
  assert(genesis.parameters.some(({ name, value }) => name === 'accountPrice' && value === '10000'))
  assert.equal((await client.status()).ledger?.state, status.state)
})

test('many sends at once take a nonce each, and none is lost', WITHIN, async () => {
  await using nodes = await openLedgers(1)
  const client = nodes.client(1)
  const all = await Promise.all(Array.from({ length: 12 }, (_, index) => send(client, SAVINGS, String(index + 1))))
  assert.deepEqual(
    all.map(({ nonce }) => nonce).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, nonce) => nonce),
  )
  assert(all.every(({ state }) => state === 'final'))
  assert.equal((await client.account(SAVINGS)).balance, '78')
})

test('two daemons that send from one wallet at the same moment both come through', WITHIN, async () => {
  await using nodes = await openLedgers(2)
  for (let round = 1; round <= 3; round += 1) {
    const both = await Promise.all([1, 2].map((index) => send(nodes.client(index), SAVINGS, '3')))
    assert.deepEqual(
      both.map(({ state }) => state),
      ['final', 'final'],
    )
  }
  // Whatever is final on the other is, too, once something later is final here.
  await send(nodes.client(1), SAVINGS, '1')
  assert.equal((await nodes.client(1).account(SAVINGS)).balance, '19')
})

test('what cannot be is refused with its code, and costs nothing', WITHIN, async () => {
  await using nodes = await openLedgers(1)
  const client = nodes.client(1)
  const refused: readonly [string, string, string, RegExp][] = [
    [SAVINGS.replace(/.$/, 'b'), '1', 'CRYPTO_BAD_ACCOUNT_ID', /checksum/],
    ['nobody', '1', 'CRYPTO_BAD_ACCOUNT_ID', /begins with "a"/],
    [SAVINGS, '0', 'NODE_BAD_REQUEST', /zero/],
    [SAVINGS, '18446744073709551616', 'NODE_BAD_REQUEST', /more than there can be/],
    [
      SAVINGS,
      '1000000000000',
      'NODE_FUNDS_SHORT',
      /holds 1,000,000 units, and 1,000,000 units to send, 0.01 units to open/,
    ],
  ]
  for (const [to, amount, code, said] of refused) await assert.rejects(send(client, to, amount), withCode(code, said))
  await assert.rejects(send(client, SAVINGS, '1', 'ü'.repeat(65)), withCode('NODE_BAD_REQUEST', /130 bytes/))
  await assert.rejects(client.block(1_000_000), withCode('NODE_UNKNOWN', /the last one has height/))
  const unknown = TransactionId.fromBytes(new Uint8Array(32))
  await assert.rejects(client.transaction(unknown), withCode('NODE_UNKNOWN'))
  assert.equal((await client.account(null)).balance, '1000000000000')
  assert.equal((await client.account(null)).nonce, 0)
})

test('without most of the validators what is sent waits, says why, and counts as leaving', WITHIN, async () => {
  await using nodes = await openLedgers(2)
  const [first, second] = nodes.daemons
  assert(first && second)
  await second.stop()
  const client = nodes.client(1)
  const events = client.send({ to: SAVINGS, amount: '5', memo: '', wait: true })
  const view = viewOf((await events.next()).value)
  await events.return(undefined)
  assert.match(view.why, /no block can become final: 1 of 2 validators/)
  assert.match(view.todo, /borgios up/)
  const { undecided, leaving } = await client.account(null)
  assert.equal(undecided, 1)
  assert(BigInt(leaving) > 5n)
  assert.match((await client.why(view.transaction)).why, /no block can become final/)
  await assert.rejects(send(client, SAVINGS, '999999988000'), withCode('NODE_FUNDS_SHORT', /already under way/))

  await nodes.start(2)
  const after = await send(client, SAVINGS, '6')
  assert.deepEqual([after.state, after.nonce], ['final', 1])
  assert.equal((await client.transaction(view.transaction)).state, 'final')
})

test('history and transactions survive a restart, and a lost index begins anew and says so', WITHIN, async () => {
  await using nodes = await openLedgers(1)
  const sent = await send(nodes.client(1), SAVINGS, '5')
  const before = await nodes.client(1).history(null, 10)
  await nodes.daemons[0]?.stop()
  await nodes.start(1)
  const again = await nodes.client(1).history(null, 10)
  assert.deepEqual([again.from, again.movements], [before.from, before.movements])
  assert.equal((await nodes.client(1).transaction(sent.transaction)).position, 0)

  await nodes.daemons[1]?.stop()
  const folder = join(embeddedNodeFolder(nodes.folder, 1), 'ledger', 'index')
  assert((await stat(folder)).isDirectory())
  await rm(folder, { recursive: true })
  await nodes.start(1)
  const anew = await nodes.client(1).history(null, 10)
  assert.deepEqual([anew.movements, anew.balance], [[], before.balance])
  assert(anew.from.height > 0)
})

test('from the blocks alone come the same state, history and transactions', WITHIN, async () => {
  await using nodes = await openLedgers(1)
  const sent = await send(nodes.client(1), SAVINGS, '5')
  const before = await nodes.client(1).history(null, 10)
  await nodes.daemons[0]?.stop()
  // As if neither had been saved before a crash.
  for (const name of ['state', 'index']) {
    await rm(join(embeddedNodeFolder(nodes.folder, 1), 'ledger', name), { recursive: true })
  }
  await nodes.start(1)
  const { from, movements } = await nodes.client(1).history(null, 10)
  assert.deepEqual([from, movements], [before.from, before.movements])
  assert.equal((await nodes.client(1).transaction(sent.transaction)).position, sent.position ?? 0)
  assert.equal((await nodes.client(1).account(SAVINGS)).balance, '5')
})

test('a network that began without a ledger says so', WITHIN, async () => {
  await using nodes = await openNodes(1)
  const client = nodes.client(1)
  for (const ask of [client.ledgerStatus, client.ledgerSupply, () => client.account(null), () => client.block(null)]) {
    await assert.rejects(ask(), withCode('NODE_NO_LEDGER', /began without a ledger/))
  }
  await assert.rejects(send(client, SAVINGS, '5'), withCode('NODE_NO_LEDGER'))
  assert.equal((await client.status()).ledger, null)
})
