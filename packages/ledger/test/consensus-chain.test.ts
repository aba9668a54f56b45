import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import type { Candidate, FinalBlock } from '../src/consensus/candidate.ts'
import { ConsensusDesk, epochOptions, GENESIS, PEER, slotOnly, startedDesk, TIMING } from './support/consensus-desk.ts'

const bounds = limits.ledgerConsensus

/** Goes to slot 3, where the desk leads, on top of a notarised block in slot 0. */
function ledDesk(more: Partial<Candidate> = {}): { desk: ConsensusDesk; parent: Candidate } {
  const desk = startedDesk()
  const parent = desk.candidate(0, GENESIS, more)
  desk.hearCandidate(parent).hearCertificate('notar', parent).execute()
  desk.hearCertificate('skip', slotOnly(1)).hearCertificate('skip', slotOnly(2))
  return { desk, parent }
}

test('a leader builds on the newest notarised block, in its turn and once', () => {
  const { desk, parent } = ledDesk()
  const ref = { slot: 0, hash: parent.hash }
  assert.deepEqual(desk.take('propose'), [{ kind: 'propose', slot: 3, parent: ref, height: 2, isFiller: false }])
  desk.wait(100)
  assert.deepEqual(desk.take('propose'), [])
  const candidate = desk.candidate(3, parent)
  desk.take('send')
  desk.give({ kind: 'proposed', candidate })
  assert.deepEqual(
    desk.take('send').map(({ to, message }) => [to, message.kind]),
    [['all', 'candidate']],
  )
  assert.equal(desk.votes().at(-1), 'notar 3')
})

test('after an empty block a leader pauses, whatever seems to wait, also when that block is final', () => {
  for (const isFinal of [false, true]) {
    const { desk, parent } = ledDesk({ isEmpty: true })
    if (isFinal) desk.hearCertificate('final', parent)
    assert.deepEqual(desk.take('propose'), [])
    desk.wait(bounds.emptyPauseMs - 1)
    assert.deepEqual(desk.take('propose'), [])
    desk.wait(1)
    assert.equal(desk.take('propose').length, 1)
  }
})

test('a block that came too late for its slot is not said any more', () => {
  const { desk, parent } = ledDesk()
  desk.take('propose')
  desk.hearCertificate('skip', slotOnly(3)).take('send')
  desk.give({ kind: 'proposed', candidate: desk.candidate(3, parent) })
  assert.deepEqual(desk.take('send'), [])
})

test('a leader waits for the body and the execution of the parent', () => {
  const desk = startedDesk()
  const parent = desk.candidate(2, GENESIS)
  desk.hearCertificate('skip', slotOnly(0)).hearCertificate('skip', slotOnly(1)).hearCertificate('notar', parent)
  assert.deepEqual(desk.take('propose'), [])
  assert.deepEqual(
    desk.take('fetch').map(({ block }) => block),
    [{ slot: 2, hash: parent.hash }],
  )
  desk.hearCandidate(parent)
  assert.deepEqual(desk.take('propose'), [])
  desk.execute()
  assert.equal(desk.take('propose').length, 1)
})

test('after the last block of an epoch a leader offers fillers, though not at once', () => {
  const { desk } = ledDesk({ isLast: true })
  assert.deepEqual(desk.take('propose'), [])
  desk.wait(TIMING.settleMs)
  assert.deepEqual(
    desk.take('propose').map(({ isFiller, height }) => [isFiller, height]),
    [[true, 2]],
  )
})

test('a final certificate makes its block and all ancestors final, oldest first', () => {
  const desk = startedDesk()
  const blocks: Candidate[] = []
  for (let slot = 0; slot < 3; slot += 1) blocks.push(desk.candidate(slot, blocks.at(-1) ?? GENESIS))
  for (const block of blocks) desk.hearCandidate(block).hearCertificate('notar', block)
  desk.execute()
  const [, , newest] = blocks
  assert(newest !== undefined)
  assert.deepEqual(desk.take('commit'), [])
  desk.hearCertificate('final', newest)
  const certificate = desk.certificate('final', newest)
  assert.deepEqual(desk.take('commit'), [{ kind: 'commit', blocks, fillers: [], certificate }])
  assert.equal(desk.state.final.height, 3)
})

test('missing bodies are fetched back to the last final block, again and again', () => {
  const desk = startedDesk()
  const first = desk.candidate(0, GENESIS)
  const second = desk.candidate(1, first)
  desk.hearCertificate('final', second)
  assert.deepEqual(
    desk.take('fetch').map(({ block, attempt }) => [block.slot, attempt]),
    [[1, 0]],
  )
  desk.wait(bounds.fetchRetryMs)
  assert.deepEqual(
    desk.take('fetch').map(({ block, attempt }) => [block.slot, attempt]),
    [[1, 1]],
  )
  desk.hearCandidate(second)
  assert.deepEqual(
    desk.take('fetch').map(({ block }) => block.hash),
    [first.hash],
  )
  desk.hearCandidate(first).execute()
  assert.equal(desk.take('commit').length, 1)
})

