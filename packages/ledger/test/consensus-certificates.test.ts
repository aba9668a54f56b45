import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { isWanted } from '../src/consensus/receiving.ts'
import { ConsensusDesk, epochOptions, GENESIS, PEER, slotOnly, startedDesk } from './support/consensus-desk.ts'

const bounds = limits.ledgerConsensus

/** A follower's desk: no votes of its own get in the way. */
const followerDesk = (validators = 4): ConsensusDesk =>
  new ConsensusDesk(epochOptions(undefined, 0, validators)).start()

test('votes of a quorum make a certificate, which is written down and passed on once', () => {
  const desk = followerDesk()
  for (const voter of [3, 0, 1]) desk.hearVote(voter, 'skip', slotOnly(0))
  const sent = desk.take('send').flatMap(({ message }) => (message.kind === 'certificate' ? [message.certificate] : []))
  assert.deepEqual(
    sent.map(({ slot, votes }) => [slot, votes.map(({ voter }) => voter)]),
    [[0, [0, 1, 3]]],
  )
  assert.equal(desk.take('persist').length, 1)
  desk.hearVote(2, 'skip', slotOnly(0)).hearCertificate('skip', slotOnly(0))
  assert.deepEqual(desk.take('send'), [])
  assert.equal(desk.state.current, 1)
})

test('a voter counts once, and votes for different blocks are not added up', () => {
  const desk = followerDesk()
  const [one, other] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  for (let times = 0; times < 5; times += 1) desk.hearVote(0, 'notar', one)
  desk.hearVote(1, 'notar', one).hearVote(2, 'notar', other).hearVote(3, 'skip', one).hearVote(0, 'notar', other)
  assert.equal(desk.state.slots.get(0)?.certificates.notar, undefined)
  desk.hearVote(3, 'notar', one)
  assert.notEqual(desk.state.slots.get(0)?.certificates.notar, undefined)
})

test('weight decides, not heads', () => {
  const options = epochOptions(undefined)
  const validators = options.committee.validators.map((one, index) => ({ ...one, weight: index === 0 ? 7 : 1 }))
  const desk = new ConsensusDesk({ ...options, committee: { epoch: 0, validators } }).start()
  for (const voter of [1, 2, 3]) desk.hearVote(voter, 'skip', slotOnly(0))
  assert.equal(desk.state.current, 0)
  desk.hearVote(0, 'skip', slotOnly(0))
  assert.equal(desk.state.current, 1)
})

test('two votes that no honest validator casts both are evidence, once for each offender', () => {
  const cases = [
    { first: 'notar', second: 'notar', guilty: true },
    { first: 'final', second: 'final', guilty: true },
    { first: 'final', second: 'skip', guilty: true },
    { first: 'skip', second: 'final', guilty: true },
    { first: 'notar', second: 'skip', guilty: false },
    { first: 'skip', second: 'notar', guilty: false },
  ] as const
  for (const { first, second, guilty } of cases) {
    const desk = followerDesk()
    const [one, other] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
    desk.hearVote(1, first, one).hearVote(1, second, other).hearVote(1, second, slotOnly(9))
    const found = desk.take('evidence').map(({ evidence }) => evidence)
    const expected = {
      kind: 'votes',
      offender: 1,
      first: desk.vote(1, first, one),
      second: desk.vote(1, second, other),
    }
    assert.deepEqual(found, guilty ? [expected] : [], `${first} and ${second}`)
  }
})

test('a vote in a certificate counts as evidence too', () => {
  const desk = followerDesk()
  const [one, other] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearVote(0, 'notar', other).hearCertificate('notar', one)
  assert.deepEqual(
    desk.take('evidence').map(({ evidence }) => evidence.offender),
    [0],
  )
})

test('two blocks by one leader in a slot are evidence', () => {
  const desk = followerDesk()
  const [first, second] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearCandidate(first).hearCandidate(second)
  assert.deepEqual(
    desk.take('evidence').map(({ evidence }) => evidence),
    [{ kind: 'candidates', offender: first.leader, first, second }],
  )
})

