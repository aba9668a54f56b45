import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@borgios/core/testing'
import { compareBytes } from '@borgios/protocol'
import fc from 'fast-check'
import { auditSeedOf, drawAuditors, drawParts } from '../src/modules/earning/audit-draw.ts'
import { carryTable } from '../src/modules/earning/carries.ts'
import { auditTable, emissionTable, payoutTable, strikeTable } from '../src/modules/earning/earning-records.ts'
import { accruedTo, carriedTo, dutiesOf, earningsOf, paidPartsOf } from '../src/modules/earning/earning-view.ts'
import { emissionOf, type Share } from '../src/modules/earning/emission.ts'
import { verdictOf } from '../src/modules/earning/verdict.ts'
import { holderTable, leaseIdOf } from '../src/modules/leases/lease-records.ts'
import { fullSlice } from './support/full-slice.ts'
import { DAY_MS, GIB, MoneyWorld, named, operations } from './support/money-world.ts'

const { lease: ops } = operations
const NODES = Array.from({ length: 6 }, (_, index) => `node ${index}`)
const PARAMETERS = { storagePrice: 1_000n, serviceBurnPpm: 100_000, subsidyPpm: 100_000, emissionShift: 4, auditors: 5 }

/** A lease of a GiB on each of six nodes, which all accepted a day before the end of the first epoch, which is over; nobody audited in it. */
function serving(parameters = {}, remaining = 10n ** 12n): MoneyWorld {
  const world = new MoneyWorld({
    parameters: { ...PARAMETERS, operatorCapPpm: 1_000_000, ...parameters },
    remaining,
  })
  world.fund('payer', 10n ** 9n)
  for (const node of NODES) world.join(node, `operator of ${node}`)
  openLease(world, 'file', NODES)
  world.jump(DAY_MS)
  world.endEpoch()
  return world
}

function openLease(world: MoneyWorld, label: string, nodes: readonly string[], bytes = GIB): void {
  const entries = nodes
    .map((node) => ({ holder: named(node), bytes, shards: 1, list: named(node) }))
    .sort((left, right) => compareBytes(left.holder, right.holder))
  const body = { label: named(label), isReserved: false, data: 3, parity: 2, amount: 1_000_000n, entries }
  world.must('payer', ops.open, body)
  const lease = leaseIdOf(named('payer'), named(label))
  for (const node of nodes) world.must(named(node), ops.accept, { node: named(node), leases: [lease] })
}

/** All auditors report; `passesOf` says what they find. */
function audit(world: MoneyWorld, passesOf: (node: Uint8Array, samples: number, auditor: string) => number): void {
  for (const auditor of NODES) world.report(auditor, (node, samples) => passesOf(node, samples, auditor))
}

const all = (_node: Uint8Array, samples: number): number => samples
const isNode = (node: Uint8Array, name: string): boolean => compareBytes(node, named(name)) === 0
const income = (world: MoneyWorld, node: string): bigint => world.balance(`operator of ${node}`)

test('bytes accepted after auditors were drawn are paid by the verdict of those who could see them', () => {
  const world = serving()
  openLease(world, 'late', ['node 0'])
  world.jump(DAY_MS)
  audit(world, all)
  world.endEpoch()
  // The day before the first audit: nothing yet for this one, in which nobody has seen the late bytes.
  assert.equal(income(world, 'node 0'), 1_000n)
  audit(world, (node, samples) => (isNode(node, 'node 0') ? 0 : samples))
  world.endEpoch()
  assert.equal(income(world, 'node 0'), 1_000n)
  assert.equal(income(world, 'node 1'), 2_000n)
  world.jump(DAY_MS)
  world.endEpoch()
  audit(world, all)
  world.endEpoch()
  assert.equal(income(world, 'node 0'), 3_000n)
})

test('who leaves is paid for its last epoch too, in which it can have accepted nothing', () => {
  const world = serving()
  world.setMember('node 0', { state: 'leaving', freeEpoch: 1 })
  world.jump(DAY_MS)
  audit(world, all)
  world.endEpoch()
  assert.equal(income(world, 'node 0'), 2_000n)
  assert.equal(income(world, 'node 1'), 1_000n)
})

