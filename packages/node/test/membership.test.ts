import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BorgError, type JsonValue, limits, NetworkId, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom } from '@borgios/core/adapters'
import { ManualTime } from '@borgios/core/testing'
import { accountIdOf, networkIdOf, signInvitation, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { committeeTable, type Member, type MemberState, memberTable, openMemoryState } from '@borgios/ledger'
import type { Role } from '@borgios/peertree'
import { MEMBER_APPLY, MEMBER_STANDING, type StandingReply } from '@borgios/protocol'
import { nodePaths } from '../src/config/data-folder.ts'
import { readLeaveNote } from '../src/config/left-file.ts'
import { checkApplication, signApplication } from '../src/ledger/application.ts'
import { LedgerRegister, type RegisterLedger } from '../src/ledger/member-register.ts'
import { LedgerMembership, sponsorsFor } from '../src/ledger/membership.ts'
import { temporaryFolder } from './node-fixture.ts'

const newSigner = () => sodiumEd25519.signerFromSeed(systemRandom.bytes(32))
const later = systemClock.nowMs() + 1_000_000

test('an application stands only as its node and its operator signed it', async () => {
  const [founder, people, node] = [newSigner(), newSigner(), newSigner()]
  const genesis = {
    version: 1 as const,
    name: 'x',
    random: 'a'.repeat(52),
    founders: [OperatorId.fromBytes(founder.publicKey)],
  }
  const network = networkIdOf(genesis)
  const operator = OperatorId.fromBytes(people.publicKey)
  const certificate = signNodeCertificate(people, { network, node: NodeId.fromBytes(node.publicKey), operator })
  const by = OperatorId.fromBytes(founder.publicKey)
  const invitation = signInvitation(founder, { network, operator, founder: by, notAfterMs: later })
  const terms = {
    ...{ certificate, invitation, sponsor: NodeId.fromBytes(founder.publicKey), wallet: accountIdOf(people.publicKey) },
    ...{ capacityBytes: 1, cores: 1, release: '1.0.0', untilEpoch: 3 },
  }
  const trust = { ed25519: sodiumEd25519, genesis, nowMs: later - 1 }
  const code = { code: 'NODE_APPLICATION_REFUSED' }
  checkApplication(trust, signApplication(terms, { node, operator: people }))
  assert.throws(
    () => checkApplication({ ...trust, nowMs: later + 1 }, signApplication(terms, { node, operator: people })),
    code,
  )
  assert.throws(() => checkApplication(trust, signApplication(terms, { node: people, operator: people })), code)
  assert.throws(() => checkApplication(trust, signApplication(terms, { node, operator: founder })), code)
  const forged = signInvitation(people, { network, operator, founder: by, notAfterMs: later })
  const uninvited = signApplication({ ...terms, invitation: forged }, { node, operator: people })
  assert.throws(() => checkApplication(trust, uninvited), code)
})

const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const [self, itsOperator] = [NodeId.fromBytes(keyOf(1)), OperatorId.fromBytes(keyOf(2))]
const another = NodeId.fromBytes(keyOf(60))

/** A ledger of which only the members count. */
function registerOf(time: ManualTime, of = self) {
  const state = openMemoryState([memberTable, committeeTable]).layer()
  const record = { height: 1, epoch: 4, timeMs: time.nowMs(), lastHeight: 9, baseFee: 1n, beacon: keyOf(0) }
  const ledger: RegisterLedger = { state, chain: { record } }
  const register = new LedgerRegister(of, time)
  const set = (standing: MemberState | undefined, decides = false, others = 3): void => {
    const money = { deposit: 0n, sponsored: 0, joinedEpoch: 0, freeEpoch: 0, sponsor: undefined, payer: keyOf(2) }
    const offer = { account: keyOf(2), capacityBytes: 0, cores: 0, release: '1' }
    const member: Member | undefined =
      standing === undefined ? undefined : { state: standing, operator: keyOf(2), ...money, ...offer }
    state.set(memberTable, keyOf(1), member)
    const deciding = [...(decides ? [1] : []), ...Array.from({ length: others }, (_, at) => 50 + at)]
    state.set(committeeTable, 4, { epoch: 4, validators: deciding.map((n) => ({ key: keyOf(n), weight: 1 })) })
    record.height += 1
  }
  set(undefined)
  return { ledger, register, set, record }
}

test('the register says who is a member, by the last final block', () => {
  const time = new ManualTime()
  const { ledger, register, set, record } = registerOf(time)
  assert.equal(register.standingOf(self, itsOperator), 'unknown')
  assert.ok(register.isBehind)
  register.attach(ledger)
  assert.ok(!register.isBehind)
  const standing = () => register.standingOf(self, itsOperator)
  assert.equal(standing(), 'unknown')
  for (const [state, decides, expected] of [
    ['active', false, 'member'],
    ['draining', false, 'member'],
    ['leaving', true, 'member'],
    ['leaving', false, 'barred'],
    ['slashed', true, 'barred'],
    [undefined, false, 'unknown'],
    // Kept for want of others, after its deposit went back.
    [undefined, true, 'member'],
  ] as const) {
    set(state, decides)
    assert.equal(standing(), expected, `${state} ${decides}`)
  }
  set('slashed', true, 2)
  assert.equal(standing(), 'member', 'three decide, and all are needed until the epoch ends')
  set('active')
  assert.equal(register.standingOf(self, OperatorId.fromBytes(keyOf(3))), 'barred', "another's certificate")
  record.timeMs = time.nowMs() - limits.node.registerBehindMs - 1
  assert.ok(register.isBehind)
  assert.equal(standing(), 'member', 'a ledger that stands still keeps its members')
})

test('others speak for a moment more to a node that leaves, so that it hears of it', () => {
  const time = new ManualTime()
  const { ledger, register, set } = registerOf(time, another)
  register.attach(ledger)
  const standing = () => register.standingOf(self, itsOperator)
  set('leaving')
  assert.equal(standing(), 'member')
  assert.equal(register.standingOf(self, OperatorId.fromBytes(keyOf(3))), 'barred', "another's certificate")
  time.advance(limits.node.farewellMs - 1)
  set('leaving')
  assert.equal(standing(), 'member')
  time.advance(1)
  assert.equal(standing(), 'barred', 'also where no block comes')
  set('slashed')
  assert.equal(standing(), 'barred')
})

test('a node asks as a guest, becomes a member when it is admitted, and a guest again when it is put out', async () => {
  const time = new ManualTime()
  const { ledger, register, set, record } = registerOf(time)
  register.attach(ledger)
  const roles: Role[] = []
  const asked: string[] = []
  let standing: StandingReply = { height: 1, epoch: 4, state: 'unknown', isMember: false, stalledWhy: '' }
  let answer = { outcome: 'refused', why: 'it is not up' }
  const [parent, sponsor] = [NodeId.fromBytes(keyOf(7)), NodeId.fromBytes(keyOf(8))]
  const network = {
    self,
    position: () => ({ state: 'attached' as const, root: undefined, parent, children: [], depth: 0, degree: 1 }),
    request: async (_: NodeId, method: string): Promise<JsonValue> => {
      asked.push(method)
      return method === MEMBER_STANDING ? { ...standing } : answer
    },
    enter: async (role: Role) => void roles.push(role),
    barredBy: undefined as NodeId | undefined,
  }
  const [node, operator] = [newSigner(), newSigner()]
  let awayWhy: string | undefined = 'it was away for too long'
  const trust = { whyAway: async () => awayWhy }
  const certificate = signNodeCertificate(operator, {
    network: NetworkId.fromBytes(keyOf(9)),
    node: self,
    operator: itsOperator,
  })
  const identity = { certificate, invitation: {}, genesis: { founders: [] }, node: self, operator: itsOperator }
  const membership = new LedgerMembership(
    { identity, config: { capacityBytes: 1 }, release: '1', clock: time, timers: time, logger: silentLogger } as never,
    {
      network,
      register,
      ledger: { ...ledger, trust },
      keys: { node, operator },
      wallet: keyOf(2),
      sponsors: [sponsor],
      leaveNote: { isThere: false },
    } as never,
  )
  assert.equal(membership.role, 'guest')
  membership.start()
  const polls = async (count = 1): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
      time.advance(limits.node.admissionPollMs)
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    }
  }
  await polls()
  assert.match(membership.view().why, /away for too long/)
  assert.ok(!asked.includes(MEMBER_APPLY), 'who cannot follow does not apply')
  awayWhy = undefined
  await polls()
  assert.match(membership.view().why, /nobody vouches for it: it is not up/)
  const before = asked.filter((method) => method === MEMBER_APPLY).length
  await polls(4)
  assert.equal(asked.filter((method) => method === MEMBER_APPLY).length, before, 'it does not pester')
  answer = { outcome: 'working', why: '' }
  await polls(limits.node.applicationRetryMs / limits.node.admissionPollMs)
  assert.match(membership.view().why, /vouches for it and pays its deposit/)
  standing = { ...standing, stalledWhy: 'two of three validators are down' }
  await polls()
  assert.match(membership.view().why, /stands still.*two of three/)
  standing = { ...standing, state: 'active', isMember: true, stalledWhy: '' }
  await polls()
  assert.deepEqual([roles, membership.role], [['member'], 'member'])
  assert.match(membership.view().why, /catches up/)
  set('active')
  await polls()
  assert.equal(membership.view().why, '')
  network.barredBy = NodeId.fromBytes(keyOf(50))
  await polls()
  assert.equal(membership.role, 'member', 'it follows the ledger and knows better')
  record.timeMs = time.nowMs() - limits.node.registerBehindMs - 1
  network.barredBy = another
  await polls()
  assert.equal(membership.role, 'member', 'no member says so')
  network.barredBy = NodeId.fromBytes(keyOf(50))
  await polls()
  assert.equal(membership.role, 'guest', 'put out while it was away')
  network.barredBy = undefined
  await polls()
  assert.equal(membership.role, 'member', 'another member knows it')
  roles.splice(1)
  record.timeMs = time.nowMs()
  await polls()
  set('slashed')
  standing = { ...standing, state: 'slashed', isMember: false }
  await polls()
  assert.deepEqual([roles, membership.role], [['member', 'guest'], 'guest'])
  await polls()
  assert.match(membership.view().why, /taken its deposit/)
  await membership.stop()
})

