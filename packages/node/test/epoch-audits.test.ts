import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBase32, limits, MIB, NodeId, ShardId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import {
  auditSeedOf,
  drawParts,
  dutiesOf,
  LEASES_MODULE,
  leaseIdOf,
  moneyOperations,
  type PaidPart,
  paidPartsOf,
} from '@borgios/ledger'
import { encodeShardList, type ListedShard, type Operation, shardListHash, taggedHash } from '@borgios/protocol'
import type { AuditOutcome, AuditRunOptions } from '@borgios/store'
import { EpochAudits } from '../src/ledger/epoch-audits.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { keyOf, NETWORK, ScriptedChain, ScriptedLedger } from './scripted-ledger.ts'

const WALLET = keyOf('wallet')
const AUDITOR = keyOf('auditor').publicKey
const HOLDER = keyOf('holder')
const SMALL = 40

const labelOf = (at: number): Uint8Array => taggedHash('test-label', Uint8Array.of(at))
/** One large part, and as many bytes again in many small ones. */
const listOf = (at: number): readonly ListedShard[] => [
  { shard: taggedHash('test-shard', Uint8Array.of(at)), bytes: at === SMALL ? SMALL * 20 * MIB : 20 * MIB },
]

const LABELS: readonly number[] = Array.from({ length: SMALL + 1 }, (_, at) => at)

interface Asked {
  readonly shards: readonly ShardId[]
  readonly samples: number
}

interface Behaviour {
  /** Leaves that are shown, of so many; undefined: silence. */
  readonly shows: (asked: Asked) => number | undefined
  readonly lists?: boolean
}

/** A holder that one other node audits in the epoch that has just begun. */
class Audited {
  readonly chain: ScriptedChain
  readonly asked: Asked[] = []
  readonly audits: EpochAudits
  readonly time = new ManualTime()

