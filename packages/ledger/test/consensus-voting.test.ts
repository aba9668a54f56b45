import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConsensusDesk,
  epochOptions,
  GENESIS,
  LEADER_OF_3,
  slotOnly,
  startedDesk,
  TIMING,
} from './support/consensus-desk.ts'

test('the first block of a leader is notarised once it is executed, a second one never', () => {
  const desk = startedDesk()
  const [first, second] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearCandidate(first)
  assert.deepEqual(desk.votes(), [], 'not before it is executed')
  desk.execute()
  const votes = desk.take('vote')
  assert.deepEqual(
    votes.map(({ subject }) => subject),
    [desk.subject('notar', first)],
  )
  desk.hearCandidate(second).hearCertificate('notar', second).execute()
  assert.deepEqual(desk.votes(), [])
})

test('the body is in the log before the vote for it', () => {
  const desk = startedDesk()
  const candidate = desk.candidate(0, GENESIS)
  desk.hearCandidate(candidate).execute()
  assert.deepEqual(
    desk.take('persist').map(({ record }) => record),
    [{ kind: 'candidate', candidate }],
  )
})

test('what does not execute is not notarised', () => {
  const desk = startedDesk()
  desk.hearCandidate(desk.candidate(0, GENESIS)).execute(false)
  assert.deepEqual(desk.votes(), [])
})

test('a block is notarised only if all slots since its parent were skipped', () => {
  const desk = startedDesk()
  desk.hearCandidate(desk.candidate(2, GENESIS)).hearCertificate('skip', slotOnly(1)).execute()
  assert.deepEqual(desk.votes(), [])
  desk.hearCertificate('skip', slotOnly(0)).execute()
  assert.deepEqual(desk.votes(), ['notar 2'])
})

test('a block is notarised only on a notarised parent', () => {
  const desk = startedDesk()
  const parent = desk.candidate(0, GENESIS)
  desk.hearCandidate(parent).execute().votes()
  desk.hearCandidate(desk.candidate(1, parent)).execute()
  assert.deepEqual(desk.votes(), [])
  desk.hearCertificate('notar', parent).execute()
  assert.deepEqual(desk.votes(), ['final 0', 'notar 1'])
})

test('heights count up by one, and fillers come after the last block of an epoch only', () => {
  for (const wrong of [{ height: 2 }, { height: 0 }, { isFiller: true }]) {
    const desk = startedDesk()
    desk.hearCandidate(desk.candidate(0, GENESIS, wrong)).execute()
    assert.deepEqual(desk.votes(), [])
  }
  const desk = startedDesk()
  const last = desk.candidate(0, GENESIS, { isLast: true })
  desk.hearCandidate(last).hearCertificate('notar', last).execute().votes()
  desk.hearCandidate(desk.candidate(1, last)).execute()
  assert.deepEqual(desk.votes(), [], 'no block follows the last one')
  const again = startedDesk()
  again.hearCandidate(last).hearCertificate('notar', last).execute().votes()
  again.hearCandidate(again.candidate(1, last, { isFiller: true })).execute()
  assert.deepEqual(again.votes(), ['notar 1'])
})

test('a slot is skipped when its time ran out, counted from when there is work', () => {
  const desk = new ConsensusDesk(epochOptions(LEADER_OF_3)).give({ kind: 'start' })
  desk.wait(TIMING.skipMs)
  desk.give({ kind: 'work', isWaiting: true }).wait(TIMING.skipMs - 1)
  assert.deepEqual(desk.votes(), [])
  desk.wait(1)
  assert.deepEqual(desk.votes(), ['skip 0'])
  desk.wait(TIMING.skipMs * 9)
  assert.deepEqual(desk.votes(), [], 'once')
})

test('without work a slot is skipped once the idle time is over too', () => {
  const desk = new ConsensusDesk(epochOptions(LEADER_OF_3)).give({ kind: 'start' })
  desk.wait(TIMING.idleMs + TIMING.skipMs - 1)
  assert.deepEqual(desk.votes(), [])
  assert.deepEqual(desk.wait(1).votes(), ['skip 0'])
})

test('after a skip vote a block may be notarised, but the voter never makes it final', () => {
  const desk = startedDesk()
  const candidate = desk.candidate(0, GENESIS)
  desk.wait(TIMING.skipMs).votes()
  desk.hearCandidate(candidate).hearCertificate('notar', candidate).execute()
  assert.deepEqual(desk.votes(), ['notar 0'])
})

test('after a final vote the slot is never skipped', () => {
  const desk = startedDesk()
  const candidate = desk.candidate(0, GENESIS)
  desk.hearCandidate(candidate).execute().hearCertificate('notar', candidate)
  assert.deepEqual(desk.votes(), ['notar 0', 'final 0'])
  desk.wait(60_000)
  assert.deepEqual(desk.votes(), ['skip 1'])
})

test('a block that a quorum notarised and we did not is not made final by us', () => {
  const desk = startedDesk()
  const [ours, theirs] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearCandidate(ours).execute().votes()
  desk.hearCertificate('notar', theirs)
  assert.deepEqual(desk.votes(), [])
})

test('nothing is voted on in slots up to the final one', () => {
  const desk = startedDesk()
  const [first, second] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearCandidate(first).hearCertificate('final', first).execute()
  assert.equal(desk.take('commit').length, 1)
  desk.votes()
  desk.hearCandidate(second).execute().hearCertificate('notar', second)
  assert.deepEqual(desk.votes(), [])
})

test('time-outs grow while nothing becomes final, up to a bound', () => {
  const desk = startedDesk()
  const waits: number[] = []
  for (let slot = 0; slot < 3; slot += 1) {
    const startMs = desk.nowMs
    while (desk.votes().length === 0) desk.wait(10)
    waits.push(desk.nowMs - startMs)
    desk.hearCertificate('skip', slotOnly(slot))
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000])
})

test('a leader whose last turn was skipped gets a quarter of its time', () => {
  const desk = startedDesk()
  for (let slot = 0; slot < 4; slot += 1) desk.hearCertificate('skip', slotOnly(slot))
  desk.votes()
  const startMs = desk.nowMs
  while (desk.votes().length === 0) desk.wait(10)
  assert.equal(desk.nowMs - startMs, (TIMING.skipMs * 2 ** 4) / 4)
})

test('who only follows, has not started or heard its own voice elsewhere does not vote', () => {
  const follower = new ConsensusDesk(epochOptions(undefined)).start()
  const quiet = new ConsensusDesk(epochOptions(LEADER_OF_3))
  for (const desk of [follower, quiet]) {
    desk.hearCandidate(desk.candidate(0, GENESIS)).execute().wait(60_000)
    assert.deepEqual(desk.votes(), [])
  }
  const twin = startedDesk()
  twin.hearVote(LEADER_OF_3 ?? 0, 'skip', slotOnly(0))
  assert.equal(twin.take('keyUsedElsewhere').length, 1)
  twin.hearCandidate(twin.candidate(0, GENESIS)).execute().wait(60_000)
  assert.deepEqual(twin.votes(), [])
})

test('a vote is said only once it is durable', () => {
  const desk = startedDesk()
  desk.hearCandidate(desk.candidate(0, GENESIS)).execute().take('send')
  const [asked] = desk.take('vote')
  assert(asked !== undefined)
  assert.deepEqual(desk.take('send'), [])
  const vote = { ...asked.subject, voter: LEADER_OF_3 ?? 0, signature: new Uint8Array(64) }
  desk.give({ kind: 'voted', vote })
  assert.deepEqual(
    desk.take('send').map(({ to, message }) => [to, message]),
    [['all', { kind: 'vote', vote }]],
  )
})