test('the last block of an epoch may become final through a filler, which is not part of the chain', () => {
  const desk = startedDesk()
  const last = desk.candidate(0, GENESIS, { isLast: true })
  const filler = desk.candidate(1, last, { isFiller: true })
  for (const block of [last, filler]) desk.hearCandidate(block).hearCertificate('notar', block)
  desk.execute().votes()
  desk.hearCertificate('final', filler)
  const [commit] = desk.take('commit')
  assert.deepEqual([commit?.blocks, commit?.fillers], [[last], [filler]])
  desk.wait(60_000)
  assert.deepEqual(desk.votes(), [], 'nothing is voted on any more')
})

test('the next epoch begins with the committee that the shell names', () => {
  const desk = startedDesk()
  const last = desk.candidate(0, GENESIS, { isLast: true })
  desk.hearCandidate(last).hearCertificate('final', last).execute()
  desk.take('send')
  const final: FinalBlock = { slot: -1, hash: last.hash, height: 1 }
  desk.give({ kind: 'epochBegan', options: epochOptions(0, 1, 7), final, certificate: undefined })
  assert.equal(desk.state.options.committee.epoch, 1)
  assert.equal(desk.state.current, 0)
  const status = { epoch: 0, finalSlot: -1, currentSlot: 1 }
  desk.take('send')
  desk.receive({ kind: 'status', status })
  const told = desk
    .take('send')
    .map(({ message }) => (message.kind === 'certificate' ? message.certificate.epoch : message.kind))
  assert.deepEqual(told, [0, 'status'], 'who is still in the old epoch gets its end')
})

test('a final certificate far ahead is caught up to in bulk', () => {
  const desk = startedDesk()
  const far = { slot: 1_000, hash: new Uint8Array(32).fill(200) }
  desk.hearCertificate('final', far)
  const certificate = desk.certificate('final', far)
  assert.deepEqual(desk.take('catchUp'), [{ kind: 'catchUp', fromHeight: 1, certificate, peers: [] }])
  assert.deepEqual(desk.wait(bounds.catchUpRetryMs).take('catchUp').length, 1)
  desk.give({ kind: 'caughtUp', final: { ...far, height: 800 }, isLast: false, certificate })
  assert.deepEqual([desk.state.final.height, desk.state.current, desk.state.lag], [800, 1_001, undefined])
})

test('peers in a later epoch are believed after a while, and only to ask', () => {
  const desk = startedDesk()
  desk.give({ kind: 'peerAhead', from: PEER, epoch: 4 })
  assert.deepEqual(desk.take('catchUp'), [])
  desk.wait(bounds.lagGraceMs)
  assert.deepEqual(
    desk.take('catchUp').map(({ peers }) => peers),
    [[PEER]],
  )
  desk.wait(60_000)
  assert.deepEqual(desk.take('catchUp'), [], 'a claim counts once')
})

test('a node whose chain a quorum contradicts stops', () => {
  const desk = startedDesk()
  const [ours, theirs] = [desk.candidate(0, GENESIS), desk.candidate(0, GENESIS)]
  desk.hearCandidate(ours).hearCertificate('final', ours).execute()
  const next = desk.candidate(1, theirs)
  desk.hearCandidate(next).hearCertificate('final', next)
  assert.equal(desk.take('diverged').length, 1)
  desk.votes()
  assert.deepEqual(desk.wait(60_000).votes(), [])
  const broken = startedDesk()
  broken.hearCandidate(ours).hearCertificate('final', ours).execute(false)
  assert.equal(broken.take('diverged').length, 1)
})

test('a wake that came a little early is asked for again', () => {
  const desk = startedDesk()
  const [wake] = desk.take('wake').slice(-1)
  assert.equal(wake?.atMs, TIMING.standstillMs)
  desk.wait(TIMING.standstillMs - 1)
  assert.deepEqual(desk.take('wake'), [{ kind: 'wake', atMs: TIMING.standstillMs }])
})

test('the validator of a network of one decides alone', () => {
  const desk = new ConsensusDesk(epochOptions(0, 0, 1)).start()
  let parent: FinalBlock = GENESIS
  for (let slot = 0; slot < 5; slot += 1) {
    assert.deepEqual(
      desk.take('propose').map((effect) => effect.slot),
      [slot],
    )
    const candidate = desk.candidate(slot, parent)
    desk.give({ kind: 'proposed', candidate })
    for (let asked = desk.take('vote'); asked.length > 0; asked = desk.take('vote')) {
      for (const { subject } of asked)
        desk.give({ kind: 'voted', vote: { ...subject, voter: 0, signature: new Uint8Array(64) } })
    }
    assert.equal(desk.take('commit').length, 1)
    parent = candidate
  }
})