test('what is worth less than a micro-unit in an epoch is carried over, to the last one', () => {
  const nodes = ['node 0', 'node 1', 'node 2']
  const world = new MoneyWorld({ parameters: { ...PARAMETERS, subsidyPpm: 0, passPpm: 500_000, auditSamples: 4 } })
  world.fund('payer', 10n ** 9n)
  for (const node of nodes) world.join(node, `operator of ${node}`)
  // A thousandth of a GiB: a micro-unit a day, of which each epoch is a seventh.
  const bytes = GIB / 1_024
  openLease(world, 'file', nodes, bytes)
  const epochs = 7 * 100
  const epochMs = Math.floor(DAY_MS / 7)
  const { burned } = world.supply
  for (let epoch = 0; epoch <= epochs; epoch += 1) {
    const [before, burnedBefore] = [income(world, 'node 0'), world.supply.burned]
    if (epoch < epochs) world.jump(epochMs)
    // The last node shows three leaves of four.
    for (const auditor of nodes) {
      world.report(auditor, (node, samples) => (isNode(node, 'node 2') ? samples - 1 : samples))
    }
    world.endEpoch()
    const { lines, total, payout } = earningsOf(world.state, epoch, named('node 0'))
    assert.equal(total, income(world, 'node 0') - before)
    assert.equal(
      lines.reduce((sum, { amount }) => sum + amount, 0n),
      total,
    )
    assert.ok(total <= 1n)
    if (epoch > 0) assert.equal(payout?.outcome, 'passed')
    assert.ok(world.supply.burned - burnedBefore <= 3n)
  }
  const ageMs = epochMs * epochs
  const worth = (BigInt(bytes) * 1_000n * BigInt(ageMs)) / (BigInt(GIB) * BigInt(DAY_MS))
  assert.equal(worth, 97n)
  // A tenth of it all, rounded up once.
  for (const node of ['node 0', 'node 1']) assert.equal(income(world, node), 97n - 10n)
  assert.equal(income(world, 'node 2'), 73n - 8n)
  assert.equal(world.supply.burned - burned, 10n + 10n + 8n)
  const { value, burnedAhead } = world.state.get(carryTable, named('node 0')) ?? {}
  assert.equal(value, (BigInt(bytes) * 1_000n * BigInt(ageMs)) % (BigInt(GIB) * BigInt(DAY_MS)))
  assert.equal(burnedAhead, 300_000n)
  assert.equal(carriedTo(world.state, named('node 0')), 656_248n)
  assert.equal(accruedTo(world.state, named('node 0')), 0n)
  world.checkLayouts()
  // It outlives the last lease, and is forgotten with the member.
  world.must('payer', ops.end, leaseIdOf(named('payer'), named('file')))
  for (let epoch = 0; epoch < 2; epoch += 1) {
    for (const auditor of nodes) world.report(auditor, all)
    world.endEpoch()
  }
  assert.equal([...world.state.list(holderTable)].length, 0)
  assert.equal(world.state.get(carryTable, named('node 0'))?.value, value)
  for (const node of nodes) world.setMember(node, { state: 'slashed' })
  world.endEpoch()
  assert.equal([...world.state.list(carryTable)].length, 0)
})

test('who passes is paid for its bytes and time, less the burned share, and is minted its part', () => {
  const world = serving()
  world.jump(DAY_MS)
  audit(world, all)
  world.endEpoch()
  for (const node of NODES) {
    // 1000 earned, 100 burned; as much may be minted.
    assert.equal(income(world, node), 1_000n)
    const { payout, lines, total } = earningsOf(world.state, 1, named(node))
    assert.equal(payout?.outcome, 'passed')
    assert.equal(total, 1_000n)
    assert.deepEqual(
      lines.map(({ kind, amount }) => [kind, amount]),
      [
        ['lease', 900n],
        ['emission', 100n],
      ],
    )
  }
  assert.equal(world.state.get(emissionTable, true), 10n ** 12n - 600n)
})