  constructor({ shows, lists = true }: Behaviour) {
    const members = [
      { node: AUDITOR, operator: keyOf('auditors operator').publicKey, capacityBytes: 2 ** 40 },
      { node: HOLDER.publicKey, operator: HOLDER.publicKey, capacityBytes: 2 ** 40 },
    ]
    this.chain = new ScriptedChain(WALLET, members, 10n ** 12n, 60)
    const listed = new Map(LABELS.map((at) => [hex(leaseIdOf(WALLET.publicKey, labelOf(at))), listOf(at)]))
    this.audits = new EpochAudits({
      ledger: new ScriptedLedger(this.chain).asLedger(),
      lists: {
        fetch: async (_holder, lease) => {
          if (!lists) throw new Error('no list')
          return encodeShardList(listed.get(hex(lease)) ?? [])
        },
      },
      node: AUDITOR,
      timers: this.time,
      onOwed: () => undefined,
      logger: silentLogger,
    })
    this.audits.start({ run: (options = {}) => this.#run(options, shows) })
  }

  async #run(options: AuditRunOptions, shows: Behaviour['shows']): Promise<readonly AuditOutcome[]> {
    const { samples = 0 } = options
    const holder = NodeId.fromBytes(HOLDER.publicKey)
    const targets = (await this.audits.ports.targets?.of(holder, { epoch: 1, bytes: AUDITOR })) ?? []
    const asked = { shards: targets.map(({ shard }) => shard), samples }
    this.asked.push(asked)
    const passed = shows(asked)
    const facts = { epoch: 1, asked: samples, passed: passed ?? 0, failedShards: [], disputedShards: [], why: '' }
    return [{ holder, ...facts, silent: passed === undefined, answer: undefined }]
  }

  async send(from: typeof WALLET, operations: readonly Operation[]): Promise<void> {
    const ledger = new ScriptedLedger(this.chain).asLedger()
    const sender = new WalletSender({ ledger, signer: from, network: NETWORK, timers: new ManualTime() })
    const paid = sender.pay({ operations, what: 'a test' })
    await calm()
    this.chain.block()
    await paid
  }

  /** Leases for all parts, and the epoch's end. */
  async begin(): Promise<void> {
    const { open, accept } = moneyOperations.lease
    for (const at of LABELS) {
      const [{ bytes } = assert.fail()] = listOf(at)
      const entry = { holder: HOLDER.publicKey, bytes, shards: 1, list: shardListHash(listOf(at)) }
      const body = { label: labelOf(at), isReserved: false, data: 2, parity: 1, amount: 10n ** 9n, entries: [entry] }
      await this.send(WALLET, [{ module: LEASES_MODULE, kind: open.kind, body: open.encode(body) }])
    }
    const leases = LABELS.map((at) => leaseIdOf(WALLET.publicKey, labelOf(at)))
    const body = accept.encode({
      node: HOLDER.publicKey,
      leases: leases.sort((one, other) => Buffer.compare(one, other)),
    })
    await this.send(HOLDER, [{ module: LEASES_MODULE, kind: accept.kind, body }])
    while (this.chain.record.epoch < 1) this.chain.block()
    for (let turn = 0; turn < 60; turn += 1) {
      await calm()
      this.time.advance(1_000)
    }
  }

  /** What the draw says of each part. */
  drawn(): ReadonlyMap<PaidPart, number> {
    const { state, record } = this.chain
    const [{ samples } = assert.fail()] = dutiesOf(state, 1, AUDITOR)
    const seed = auditSeedOf(record.beacon, AUDITOR)
    return drawParts(seed, HOLDER.publicKey, paidPartsOf(state, HOLDER.publicKey), samples)
  }

  /** Leaves that the report says were shown. */
  reported(): number {
    const [operation] = this.audits.duty(this.chain.state)
    assert(operation)
    const { findings } = moneyOperations.report.decode(operation.body)
    return findings[0]?.passes ?? assert.fail('nothing is reported')
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

async function calm(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('each part is asked for the leaves that were drawn of it: a large one does not hide many small ones', async () => {
  const world = new Audited({ shows: ({ samples }) => samples })
  await world.begin()
  const drawn = [...world.drawn()].map(([{ list }, count]) => [hex(list), count])
  const asked = world.asked.map(({ shards, samples }) => {
    const bytes = shards.map((shard) => ({ shard: ShardId.toBytes(shard), bytes: sizeOf(shard) }))
    return [hex(shardListHash(bytes)), samples]
  })
  assert.deepEqual(asked, drawn)
  assert.equal(world.reported(), 34)
  // Half of all bytes are in small parts.
  const ofSmall = world.asked.filter(({ shards: [shard] }) => shard !== undefined && sizeOf(shard) === 20 * MIB)
  assert.ok(ofSmall.reduce((sum, { samples }) => sum + samples, 0) >= 8)
})

const sizeOf = (shard: ShardId): number =>
  ShardId.fromBytes(listOf(SMALL)[0]?.shard ?? AUDITOR) === shard ? SMALL * 20 * MIB : 20 * MIB

test('what small parts do not show is missing in the report', async () => {
  const world = new Audited({
    shows: ({ shards: [shard], samples }) => (shard && sizeOf(shard) > 20 * MIB ? samples : 0),
  })
  await world.begin()
  const ofLarge = [...world.drawn()].find(([{ bytes }]) => bytes > 20 * MIB)?.[1] ?? 0
  assert.equal(world.reported(), ofLarge)
  assert.ok(ofLarge < 30)
})

test('a node that is away is asked once more, each time for a few parts only, and shows nothing', async () => {
  for (const behaviour of [{ shows: () => undefined }, { shows: () => 0, lists: false }]) {
    const world = new Audited(behaviour)
    await world.begin()
    assert.ok(world.asked.length <= 6, encodeBase32(AUDITOR))
    assert.equal(world.reported(), 0)
  }
})

test('a report is given up after it was sent in vain, not after it was asked for', async () => {
  const { reportTries } = limits.node
  const world = new Audited({ shows: ({ samples }) => samples })
  await world.begin()
  const owed = () => world.audits.duty(world.chain.state)
  for (let time = 0; time < 3 * reportTries; time += 1) assert.equal(owed().length, 1)
  for (let time = 0; time < reportTries; time += 1) for (const { onSent } of owed()) onSent?.()
  assert.deepEqual(owed(), [])
})
