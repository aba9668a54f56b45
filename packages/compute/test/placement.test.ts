import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type NodeId, OperatorId } from '@borgios/core'
import type { Member } from '@borgios/peertree'
import { testNodeId } from '@borgios/peertree/testing'
import type { ComputeOffer } from '@borgios/protocol'
import fc from 'fast-check'
import { chooseNode, findCandidates, type Probe } from '../src/requester/placement.ts'

const [SELF, ONE, TWO, THREE] = [testNodeId(0), testNodeId(1), testNodeId(2), testNodeId(3)]

const member = (node: NodeId, fields: Partial<Member> = {}): Member => ({
  node,
  operator: OperatorId.fromBytes(new Uint8Array(32)),
  place: '',
  release: '',
  services: ['store', 'compute'],
  addresses: [],
  state: 'up',
  sinceMs: 0,
  ...fields,
})
const offer = (running: number, queued = 0, slots = 2): ComputeOffer => ({ slots, running, queued, queueSlots: 4 })

describe('candidates', () => {
  it('are members that are up, offer compute, are others, and have not failed; the rest is explained', () => {
    const members = [member(SELF), member(ONE), member(TWO, { state: 'down' }), member(THREE, { services: ['store'] })]
    const { eligible, excluded } = findCandidates(members, SELF, undefined, new Map())
    assert.deepEqual(eligible, [ONE])
    assert.deepEqual(
      excluded.map(({ node, why }) => [node, why]),
      [
        [SELF, 'it is the node that asks, and jobs run on others'],
        [TWO, 'it is down'],
        [THREE, 'it does not offer compute'],
      ],
    )
  })

  it('are not picked again once they failed', () => {
    const { eligible, excluded } = findCandidates(
      [member(ONE), member(TWO)],
      SELF,
      undefined,
      new Map([[ONE, 'broke']]),
    )
    assert.deepEqual(eligible, [TWO])
    assert.deepEqual(excluded, [{ node: ONE, why: 'broke' }])
  })

  it('are only the wanted node when one is wanted', () => {
    assert.deepEqual(findCandidates([member(ONE), member(TWO)], SELF, TWO, new Map()), {
      eligible: [TWO],
      excluded: [],
    })
    const { excluded } = findCandidates([member(ONE)], SELF, TWO, new Map())
    assert.deepEqual(excluded, [{ node: TWO, why: 'it is not a known member' }])
  })
})

describe('choice of a node', () => {
  it('takes the least work for each slot', () => {
    const probes = [
      { node: ONE, offer: offer(1, 0, 1) },
      { node: TWO, offer: offer(3, 0, 8) },
      { node: THREE, offer: offer(1, 0, 2) },
    ]
    assert.equal(chooseNode(probes).chosen, TWO)
  })

  it('takes of equals the one named first', () => {
    const [first, second] = [
      { node: TWO, offer: offer(1) },
      { node: ONE, offer: offer(1) },
    ]
    assert.equal(chooseNode([first, second]).chosen, TWO)
    assert.equal(chooseNode([second, first]).chosen, ONE)
  })

  it('says which are full, which refuse and which did not answer', () => {
    const choice = chooseNode([
      { node: ONE, offer: offer(2, 4) },
      { node: TWO, offer: { ...offer(0), unavailableWhy: 'no bubblewrap' } },
      { node: THREE, failure: 'timeout' },
    ])
    assert.equal(choice.chosen, undefined)
    assert.equal(choice.anyBusy, true)
    assert.deepEqual(
      choice.excluded.map(({ why }) => why),
      ['it is full: 2 jobs run and 4 wait', 'no bubblewrap', 'timeout'],
    )
  })

  it('does not wait for nodes that will never run a job', () => {
    assert.equal(chooseNode([{ node: ONE, offer: offer(0, 0, 0) }]).anyBusy, false)
  })

  it('never takes one that is full or refuses, and always one that has room', () => {
    const anyOffer = fc.record({ slots: fc.nat(3), running: fc.nat(3), queued: fc.nat(3), queueSlots: fc.nat(3) })
    const anyProbe = (node: NodeId): fc.Arbitrary<Probe> =>
      fc.oneof(
        anyOffer.map((offered) => ({ node, offer: offered })),
        fc.constant({ node, failure: 'gone' }),
      )
    fc.assert(
      fc.property(fc.tuple(anyProbe(ONE), anyProbe(TWO), anyProbe(THREE)), (probes) => {
        const { chosen, excluded } = chooseNode(probes)
        const roomy = probes.filter(
          (probe) =>
            'offer' in probe &&
            probe.offer.slots > 0 &&
            (probe.offer.running < probe.offer.slots || probe.offer.queued < probe.offer.queueSlots),
        )
        assert.equal(excluded.length, probes.length - roomy.length)
        assert.equal(chosen !== undefined, roomy.length > 0)
        if (chosen !== undefined) assert.ok(roomy.some((probe) => probe.node === chosen))
      }),
    )
  })
})