test('who shows less is paid less; the rest is the treasury’s', () => {
  const world = serving({ passPpm: 500_000, auditSamples: 10 })
  world.jump(DAY_MS)
  const { treasury } = world.supply
  audit(world, (node, samples) => (isNode(node, 'node 0') ? 7 : samples))
  world.endEpoch()
  assert.equal(income(world, 'node 0'), 700n - 70n + 70n)
  assert.equal(world.supply.treasury - treasury, 300n)
})

test('who fails earns nothing; who fails again and again loses its deposit and its parts', () => {
  const world = serving({ maxStrikes: 3 })
  for (const strikes of [1, 2, undefined]) {
    world.jump(DAY_MS)
    audit(world, (node, samples) => (isNode(node, 'node 0') ? 0 : samples))
    world.endEpoch()
    assert.equal(world.state.get(strikeTable, named('node 0')), strikes)
    assert.equal(income(world, 'node 0'), 0n)
  }
  assert.equal(world.member('node 0').state, 'slashed')
  assert.equal(world.member('node 0').deposit, 0n)
  world.block()
  assert.deepEqual(paidPartsOf(world.state, named('node 0')), [])
  world.endEpoch()
  assert.equal(world.state.get(holderTable, named('node 0')), undefined)
})

test('one good epoch wipes out the bad ones before it', () => {
  const world = serving({ maxStrikes: 2 })
  for (const passes of [0, 34, 0, 34, 0]) {
    world.jump(DAY_MS)
    audit(world, (node, samples) => (isNode(node, 'node 0') ? passes : samples))
    world.endEpoch()
  }
  assert.equal(world.member('node 0').state, 'active')
})

test('a member that leaves is audited for what it still has, and can lose its deposit', () => {
  const world = serving({ maxStrikes: 1 })
  world.setMember('node 0', { state: 'leaving', freeEpoch: 100 })
  world.jump(DAY_MS)
  audit(world, (node, samples) => (isNode(node, 'node 0') ? 0 : samples))
  world.endEpoch()
  assert.equal(world.member('node 0').state, 'slashed')
})

test('without the word of most auditors nothing is lost: it is paid with the next verdict', () => {
  const world = serving()
  world.jump(DAY_MS)
  for (const auditor of NODES.slice(0, 2)) world.report(auditor, all)
  world.endEpoch()
  for (const node of NODES) {
    const count = world.state.get(auditTable, named(node))?.reports.length
    assert.equal(count, 5)
    assert.equal(income(world, node), 0n)
  }
  world.jump(DAY_MS)
  audit(world, all)
  world.endEpoch()
  for (const node of NODES) assert.equal(income(world, node), 2_000n)
})

test('an auditor that says the opposite of most, or nothing, is minted nothing; what it serves is still paid', () => {
  for (const act of ['lie', 'silence']) {
    const world = serving()
    world.jump(DAY_MS)
    for (const auditor of NODES.slice(1)) world.report(auditor, all)
    if (act === 'lie') world.report('node 0', () => 0)
    world.endEpoch()
    assert.equal(income(world, 'node 0'), 900n, act)
    assert.ok(income(world, 'node 1') >= 1_000n, act)
  }
})

test('a report counts from the auditor that was drawn, once, in its epoch, within what was asked', () => {
  const world = serving({ auditors: 2 })
  const isDuty = (auditor: string, node: string): boolean =>
    dutiesOf(world.state, 1, named(auditor)).some((duty) => isNode(duty.node, node))
  const send = (auditor: string, node: string, passes: number, epoch = 1, sender = named(auditor)): string => {
    const findings = [{ node: named(node), passes }]
    return world.send(sender, operations.report, { auditor: named(auditor), epoch, answers: named('a'), findings })
  }
  const drawn = NODES.find((auditor) => isDuty(auditor, 'node 0')) ?? ''
  const other = NODES.find((auditor) => !isDuty(auditor, 'node 0') && auditor !== 'node 0') ?? ''
  assert.equal(send(other, 'node 0', 1), 'LEDGER_NOT_AUDITOR')
  assert.equal(send('node 0', 'node 0', 1), 'LEDGER_NOT_AUDITOR')
  assert.equal(send(drawn, 'node 0', 1, 0), 'LEDGER_WRONG_EPOCH')
  assert.equal(send(drawn, 'node 0', 1, 2), 'LEDGER_WRONG_EPOCH')
  assert.equal(send(drawn, 'node 0', 35), 'LEDGER_BAD_TERMS')
  assert.equal(send(drawn, 'node 0', 1, 1, named(other)), 'LEDGER_NOT_PARTY')
  assert.equal(send(drawn, 'node 0', 34, 1, named(`operator of ${drawn}`)), 'done')
  assert.equal(send(drawn, 'node 0', 0), 'LEDGER_SAID_BEFORE')
})

