import assert from 'node:assert/strict'
import { cp, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import type { StreamHandler } from '@borgios/peertree'
import {
  decodeBlock,
  decodeFinalityProof,
  encodeBlock,
  encodeFinalityProof,
  isChunkRequest,
  isStateRequest,
  LEDGER_BLOCKS_PROTOCOL,
  LEDGER_STATE_PROTOCOL,
  STATE_BUCKETS,
  type StateRequest,
} from '@borgios/protocol'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import type { Ledger } from '../src/service/ledger.ts'
import { BucketDisk } from '../src/state/bucket-disk.ts'
import { fullSlice } from './full-slice.ts'
import { keysOf, transferBy } from './support/ledger-cluster.ts'
import { LedgerFleet, nodeOf, until } from './support/ledger-fleet.ts'

const SMALL = { validators: 4, followers: 1, epochBlocks: 5 }
const NEW = 4
const VALIDATORS = [0, 1, 2, 3]
const TIMEOUT = { timeout: 120_000 }

/** Blocks become final until all validators have forgotten the first ones. */
const pruned = (fleet: LedgerFleet): Promise<void> =>
  until('pruned', () => VALIDATORS.every((index) => (fleet.ledger(index).keptFrom ?? 0) > 1))

const isThere = (newcomer: Ledger, fleet: LedgerFleet): boolean =>
  newcomer.status().height > 0 && newcomer.status().height >= fleet.ledger(0).status().height - 20

const balanceOf = (ledger: Ledger, name: string): bigint | undefined =>
  accountOf(ledger.state, keysOf(name).publicKey)?.balance

test(
  'a new node gets the state where nobody keeps the first blocks any more, and follows from there on',
  TIMEOUT,
  async () => {
    await using fleet = await LedgerFleet.open(SMALL)
    for (let nonce = 0; nonce < 3; nonce += 1) await fleet.ledger(0).submit(transferBy('alice', 'bob', nonce, 7n))
    await pruned(fleet)
    const newcomer = await fleet.start(NEW)
    await until('there', () => isThere(newcomer, fleet))
    assert((newcomer.keptFrom ?? 0) > 1, 'it has no first blocks')
    assert.equal(balanceOf(newcomer, 'bob'), 1_000_000_000_021n)
    assert.equal(newcomer.status().haltedWhy, undefined)
    const { epoch: came } = newcomer.status()
    await until('an epoch later', () => newcomer.status().epoch > came)
    const at = newcomer.status().height
    await fleet.stop(NEW)
    const storage = await fleet.openStorage(NEW)
    for (let epoch = 0; epoch <= came; epoch += 1) {
      assert(await storage.epochs.read(epoch), `it knows how epoch ${epoch} ended, for whoever comes after it`)
    }
    await storage.close()
    const again = await fleet.start(NEW)
    assert(again.status().height >= at)
    await until('going on', () => again.status().height > at + 5)
  },
)

test(
  'a validator that was away until the others had forgotten what it lacks is final again, and decides with them',
  TIMEOUT,
  async () => {
    await using fleet = await LedgerFleet.open(SMALL)
    await until('begun', () => fleet.ledger(3).status().height > 2)
    const id = await fleet.ledger(3).submit(transferBy('alice', 'bob', 0, 5n))
    await until('sent', () => balanceOf(fleet.ledger(0), 'bob') === 1_000_000_000_005n)
    await fleet.stop(3)
    const left = fleet.ledger(0).status().epoch
    await until(
      'away for long',
      () => (fleet.ledger(0).keptFrom ?? 0) > 20 && fleet.ledger(0).status().epoch > left + 3,
    )
    const back = await fleet.start(3)
    await until('back', () => isThere(back, fleet))
    assert(['final', 'decided'].includes(back.transactionState(id)?.kind ?? ''), 'what its user sent is decided')
    // Without it the others are three of four, and with one of them gone it is needed.
    await fleet.stop(2)
    const { height } = fleet.ledger(0).status()
    await until('final with it', () => fleet.ledger(0).status().height > height + 3)
    assert.equal(back.status().haltedWhy, undefined)
  },
)

type Change = (request: StateRequest, payloads: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** Gives a handler that passes everything on to an honest node, and what it sends through `change`. */
const lyingAs =
  (fleet: LedgerFleet, index: number, change: Change): StreamHandler =>
  async (stream) => {
    const request = (await stream.receive())?.header
    assert(isStateRequest(request))
    const { kind } = request
    const honest = await (fleet.peers[index] ?? assert.fail()).openStream(nodeOf(0), LEDGER_STATE_PROTOCOL)
    await honest.send({ header: request, payload: new Uint8Array() })
    async function* payloads(): AsyncIterable<Uint8Array> {
      for (;;) {
        if (kind === 'chunks') {
          const wish = await stream.receive()
          if (wish === undefined) return
          assert(isChunkRequest(wish.header))
          await honest.send(wish)
        }
        const message = await honest.receive()
        if (message === undefined) return
        yield message.payload
      }
    }
    try {
      for await (const payload of change(request, payloads())) await stream.send({ header: null, payload })
      await stream.end()
    } finally {
      honest.abort(new Error('done'))
    }
  }

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

const ofKind = (
  kind: StateRequest['kind'],
  change: (payload: Uint8Array, index: number) => Uint8Array | undefined,
): Change =>
  async function* (request, payloads) {
    let index = 0
    for await (const payload of payloads) {
      const changed = request.kind === kind ? change(payload, index) : payload
      index += 1
      if (changed === undefined) return
      yield changed
    }
  }

/** Each is false in another way; a node must not take anything of it, nor any harm. */
const LIES: Record<string, Change> = {
  'a poisoned chunk': ofKind('chunks', (payload) => flipped(payload, payload.length - 1)),
  'a chunk that ends early': ofKind('chunks', (payload) => payload.subarray(0, -1)),
  'a chunk larger than any may be': ofKind('chunks', (payload) =>
    Buffer.concat([payload, new Uint8Array(limits.ledgerState.maxChunkBytes)]),
  ),
  'no chunk at all': ofKind('chunks', () => undefined),
  'a state whose certificate is forged': ofKind('states', (payload, index) =>
    index % 2 === 0 ? flipped(payload, payload.length - 1) : payload,
  ),
  'another root than was signed': ofKind('states', (payload, index) => {
    if (index % 2 === 0) {
      const proof = decodeFinalityProof(payload)
      const headers = proof.headers.map((header) => ({ ...header, stateRoot: flipped(header.stateRoot, 0) }))
      return encodeFinalityProof({ ...proof, headers })
    }
    const block = decodeBlock(payload)
    return encodeBlock({ ...block, header: { ...block.header, stateRoot: flipped(block.header.stateRoot, 0) } })
  }),
  'a height far beyond': ofKind('states', (payload, index) => {
    if (index % 2 === 0) return payload
    const block = decodeBlock(payload)
    return encodeBlock({ ...block, header: { ...block.header, height: 2 ** 40, epoch: 2 ** 40 } })
  }),
  'a block without its leader’s signature': ofKind('states', (payload, index) =>
    index % 2 === 0 ? payload : encodeBlock({ ...decodeBlock(payload), signature: new Uint8Array(64) }),
  ),
  'the end of an epoch that nobody signed': ofKind('epochs', (payload) => flipped(payload, 40)),
  'a committee that was not named': ofKind('epochs', (payload) => flipped(payload, payload.length - 1)),
  'no epochs': ofKind('epochs', () => undefined),
  'the first epoch again and again': async function* (_request, payloads) {
    for await (const payload of payloads) for (;;) yield payload
  },
}

test('whatever the first that is asked makes up, a node comes to the right state by the others', {
  timeout: 300_000,
}, async (t) => {
  await using fleet = await LedgerFleet.open(SMALL)
  await pruned(fleet)
  // Two validators lie to whoever comes late; they still vote.
  const lies = Object.entries(LIES)
  let asked = 0
  for (const [name, lie] of fullSlice ? lies : lies.filter((_, index) => index % 3 === 0)) {
    await t.test(name, async () => {
      for (const index of [1, 2]) {
        const lying = lyingAs(fleet, index, lie)
        fleet.answer(index, LEDGER_STATE_PROTOCOL, (stream) => {
          asked += 1
          return lying(stream)
        })
        fleet.answer(index, LEDGER_BLOCKS_PROTOCOL, (stream) => stream.end())
      }
      const newcomer = await fleet.start(NEW)
      await until('there', () => isThere(newcomer, fleet))
      assert.equal(newcomer.status().haltedWhy, undefined)
      assert.equal(balanceOf(newcomer, 'alice'), balanceOf(fleet.ledger(0), 'alice'))
      await fleet.stop(NEW)
      await fleet.forget(NEW)
    })
  }
  assert(asked > 0, 'a liar was asked')
})

const HOUR_MS = 3_600_000

test(
  'who knows only a genesis that is too old believes nobody, and says what to do; with a checkpoint it comes there',
  TIMEOUT,
  async () => {
    const genesisMs = Date.now() - limits.ledgerSync.trustMs - HOUR_MS
    await using fleet = await LedgerFleet.open({ ...SMALL, genesisMs })
    await pruned(fleet)
    const stranger = await fleet.start(NEW)
    await until('away', () => stranger.status().awayWhy !== undefined)
    assert.match(stranger.status().awayWhy ?? '', /net export/)
    assert.equal(stranger.status().height, 0)
    await fleet.stop(NEW)

    const checkpoint = await fleet.ledger(1).checkpoint()
    assert(checkpoint)
    const believer = await fleet.start(NEW, { checkpoint })
    await until('there', () => isThere(believer, fleet))
    assert.equal(believer.status().awayWhy, undefined)
    assert.equal(balanceOf(believer, 'alice'), balanceOf(fleet.ledger(0), 'alice'))
    await fleet.stop(NEW)

    await fleet.forget(NEW)
    const [first] = checkpoint.committee.validators
    assert(first)
    const validators = checkpoint.committee.validators.map((each) => ({ ...each, weight: each === first ? 2 : 1 }))
    const misled = await fleet.start(NEW, {
      checkpoint: { ...checkpoint, committee: { ...checkpoint.committee, validators } },
    })
    const { height } = fleet.ledger(0).status()
    await until('further', () => fleet.ledger(0).status().height > height + 15)
    assert.equal(misled.status().height, 0, 'a checkpoint of another chain leads nowhere')
  },
)

type Step = 'none' | 'complete' | 'aside' | 'moved' | 'all'

test(
  'a crash at any point of an import leaves the old state or the new one, whatever rots meanwhile',
  TIMEOUT,
  async (t) => {
    await using fleet = await LedgerFleet.open(SMALL)
    const follower = await fleet.start(NEW)
    await until('following', () => follower.status().height > 3)
    await fleet.stop(NEW)
    const state = join(fleet.folderOf(NEW), 'state')
    const coming = `${state}.import`
    const early = join(fleet.folderOf(NEW), '..', 'early')
    await rename(fleet.folderOf(NEW), early)
    const old = follower.status().height
    await until('pruned', () => (fleet.ledger(0).keptFrom ?? 0) > old)
    await fleet.stop(0)
    const source = await fleet.openStorage(0)
    const { point, root } = source.state
    const snapshot = source.state.snapshot()
    const block = (await source.blocks.read(point.height)) ?? assert.fail()
    await source.close()

    /** Fetches so much, and takes it in up to a step of the installation. */
    async function crashAt(chunks: number, step: Step): Promise<void> {
      await fleet.forget(NEW)
      await cp(early, fleet.folderOf(NEW), { recursive: true })
      const storage = await fleet.openStorage(NEW)
      const arriving = await storage.receive({ point, root }, block)
      for (let taken = 0; taken < chunks; taken += 1) {
        const next = arriving.nextMissing(taken === 0 ? 40_000 : 0)
        if (next !== undefined) await arriving.add(snapshot.chunk(next))
      }
      if (step === 'none') return storage.close()
      const finish = await arriving.complete()
      if (step === 'all') await finish()
      await storage.close()
      if (step === 'aside' || step === 'moved') await rename(state, `${state}.before`)
      if (step === 'moved') await rename(coming, state)
    }

    const filled = Array.from({ length: STATE_BUCKETS }, (_, number) => number).find(
      (number) => snapshot.bucket(number).length > 0,
    )
    const [from, to] = [filled ?? assert.fail(), ((filled ?? 0) + 1) % STATE_BUCKETS]
    const recordOf = (name: string, bytes: Uint8Array) =>
      new BucketDisk(coming).write({ buckets: [], records: [[name, bytes]] })
    const rots: readonly (readonly [string, (() => Promise<void>) | undefined])[] = [
      ['nothing', undefined],
      ['a record', () => new BucketDisk(coming).write({ buckets: [[to, snapshot.bucket(from)]], records: [] })],
      ['what it says of itself', () => recordOf('point', new Uint8Array(7))],
      ['its block', () => recordOf('block', block.with(block.length - 1, (block.at(-1) ?? 0) ^ 1))],
      // Each of them died over it.
      ['what LMDB reads', () => writeFile(join(coming, 'reading'), '.'.repeat(limits.ledgerState.readDeaths))],
    ]
    for (const [chunks, step, isTaken] of [
      [0, 'none', false],
      [1, 'none', false],
      [20, 'complete', true],
      [20, 'aside', true],
      [20, 'moved', true],
      [20, 'all', true],
    ] as const) {
      for (const [what, rot] of rots) {
        if (rot !== undefined && (step === 'moved' || step === 'all')) continue
        await t.test(`${chunks} chunks, ${step}, ${what} rots`, async () => {
          await crashAt(chunks, step)
          await rot?.()
          for (let start = 0; start < 2; start += 1) {
            const ledger = await fleet.openLedger(NEW)
            assert.equal(ledger.status().height, isTaken && rot === undefined ? point.height : old)
            if (isTaken && rot === undefined) assert.deepEqual(ledger.chain.state.root, root)
            await ledger.stop()
          }
        })
      }
    }
    await t.test('and then it is fetched again', async () => {
      await crashAt(20, 'aside')
      await rots[1]?.[1]?.()
      const back = await fleet.start(NEW)
      await until('there', () => back.status().height > point.height)
      assert.equal(back.status().haltedWhy, undefined)
    })
  },
)
