import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@borgios/core'
import { accountTable, type FinalBlockEvent, type StateReader } from '@borgios/ledger'
import { ACCOUNTS_MODULE, encodeTransaction, encodeTransfer, TRANSFER } from '@borgios/protocol'
import fc from 'fast-check'
import { LedgerIndex } from '../src/ledger/ledger-index.ts'
import { temporaryFolder } from './node-fixture.ts'

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const [OWN, OTHER] = [hashOf(1), hashOf(2)]
const FIRST = 1_000_000n
const SMALL = { indexedTransactions: 4, unindexedBlocks: 2, keptMovements: 3 }

/** The ledger as far as the index looks at it. */
class FakeChain {
  height = 0
  balance = FIRST
  #transactions = 0

  readonly state: StateReader = {
    get: <_, Value>(table: unknown): Value | undefined => {
      const account: unknown = { balance: this.balance, nonce: 0, policy: undefined }
      return table === accountTable ? (account as Value) : undefined
    },
    list: () => [],
  }

  /** A block in which the own account sends these amounts, and then a rule gives it something. */
  next(amounts: readonly bigint[], reward = 0n): FinalBlockEvent {
    this.height += 1
    const receipts = amounts.map((amount) => {
      this.balance -= amount + 1n
      this.#transactions += 1
      return { transaction: hashOf(100 + this.#transactions), status: 0, usedUnits: 1, feePaid: 1n }
    })
    this.balance += reward
    const transactions = amounts.map((amount, nonce) =>
      encodeTransaction({
        account: OWN,
        nonce,
        lastHeight: 1_000,
        maxFeePerUnit: 1n,
        tipPerUnit: 0n,
        operations: [
          { module: ACCOUNTS_MODULE, kind: TRANSFER, body: encodeTransfer({ to: OTHER, amount, memo: hashOf(0) }) },
        ],
        signatures: [{ key: 0, signature: new Uint8Array(64) }],
      }),
    )
    const header = {
      epoch: 0,
      slot: this.height,
      height: this.height,
      parent: { slot: this.height - 1, hash: hashOf(0) },
      timeMs: this.height,
      leader: 0,
      baseFee: 1n,
      usedUnits: 1,
      payload: hashOf(0),
      stateRoot: hashOf(0),
      receiptsRoot: hashOf(0),
      committee: hashOf(0),
      seal: undefined,
    }
    const moved = { account: OWN, subject: OTHER } as const
    const moves = amounts.flatMap((amount, position) => [
      { ...moved, reason: 'fee', amount: -1n, position } as const,
      { ...moved, reason: 'transfer', amount: -amount, position } as const,
    ])
    const tips = { ...moved, reason: 'tips', amount: reward, position: undefined } as const
    const changedAccounts = amounts.length > 0 || reward !== 0n ? [OWN] : []
    return {
      header,
      hash: hashOf(0),
      transactions,
      receipts,
      changedAccounts,
      moves: reward === 0n ? moves : [...moves, tips],
    }
  }
}

const openAt = (folder: string, { height, state }: FakeChain, bounds = SMALL): Promise<LedgerIndex> =>
  LedgerIndex.open({ folder: join(folder, 'index'), accounts: [OWN], bounds }, { height, state }, silentLogger)

test('the oldest transactions and movements are forgotten, and history says from where on it is known', async () => {
  await using folder = await temporaryFolder()
  const chain = new FakeChain()
  const index = await openAt(folder.path, chain)
  for (let block = 0; block < 4; block += 1) {
    index.onFinal(chain.next([10n, 20n]), chain.state)
    await index.flush()
  }
  const places = await Promise.all(Array.from({ length: 8 }, (_, number) => index.place(hashOf(101 + number))))
  assert.deepEqual(places.slice(0, 4), [undefined, undefined, undefined, undefined])
  assert.deepEqual(
    places.slice(4).map((place) => place && [place.height, place.position]),
    [
      [3, 0],
      [3, 1],
      [4, 0],
      [4, 1],
    ],
  )
  assert.equal(await index.receipts(2), undefined)
  assert.equal((await index.receipts(4))?.length, 2)

  const history = await index.history(OWN, 100)
  assert(history)
  assert.deepEqual(
    history.movements.map(({ height, amount }) => [height, amount]),
    [
      [3, -20n],
      [4, -10n],
      [4, -20n],
    ],
  )
  assert.deepEqual(history.from, { height: 3, balance: FIRST - 32n * 2n - 11n, isOldest: true })
  assert.deepEqual([history.balance, history.movements.at(-1)?.balance], [chain.balance, chain.balance])
  assert.equal(await index.history(OTHER, 100), undefined)
  await index.close()
})

test('a block that was shown before changes nothing, and after a gap history begins anew', async () => {
  await using folder = await temporaryFolder()
  const chain = new FakeChain()
  const index = await openAt(folder.path, chain)
  const block = chain.next([10n])
  for (let time = 0; time < 3; time += 1) index.onFinal(block, chain.state)
  assert.equal((await index.history(OWN, 100))?.movements.length, 1)

  chain.next([500n])
  index.onFinal(chain.next([20n]), chain.state)
  const gap = await index.history(OWN, 100)
  assert.deepEqual([gap?.movements, gap?.from], [[], { height: 3, balance: chain.balance, isOldest: true }])
  index.onFinal(chain.next([30n]), chain.state)
  const after = await index.history(OWN, 100)
  assert.deepEqual([after?.movements.length, after?.balance], [1, chain.balance])
  await index.close()
})

test('whenever it is closed and opened, what it says adds up to the balance', async () => {
  const blocks = fc.array(
    fc.record({
      amounts: fc.array(fc.bigInt(1n, 100n), { maxLength: 3 }),
      reward: fc.bigInt(0n, 50n),
      isRestart: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(blocks, async (steps) => {
      await using folder = await temporaryFolder()
      const chain = new FakeChain()
      const bounds = { ...SMALL, keptMovements: 1_000 }
      let index = await openAt(folder.path, chain, bounds)
      const shown: FinalBlockEvent[] = []
      for (const { amounts, reward, isRestart } of steps) {
        const block = chain.next(amounts, reward)
        index.onFinal(block, chain.state)
        shown.push(block)
        if (!isRestart) continue
        await index.close()
        index = await openAt(folder.path, chain, bounds)
        // A start shows again what the saved state did not have.
        for (const one of shown.slice(-2)) index.onFinal(one, chain.state)
      }
      const history = await index.history(OWN, 1_000)
      await index.close()
      assert(history)
      const sum = history.movements.reduce((balance, { amount, fee }) => balance + amount - fee, history.from.balance)
      assert.deepEqual([history.from.balance, sum, history.balance], [FIRST, chain.balance, chain.balance])
    }),
    { numRuns: 15 },
  )
})

test('an index over which starts died is begun anew', async () => {
  await using folder = await temporaryFolder()
  const chain = new FakeChain()
  const index = await openAt(folder.path, chain)
  index.onFinal(chain.next([10n]), chain.state)
  await index.close()
  const open = join(folder.path, 'index', 'opening')
  await writeFile(open, '.')
  const kept = await openAt(folder.path, chain)
  assert.equal((await kept.history(OWN, 10))?.movements.length, 1)
  await kept.close()
  await writeFile(open, '..')
  await writeFile(join(folder.path, 'index', 'data.mdb'), Buffer.alloc(65_536, 0x5a))
  const anew = await openAt(folder.path, chain)
  assert.deepEqual((await anew.history(OWN, 10))?.movements, [])
  await anew.close()
})
