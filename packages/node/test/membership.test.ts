import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonValue, limits, NetworkId, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { ManualTime } from '@borgios/core/testing'
import { accountIdOf, networkIdOf, signInvitation, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import {
  accountOf,
  committeeTable,
  type Member,
  type MemberState,
  memberOf,
  memberTable,
  openMemoryState,
} from '@borgios/ledger'
import type { Role } from '@borgios/peertree'
import { type Application, MEMBER_APPLY, MEMBER_STANDING, type StandingReply } from '@borgios/protocol'
import { readInvited, rememberInvited } from '../src/config/invited.ts'
import { checkApplication, signApplication } from '../src/ledger/application.ts'
import { LedgerRegister, type RegisterLedger } from '../src/ledger/member-register.ts'
import { LedgerMembership, sponsorsFor } from '../src/ledger/membership.ts'
import { SponsorDesk } from '../src/ledger/sponsor-desk.ts'
import { WalletSender } from '../src/ledger/wallet-sender.ts'
import { temporaryFolder } from './node-fixture.ts'
import { openPaidNodes } from './paid-nodes.ts'

const newSigner = () => sodiumEd25519.signerFromSeed(systemRandom.bytes(32))
const later = systemClock.nowMs() + 1_000_000

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    assert(tries < 1_500, 'it never came to that')
    await systemTimers.sleep(20)
  }
}

test('a sponsor pays for whom its user invited, as often as it was invited, and for nobody else', {
  timeout: 90_000,
}, async () => {
  await using records = await temporaryFolder()
  await using world = await openPaidNodes({
    nodes: 3,
    values: { epochBlocks: 50 },
    balance: 350_000_000n,
  })
  const { ledger, context, sender } = world.node(0)
  const { identity } = context
  const network = ledger.chain.modules.network
  const operator = new WalletSender({ ledger, signer: world.operator(0), network, timers: systemTimers })
  const desk = new SponsorDesk(context, { ledger, wallet: sender, operator, records: records.path })
  const people = newSigner()
  const name = OperatorId.fromBytes(people.publicKey)
  const founder = OperatorId.fromBytes(world.founder.publicKey)
  const invitation = signInvitation(world.founder, {
    network: identity.network,
    operator: name,
    founder,
    notAfterMs: later,
  })
  const apply = (changes: Partial<Application> = {}, signed = true): Application => {
    const node = newSigner()
    const certificate = signNodeCertificate(people, {
      network: identity.network,
      node: NodeId.fromBytes(node.publicKey),
      operator: name,
    })
    const terms = {
      ...{ certificate, invitation, sponsor: identity.node, wallet: accountIdOf(newSigner().publicKey) },
      ...{ capacityBytes: 5, cores: 1, release: '0.1.0', untilEpoch: ledger.chain.record.epoch + 1 },
    }
    const application = signApplication(signed ? { ...terms, ...changes } : terms, { node, operator: people })
    return signed ? application : { ...application, ...changes }
  }
  const refusal = async (application: Application): Promise<string> => {
    const { outcome, why } = await desk.consider(application)
    assert.equal(outcome, 'refused', why)
    return why
  }
  const settled = async (application: Application) => {
    const first = await desk.consider(application)
    assert.deepEqual(first, { outcome: 'working', why: '' })
    let last = first
    const node = NodeId.toBytes(application.certificate.node)
    await until(async () => {
      if (memberOf(ledger.state, node) !== undefined) return true
      last = await desk.consider(application)
      return last.outcome === 'refused'
    })
    return { why: last.why, member: memberOf(ledger.state, node) }
  }

  assert.match(await refusal(apply()), /no valid record of having invited/)
  await rememberInvited(records.path, { version: 1, operator: name, nodes: 1, notAfterMs: 1 })
  assert.match(await refusal(apply()), /no valid record/, 'an invitation that has run out')
  await rememberInvited(records.path, { version: 1, operator: name, nodes: 1, notAfterMs: later })
  const elsewhere = world.node(1).context.identity.node
  assert.match(await refusal(apply({ sponsor: elsewhere })), /another sponsor/)
  const thief = accountIdOf(newSigner().publicKey)
  assert.match(
    await refusal(apply({ wallet: thief }, false)),
    /does not stand/,
    'a wallet that was exchanged on the way',
  )
  assert.match(await refusal(apply({ capacityBytes: 9 }, false)), /does not stand/)
  const otherSignature = apply().nodeSignature
  assert.match(await refusal(apply({ nodeSignature: otherSignature }, false)), /does not stand/)

  const good = apply()
  const { member } = await settled(good)
  assert.equal(member?.state, 'active')
  assert.deepEqual(member.sponsor, NodeId.toBytes(identity.node))
  assert.deepEqual(member.payer, world.operator(0).publicKey)
  assert.equal(accountOf(ledger.state, people.publicKey)?.balance, limits.node.welcomeAmount)
  assert.match(await refusal(apply()), /pays deposits for 1 of this operator's nodes, and has for 1/)

  await rememberInvited(records.path, { version: 1, operator: name, nodes: 9, notAfterMs: later })
  const second = await settled(apply())
  assert.equal(second.member?.state, 'active')
  assert.equal(accountOf(ledger.state, people.publicKey)?.balance, limits.node.welcomeAmount, 'welcome once')
  let last = await settled(apply())
  for (let round = 0; last.member !== undefined && round < 5; round += 1) last = await settled(apply())
  assert.match(last.why, /not enough money/)
  assert.equal((await readInvited(records.path, name))?.nodes, 9)
  operator.stop()
})

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

/** A ledger of which only the members count. */
function registerOf(time: ManualTime) {
  const state = openMemoryState([memberTable, committeeTable]).layer()
  const record = { height: 1, epoch: 4, timeMs: time.nowMs(), lastHeight: 9, baseFee: 1n, beacon: keyOf(0) }
  const ledger: RegisterLedger = { state, chain: { record } }
  const register = new LedgerRegister(time)
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

test('a node asks as a guest, becomes a member when it is admitted, and a guest again when it is put out', async () => {
  const time = new ManualTime()
  const { ledger, register, set } = registerOf(time)
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
  set('slashed')
  standing = { ...standing, state: 'slashed', isMember: false }
  await polls()
  assert.deepEqual([roles, membership.role], [['member', 'guest'], 'guest'])
  await polls()
  assert.match(membership.view().why, /taken its deposit/)
  await membership.stop()
})

test('sponsors are asked in an order of the node', () => {
  const members = [3, 4, 5].map((n) => NodeId.fromBytes(keyOf(n)))
  assert.deepEqual(sponsorsFor(NodeId.fromBytes(keyOf(4)), members), [members[1], members[2], members[0]])
  assert.deepEqual(sponsorsFor(self, []), [])
})