test('a node that is no member any more gets nothing, and its parts end', () => {
  const world = serving()
  world.setMember('node 0', { state: 'slashed' })
  const { treasury } = world.supply
  world.endEpoch()
  assert.equal(world.state.get(payoutTable, { epoch: 1, node: named('node 0') })?.outcome, 'gone')
  assert.equal(world.supply.treasury - treasury, 1_000n)
  world.block()
  assert.deepEqual(paidPartsOf(world.state, named('node 0')), [])
})

test('most of those drawn decide, and what all of the majority saw counts', () => {
  const passPpm = 900_000n
  const of = (...found: readonly (number | undefined)[]) =>
    verdictOf(
      found.map((passes, index) => ({ auditor: named(`${index}`), passes })),
      100,
      passPpm,
    )
  assert.deepEqual(of(100, 95, 90), { hasPassed: true, passes: 285, samples: 300 })
  assert.deepEqual(of(100, 100, 90, 90), { hasPassed: true, passes: 380, samples: 400 })
  // Slander by the minority costs the node nothing.
  assert.deepEqual(of(100, 98, 96, 0, 0), { hasPassed: true, passes: 294, samples: 300 })
  assert.deepEqual(of(89, 0, 100), { hasPassed: false, passes: 0, samples: 200 })
  assert.deepEqual(of(100, 100, undefined), { hasPassed: true, passes: 200, samples: 200 })
  assert.equal(of(100, undefined, undefined), undefined)
  assert.equal(of(100, 100, 0, 0), undefined)
  assert.equal(of(), undefined)
})

test('a leaf that one auditor of nine missed lowers the pay', () => {
  const told = Array.from({ length: 9 }, (_, index) => ({ auditor: named(`${index}`), passes: index === 0 ? 33 : 34 }))
  assert.deepEqual(verdictOf(told, 34, 950_000n), { hasPassed: true, passes: 305, samples: 306 })
})

test('what is minted is what is given, within both bounds, to nobody more than the share of its own earnings', () => {
  const weight = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
  const shares = fc.array(fc.tuple(fc.nat(5), weight), { maxLength: 12 })
  const ppm = fc.bigInt({ min: 0n, max: 1_000_000n })
  const remaining = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(shares, remaining, fc.nat(62), ppm, ppm, (list, left, shift, subsidyPpm, operatorCapPpm) => {
      const parts: readonly Share[] = list.map(([operator, one], index) => ({
        node: named(`${index}`),
        operator: named(`operator ${operator}`),
        weight: one,
      }))
      const total = parts.reduce((sum, { weight: one }) => sum + one, 0n)
      const { rewards, dust, minted } = emissionOf(parts, { remaining: left, shift, subsidyPpm, operatorCapPpm })
      assert.equal(
        rewards.reduce((sum, reward) => sum + reward, dust),
        minted,
      )
      assert.ok(minted <= left >> BigInt(shift))
      assert.ok(minted * 1_000_000n <= total * subsidyPpm)
      assert.ok(dust < BigInt(Math.max(1, parts.length)))
      const pot = [left >> BigInt(shift), (total * subsidyPpm) / 1_000_000n].reduce((low, one) =>
        one < low ? one : low,
      )
      const byOperator = new Map<number, bigint>()
      list.forEach(([operator, one], index) => {
        const reward = rewards[index] ?? 0n
        assert.ok(reward * 1_000_000n <= one * subsidyPpm)
        byOperator.set(operator, (byOperator.get(operator) ?? 0n) + reward)
      })
      for (const sum of byOperator.values()) assert.ok(sum * 1_000_000n <= pot * operatorCapPpm)
    }),
  )
})