test('conflicts in slots that were final lately are still noticed', () => {
  const desk = followerDesk()
  const [one, other] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearCandidate(one).hearVote(2, 'notar', one).hearCertificate('final', one).execute()
  desk.hearVote(2, 'notar', other)
  assert.equal(desk.take('evidence').length, 1)
})

test('what is of another epoch, far ahead, closed, known or by nobody is not wanted', () => {
  const desk = followerDesk()
  const block = desk.candidate(0, GENESIS)
  const vote = (more: object) => ({ kind: 'vote', vote: { ...desk.vote(0, 'skip', slotOnly(3)), ...more } }) as const
  assert(isWanted(desk.state, vote({})))
  assert(!isWanted(desk.state, vote({ epoch: 1 })))
  assert(!isWanted(desk.state, vote({ voter: 4 })))
  assert(!isWanted(desk.state, vote({ slot: bounds.slotsAhead + 1 })))
  assert(isWanted(desk.state, vote({ slot: bounds.slotsAhead })))
  desk.hearVote(0, 'skip', slotOnly(3))
  assert(!isWanted(desk.state, vote({})))
  const far = { kind: 'certificate', certificate: desk.certificate('skip', slotOnly(bounds.slotsAhead + 1)) } as const
  assert(!isWanted(desk.state, far))
  assert(isWanted(desk.state, { kind: 'certificate', certificate: { ...far.certificate, kind: 'final' } }))
  assert(!isWanted(desk.state, { kind: 'candidate', candidate: { ...block, leader: (block.leader + 1) % 4 } }))
  assert(!isWanted(desk.state, { kind: 'candidate', candidate: desk.candidate(bounds.candidatesAhead + 1, GENESIS) }))
})

test('a liar cannot make a node keep more than a window of slots', () => {
  const desk = followerDesk()
  for (let slot = 0; slot < 5_000; slot += 1) {
    desk.hearVote(1, 'notar', desk.candidate(slot, GENESIS))
    desk.hearCandidate(desk.candidate(slot, GENESIS))
    desk.give({ kind: 'peerAhead', from: PEER, epoch: slot })
  }
  assert.equal(desk.state.slots.size, bounds.slotsAhead + 1)
  const bodies = [...desk.state.slots.values()].reduce((sum, { blocks }) => sum + blocks.size, 0)
  assert.equal(bodies, bounds.candidatesAhead + 1)
})

test('who says where it stands is told what it lacks, but not too often', () => {
  const desk = startedDesk()
  const block = desk.candidate(0, GENESIS)
  desk.hearCandidate(block).hearCertificate('final', block).execute().hearCertificate('skip', slotOnly(1))
  desk.take('send')
  const status = { kind: 'status', status: { epoch: 0, finalSlot: -1, currentSlot: 0 } } as const
  desk.receive(status)
  const told = desk
    .take('send')
    .map(({ to, message }) => [to, message.kind === 'certificate' && message.certificate.kind])
  assert.deepEqual(told, [
    [PEER, 'final'],
    [PEER, 'skip'],
  ])
  desk.receive(status)
  assert.deepEqual(desk.take('send'), [])
})

test('without progress a node says where it stands', () => {
  const desk = startedDesk()
  desk.take('send')
  desk.wait(599)
  assert.deepEqual(desk.take('send'), [])
  desk.wait(1)
  const status = { epoch: 0, finalSlot: -1, currentSlot: 0 }
  assert.deepEqual(
    desk.take('send').map(({ message }) => message),
    [{ kind: 'status', status }],
  )
})

test('a status of any numbers costs no more than the slots that are kept', () => {
  const desk = startedDesk()
  const most = Number.MAX_SAFE_INTEGER
  for (const [finalSlot, currentSlot] of [
    [-1, most],
    [most, 0],
    [most, most],
    [0, most - 1],
  ] as const) {
    desk.wait(bounds.answerPauseMs)
    desk.take('send')
    desk.receive({ kind: 'status', status: { epoch: 0, finalSlot, currentSlot } })
    assert(desk.take('send').length <= 4 * bounds.answeredSlots)
  }
})
