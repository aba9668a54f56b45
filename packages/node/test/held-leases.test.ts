import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBorgError, limits, ShardId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { LEASES_MODULE, leaseIdOf, moneyOperations, type OwedOperation } from '@borgios/ledger'
import { compareBytes, encodeShardList, type ListedShard, shardListHash, taggedHash } from '@borgios/protocol'
import { HeldLeases } from '../src/ledger/held-leases.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { keyOf, NETWORK, ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

const UNIT = 1_000_000n
const NODE = keyOf('node').publicKey
const LABEL = taggedHash('test-label')
const SHARDS: readonly ListedShard[] = ['one', 'two', 'three']
  .map((name) => ({ shard: taggedHash('test-shard', new TextEncoder().encode(name)), bytes: 64_000 }))
  .sort((one, other) => compareBytes(one.shard, other.shard))
const BYTES = 3 * 64_000

interface Terms {
  readonly bytes: number
  readonly shards: number
  readonly list: readonly ListedShard[]
}

const HONEST: Terms = { bytes: BYTES, shards: 3, list: SHARDS }

/** What a node says to the list of a lease that its payer opened on such terms, and how many parts it then wants to accept. */
async function asked(
  terms: Terms,
  held: readonly ListedShard[] = SHARDS,
  then?: (duty: () => readonly OwedOperation[]) => void,
) {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-lists-'))
  const wallet = keyOf('wallet')
  const members = [{ node: NODE, operator: keyOf('operator').publicKey, capacityBytes: 2 ** 40 }]
  const chain = new ScriptedChain(wallet, members, UNIT)
  const ledger = new ScriptedLedger(chain)
  const sender = new WalletSender({
    ledger: ledger.asLedger(),
    signer: wallet,
    network: NETWORK,
    timers: new ManualTime(),
  })
  const { kind, encode } = moneyOperations.lease.open
  const { bytes, shards, list } = terms
  const entries = [{ holder: NODE, bytes, shards, list: shardListHash(list) }]
  const body = encode({ label: LABEL, isReserved: false, data: 2, parity: 1, amount: UNIT / 10n, entries })
  const paid = sender.pay({ operations: [{ module: LEASES_MODULE, kind, body }], what: 'a lease' })
  await new Promise((resolve) => setImmediate(resolve))
  chain.block()
  await paid
  const bytesOf = new Map(held.map((one) => [ShardId.fromBytes(one.shard), one.bytes]))
  const leases = new HeldLeases(folder, {
    ledger: ledger.asLedger(),
    network: { handleStream: () => undefined },
    node: NODE,
    store: { heldBytes: (shard) => bytesOf.get(shard) },
    onOwed: () => undefined,
    logger: silentLogger,
  })
  try {
    const lease = leaseIdOf(wallet.publicKey, LABEL)
    const outcome = await leases
      .keep(lease, encodeShardList(list))
      .catch((error: unknown) => (isBorgError(error) ? error.code : 'broken'))
    then?.(() => leases.duty(chain.state))
    return { outcome, owed: leases.duty(chain.state).length }
  } finally {
    await leases.close()
    await rm(folder, { recursive: true, force: true })
  }
}

test('a node accepts a part whose list says what its lease says, and that it holds', async () => {
  assert.deepEqual(await asked(HONEST), { outcome: 'kept', owed: 1 })
})

test('a part is given up after it was sent in vain, not after it was asked for', async () => {
  const { acceptTries } = limits.node
  const sendTimes = (times: number) => (duty: () => readonly OwedOperation[]) => {
    for (let time = 0; time < 10 * acceptTries; time += 1) assert.equal(duty().length, 1)
    for (let time = 0; time < times; time += 1) for (const { onSent } of duty()) onSent?.()
  }
  assert.deepEqual(await asked(HONEST, SHARDS, sendTimes(acceptTries - 1)), { outcome: 'kept', owed: 1 })
  assert.deepEqual(await asked(HONEST, SHARDS, sendTimes(acceptTries)), { outcome: 'kept', owed: 0 })
})

test('a lease for fewer bytes than its list names would cheat the node: it is not accepted', async () => {
  for (const bytes of [1, BYTES - 1, BYTES + 1]) {
    assert.deepEqual(await asked({ ...HONEST, bytes }), { outcome: 'NODE_BAD_REQUEST', owed: 0 })
  }
})

test('a lease for another number of shards would make the node fail every audit: it is not accepted', async () => {
  for (const shards of [1, 2, 4])
    assert.deepEqual(await asked({ ...HONEST, shards }), { outcome: 'NODE_BAD_REQUEST', owed: 0 })
})

test('a list with a shard twice, or in another order, is none', async () => {
  const [first, second, third] = SHARDS
  assert(first && second && third)
  for (const list of [
    [first, first, second],
    [second, first, third],
  ]) {
    assert.deepEqual(await asked({ ...HONEST, list }), { outcome: 'PROTOCOL_MALFORMED', owed: 0 })
  }
})

test('shards that the node lacks, or holds with another length, are not accepted', async () => {
  assert.deepEqual(await asked(HONEST, SHARDS.slice(1)), { outcome: 'lacking', owed: 0 })
  const longer = SHARDS.map((one, index) => (index === 2 ? { ...one, bytes: 64_064 } : one))
  assert.deepEqual(await asked({ ...HONEST, bytes: BYTES + 64, list: longer }), { outcome: 'lacking', owed: 0 })
})