test('a node that its user had leave asks for nothing until its user starts it with an invitation again', async () => {
  await using folder = await temporaryFolder()
  const paths = nodePaths(folder.path)
  const time = new ManualTime()
  const { ledger, register, set } = registerOf(time)
  register.attach(ledger)
  set('active')
  const asked: string[] = []
  const network = {
    self,
    position: () => ({ parent: NodeId.fromBytes(keyOf(7)) }),
    request: async (_: NodeId, method: string): Promise<JsonValue> => {
      asked.push(method)
      const standing = { height: 1, epoch: 4, state: 'unknown', isMember: false, stalledWhy: '' }
      return method === MEMBER_STANDING ? standing : { outcome: 'refused', why: 'it is not up' }
    },
  }
  let pay = async (): Promise<void> => set('leaving')
  const open = async () => {
    const [node, operator] = [newSigner(), newSigner()]
    const terms = { network: NetworkId.fromBytes(keyOf(9)), node: self, operator: itsOperator }
    const certificate = signNodeCertificate(operator, terms)
    const identity = { certificate, invitation: {}, genesis: { founders: [] }, node: self, operator: itsOperator }
    return new LedgerMembership(
      {
        identity,
        config: { capacityBytes: 1 },
        release: '1',
        clock: time,
        timers: time,
        logger: silentLogger,
      } as never,
      {
        ...{ network, register, keys: { node, operator }, wallet: keyOf(2), sponsors: [NodeId.fromBytes(keyOf(8))] },
        ledger: { ...ledger, trust: { whyAway: async () => undefined } },
        operator: { pay: () => pay() },
        leaveNote: await readLeaveNote(paths),
      } as never,
    )
  }
  const isNoted = async (): Promise<boolean> => (await readLeaveNote(paths)).isThere
  const leave = async (): Promise<void> => {
    await (await open()).leave(new AbortController().signal).catch(() => undefined)
  }
  for (const [code, noted] of [
    ['NODE_FUNDS_SHORT', false],
    // It may yet take effect.
    ['NODE_PAYMENT_OPEN', true],
  ] as const) {
    const works = pay
    pay = () => Promise.reject(new BorgError('a fault of the test', { code, kind: 'unavailable' }))
    await leave()
    assert.equal(await isNoted(), noted, code)
    pay = works
  }
  await leave()
  assert.ok(await isNoted())

  // Its deposit is back, and its daemon was started again.
  set(undefined)
  const says = async (): Promise<string> => {
    const membership = await open()
    membership.start()
    for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    await membership.stop()
    return membership.view().why
  }
  assert.match(await says(), /it has left the ledger, as its user wanted/)
  assert.ok(!asked.includes(MEMBER_APPLY))
  await (await readLeaveNote(paths)).set(false)
  assert.match(await says(), /nobody vouches for it: it is not up/)
})

