import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BorgError, limits, NodeId, OperatorId } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { accountBytesOf, accountIdOf, signInvitation, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { accountOf, memberOf } from '@borgios/ledger'
import type { Application } from '@borgios/protocol'
import { readInvited, rememberInvited } from '../src/config/invited.ts'
import { signApplication } from '../src/ledger/application.ts'
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
  const again = apply()
  const second = await settled(again)
  assert.equal(second.member?.state, 'active')
  assert.equal(accountOf(ledger.state, people.publicKey)?.balance, limits.node.welcomeAmount, 'welcome once')
  assert.notEqual(accountOf(ledger.state, accountBytesOf(good.wallet)), undefined)
  assert.equal(accountOf(ledger.state, accountBytesOf(again.wallet)), undefined, 'with another wallet neither')
  let last = await settled(apply())
  for (let round = 0; last.member !== undefined && round < 5; round += 1) last = await settled(apply())
  assert.match(last.why, /not enough money/)
  assert.equal((await readInvited(records.path, name))?.nodes, 9)
  operator.stop()

  // A membership that comes to nothing: fees are spent once, whoever asks how often, with whichever node.
  let [tries, nowMs] = [0, 0]
  const pay = async (): Promise<void> => {
    tries += 1
    await systemTimers.sleep(50)
    throw new BorgError('the ledger refused it', { code: 'NODE_PAYMENT_REFUSED', kind: 'denied' })
  }
  const vain = { account: world.founder.publicKey, pay } as unknown as WalletSender
  const clock = { nowMs: () => context.clock.nowMs(), monotonicMs: () => nowMs }
  const refused = new SponsorDesk(
    { ...context, clock },
    { ledger, wallet: vain, operator: vain, records: records.path },
  )
  const hopeless = apply()
  const outcomes = await Promise.all([1, 2, 3].map(() => refused.consider(hopeless)))
  for (const { outcome } of outcomes) assert.equal(outcome, 'working')
  await until(async () => (await refused.consider(hopeless)).outcome === 'refused')
  for (const application of [hopeless, hopeless, apply()])
    assert.match((await refused.consider(application)).why, /the ledger refused it/)
  assert.equal(tries, 1)
  nowMs += limits.node.sponsorFailureMs
  assert.equal((await refused.consider(hopeless)).outcome, 'working')
  await until(() => tries === 2)
})
