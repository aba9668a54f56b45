import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { networkIdOf } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { statementKeys } from '../src/directory/statement-keys.ts'
import type { PeerTree } from '../src/peer-tree.ts'
import { type MemberRegister, RegisterAdmission, type Standing } from '../src/session/admission.ts'
import { attached, isWhole, membersUp, realNode, stopAll } from './network-support.ts'
import { certificateOf, genesis } from './session-support.ts'
import { code, signerOf, until } from './support.ts'

/** A register that a test writes in; all nodes of the test read the same. */
class TestRegister implements MemberRegister {
  readonly standings = new Map<NodeId, Standing>()
  isBehind = false

  standingOf(node: NodeId): Standing {
    return this.standings.get(node) ?? 'unknown'
  }
}

const idOf = (n: number): NodeId => NodeId.fromBytes(signerOf(n).publicKey)

test('a node is a guest until the register has it, then a member everywhere, and none once it is put out', async () => {
  const register = new TestRegister()
  for (const n of [2_100, 2_101]) register.standings.set(idOf(n), 'member')
  const root = realNode(2_100, [], { register })
  await root.start()
  const second = realNode(2_101, root.addresses(), { register })
  const newcomer = realNode(2_102, root.addresses(), { register })
  const nodes: PeerTree[] = [root, second, newcomer]
  try {
    await second.start()
    await newcomer.enter('guest')
    await newcomer.start()
    await until(() => attached(newcomer) && isWhole([root, second]), 'a guest beside two members')
    const parent = newcomer.position().parent ?? assert.fail('a guest hangs below a member')
    root.handle('test.ask', (_, { role }) => role, { openToGuests: true })
    second.handle('test.ask', (_, { role }) => role, { openToGuests: true })
    root.handle('test.members', () => 'secret')
    second.handle('test.members', () => 'secret')
    assert.equal(await newcomer.request(parent, 'test.ask', {}), 'guest')
    await assert.rejects(newcomer.request(parent, 'test.members', {}), code('PEERTREE_REFUSED'))
    assert.throws(() => newcomer.broadcast('test.news', {}), code('PEERTREE_REFUSED'))

    register.standings.set(newcomer.self, 'member')
    await newcomer.enter('member')
    await until(() => isWhole(nodes), 'three members')
    assert.equal(await newcomer.request(second.self, 'test.ask', {}), 'member')
    let heard = 0
    second.onBroadcast('test.news', () => {
      heard += 1
    })
    newcomer.broadcast('test.news', {})
    await until(() => heard === 1, 'its broadcast')

    register.standings.set(newcomer.self, 'barred')
    await until(() => [root, second].every((node) => !membersUp(node).includes(newcomer.self)), 'it is put out')
    assert.ok(!root.members().some(({ node }) => node === newcomer.self))
    await until(() => newcomer.position().state !== 'attached' || newcomer.position().parent === undefined, 'alone')
    assert.ok(isWhole([root, second]))
    await until(() => newcomer.barredBy !== undefined, 'it is told')
    assert.equal(root.barredBy, undefined)
    await newcomer.enter('guest')
    assert.equal(newcomer.barredBy, undefined)
    await until(() => newcomer.position().parent !== undefined, 'a guest again')
  } finally {
    await stopAll(nodes)
  }
})

test('who claims to be a member and does not stand in the register is refused, whatever invitation it brings', async () => {
  const register = new TestRegister()
  register.standings.set(idOf(2_110), 'member')
  const root = realNode(2_110, [], { register })
  await root.start()
  const impatient = realNode(2_111, root.addresses())
  try {
    await impatient.start()
    await until(() => attached(impatient), 'a tree of its own')
    assert.deepEqual(membersUp(root), [root.self])
    assert.deepEqual(root.position().children, [])
  } finally {
    await stopAll([root, impatient])
  }
})

const trust = { ed25519: sodiumEd25519, genesis, network: networkIdOf(genesis), clock: new ManualTime(), guests: true }
const claimsOf = (n: number, by = n) => ({
  node: idOf(n),
  network: trust.network,
  release: 'test',
  role: 'member' as const,
  certificate: certificateOf(by),
  invitation: undefined,
})

test('admission goes by the register; who is dialed may be newer than it, but not put out', () => {
  const register = new TestRegister()
  const admission = new RegisterAdmission(trust, register)
  const expectations = { member: ['member', true], unknown: ['barred', true], barred: ['barred', false] } as const
  for (const [standing, [verdict, isMember]] of Object.entries(expectations)) {
    register.standings.set(idOf(1), standing as Standing)
    assert.equal(admission.admit(claimsOf(1)), verdict, standing)
    assert.equal(admission.isMember(claimsOf(1)), isMember, standing)
  }
  register.standings.delete(idOf(1))
  register.isBehind = true
  assert.equal(admission.admit(claimsOf(1)), 'refused', 'it may have joined since')
  register.standings.set(idOf(1), 'member')
  assert.equal(admission.admit({ ...claimsOf(1), certificate: undefined }), 'refused')
  assert.equal(admission.admit(claimsOf(1, 2)), 'refused', "another node's certificate")
  assert.equal(admission.admit({ ...claimsOf(1), role: 'guest' }), 'guest')
})

test('a record counts by the register, and by its credentials only while the register may be old', () => {
  const register = new TestRegister()
  const keysOf = (n: number) =>
    statementKeys({
      ed25519: sodiumEd25519,
      signer: signerOf(n),
      genesis,
      certificate: certificateOf(n),
      invitation: undefined,
      register,
    })
  const record = keysOf(3).signRecord({
    place: 'x',
    release: '1',
    services: [],
    addresses: ['/ip4/1.2.3.4/tcp/1'],
    sequence: 1,
  })
  const isOut = (): boolean => keysOf(4).hasExpired(record, 0)
  assert.ok(isOut())
  register.isBehind = true
  assert.ok(!isOut())
  register.standings.set(idOf(3), 'barred')
  assert.ok(isOut())
  register.standings.set(idOf(3), 'member')
  register.isBehind = false
  assert.ok(!isOut())
  assert.ok(keysOf(4).verifyRecord(record, 0))
})