test('a node that is told it is a member doubts it when nothing bears it out for long, and not before', async () => {
  const time = new ManualTime()
  const { ledger, register, set } = registerOf(time)
  register.attach(ledger)
  let isSaidMember = true
  const network = {
    self,
    position: () => ({ parent: NodeId.fromBytes(keyOf(7)) }),
    request: async () => ({ height: 1, epoch: 4, state: 'unknown', isMember: isSaidMember, stalledWhy: '' }),
    enter: async () => undefined,
  }
  const membership = new LedgerMembership(
    {
      ...{ identity: { node: self, operator: itsOperator, genesis: { founders: [] } }, config: {}, release: '1' },
      ...{ clock: time, timers: time, logger: silentLogger },
    } as never,
    { network, register, ledger, leaveNote: { isThere: true } } as never,
  )
  membership.start()
  const poll = async (ms: number): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    time.advance(ms)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  await poll(limits.node.admissionPollMs)
  assert.equal(membership.role, 'member')
  isSaidMember = false
  await poll(limits.node.admissionDoubtMs - limits.node.admissionPollMs)
  assert.equal(membership.role, 'member')
  await poll(limits.node.admissionPollMs)
  assert.equal(membership.role, 'guest')
  assert.match(membership.view().why, /nothing bears it out/)
  isSaidMember = true
  await poll(limits.node.admissionPollMs)
  // Borne out in time, it stays what it is.
  set('active')
  await poll(limits.node.admissionPollMs)
  await poll(2 * limits.node.admissionDoubtMs)
  await poll(limits.node.admissionPollMs)
  assert.equal(membership.role, 'member')
  await membership.stop()
})

test('sponsors are asked in an order of the node', () => {
  const members = [3, 4, 5].map((n) => NodeId.fromBytes(keyOf(n)))
  assert.deepEqual(sponsorsFor(NodeId.fromBytes(keyOf(4)), members), [members[1], members[2], members[0]])
  assert.deepEqual(sponsorsFor(self, []), [])
})