test('auditors are of different operators, none of the node’s own, and every member is drawn sooner or later', () => {
  const members = Array.from({ length: 30 }, (_, index) => ({
    node: named(`m${index}`),
    operator: named(`operator ${index % 10}`),
  }))
  const audited = { node: named('m0'), operator: named('operator 0') }
  const seen = new Set<string>()
  for (let epoch = 0; epoch < 100; epoch += 1) {
    const drawn = drawAuditors(named(`beacon ${epoch}`), audited, members, 5)
    assert.equal(drawn.length, 5)
    const operators = drawn.map((node) => members.findIndex((member) => compareBytes(member.node, node) === 0) % 10)
    assert.equal(new Set(operators).size, 5)
    assert.ok(!operators.includes(0))
    for (const node of drawn) seen.add(Buffer.from(node).toString('hex'))
  }
  assert.equal(seen.size, 27)
  assert.equal(drawAuditors(named('beacon'), audited, members.slice(0, 1), 5).length, 0)
})

test('parts are drawn by their bytes, differently for each auditor', () => {
  const parts = [{ bytes: 1 }, { bytes: 10 ** 6 }, { bytes: 9 * 10 ** 6 }]
  const counts = (auditor: string) => {
    const drawn = drawParts(auditSeedOf(named('beacon'), named(auditor)), named('node'), parts, 1_000)
    return parts.map((part) => drawn.get(part) ?? 0)
  }
  const [none = -1, some = 0, most = 0] = counts('one')
  assert.equal(none + some + most, 1_000)
  assert.ok(none < 3 && some > 50 && some < 160)
  assert.notDeepEqual(counts('one'), counts('two'))
  assert.equal(drawParts(named('seed'), named('node'), [], 10).size, 0)
})

test('every epoch’s lines add up to what the account was credited, to the last micro-unit', () => {
  for (let seed = 1; seed <= (fullSlice ? 100 : 12); seed += 1) {
    const random = new SeededRandom(seed)
    const world = serving({ passPpm: 500_000 }, BigInt(random.below(2 ** 31)))
    for (let epoch = 1; epoch < 8; epoch += 1) {
      for (let step = 0; step < 6; step += 1) {
        const label = `file ${random.below(5)}`
        const lease = leaseIdOf(named('payer'), named(label))
        const node = NODES[random.below(NODES.length)] ?? ''
        const act = random.below(6)
        if (act === 0) world.send('payer', ops.end, lease)
        if (act === 1) world.setParameter('storagePrice', BigInt(500 + random.below(1_000)))
        if (act === 2) world.send('payer', ops.extend, { lease, amount: 30_000n })
        if (act === 3) world.send(named(node), ops.release, { node: named(node), leases: [lease] })
        if (act === 4) world.send('payer', ops.dismiss, { lease, nodes: [named(node)] })
        if (act === 5) tryLease(world, label, random)
        world.jump(1 + random.below(3_000_000))
      }
      // Some epochs end without a verdict, and are paid with the next.
      if (random.chance(0.8)) audit(world, (_node, samples) => samples - random.below(10))
      const before = NODES.map((node) => income(world, node))
      world.endEpoch()
      NODES.forEach((node, index) => {
        const { lines, total } = earningsOf(world.state, epoch, named(node))
        const credited = income(world, node) - (before[index] ?? 0n)
        assert.equal(total, credited, `seed ${seed}, epoch ${epoch}`)
        assert.equal(
          lines.reduce((sum, { amount }) => sum + amount, 0n),
          credited,
          `seed ${seed}, epoch ${epoch}`,
        )
        assert.ok(!lines.some(({ kind }) => kind === 'forgotten leases'), `seed ${seed}, epoch ${epoch}`)
      })
    }
    world.checkLayouts()
  }
})

function tryLease(world: MoneyWorld, label: string, random: SeededRandom): void {
  try {
    openLease(world, label, NODES.slice(random.below(5)), 1 + random.below(2 ** 31))
  } catch (error) {
    assert.match(String(error), /LEDGER_LEASE_EXISTS/)
  }
}
