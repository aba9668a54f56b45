import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Certificate, Vote } from '@borgios/protocol'
import fc from 'fast-check'
import type { ConsensusRecord } from '../src/consensus/consensus-io.ts'
import { isConflict } from '../src/consensus/evidence.ts'
import { propertyRuns } from './full-slice.ts'
import { ConsensusDesk, epochOptions, GENESIS, LEADER_OF_3, slotOnly } from './support/consensus-desk.ts'

/** What may happen around a validator, in any order. */
const DEEDS = ['offer', 'offerOther', 'notar', 'notarOther', 'skip', 'wait', 'execute', 'propose'] as const
type Deed = readonly [(typeof DEEDS)[number], number]

const deeds = fc.array(fc.tuple(fc.constantFrom(...DEEDS), fc.nat({ max: 3 })), { maxLength: 40 })

/** A validator whose log is kept by the test. Blocks of a slot are the same in every life. */
class Life {
  readonly desk: ConsensusDesk
  readonly log: ConsensusRecord[]
  readonly said: Vote[] = []
  readonly offered: string[] = []

  constructor(log: ConsensusRecord[]) {
    this.log = log
    this.desk = new ConsensusDesk(epochOptions(LEADER_OF_3), { records: log }).start()
    this.#perform()
  }

  #block(slot: number, flavour: number) {
    return this.desk.candidate(slot, GENESIS, { hash: new Uint8Array(32).fill(1 + slot * 2 + flavour) })
  }

  do([deed, slot]: Deed): void {
    const { desk } = this
    if (deed === 'offer') desk.hearCandidate(this.#block(slot, 0))
    else if (deed === 'offerOther') desk.hearCandidate(this.#block(slot, 1))
    else if (deed === 'notar') desk.hearCertificate('notar', this.#block(slot, 0))
    else if (deed === 'notarOther') desk.hearCertificate('notar', this.#block(slot, 1))
    else if (deed === 'skip') desk.hearCertificate('skip', slotOnly(slot))
    else if (deed === 'wait') desk.wait(700)
    else if (deed === 'execute') desk.execute()
    else this.#propose()
    this.#perform()
  }

  #propose(): void {
    for (const { slot, parent, height } of this.desk.take('propose')) {
      const hash = new Uint8Array(32).fill(100 + this.log.length)
      const candidate = { ...this.#block(slot, 0), hash, parent, height }
      this.log.push({ kind: 'candidate', candidate })
      this.desk.give({ kind: 'proposed', candidate })
    }
  }

  /** The shell: all that is asked for becomes durable at once. */
  #perform(): void {
    for (const { record } of this.desk.take('persist')) this.log.push(record)
    for (const { message } of this.desk.take('send')) {
      if (message.kind === 'candidate') this.offered.push(`${message.candidate.slot} ${message.candidate.hash}`)
    }
    for (let asked = this.desk.take('vote'); asked.length > 0; asked = this.desk.take('vote')) {
      for (const { subject } of asked) {
        for (const { record } of this.desk.take('persist')) this.log.push(record)
        const vote = { ...subject, voter: LEADER_OF_3 ?? 0, signature: new Uint8Array(64) }
        this.log.push({ kind: 'vote', vote })
        this.said.push(vote)
        this.desk.give({ kind: 'voted', vote })
      }
    }
  }
}

test('from any torn log a validator goes on without contradicting what it said', () => {
  const property = fc.property(deeds, deeds, fc.nat({ max: 60 }), (before, after, torn) => {
    const first = new Life([])
    for (const deed of before) first.do(deed)
    const log = first.log.slice(0, torn)
    const durable = first.said.filter((vote) => log.some((record) => record.kind === 'vote' && record.vote === vote))
    const second = new Life([...log])
    for (const deed of after) second.do(deed)
    const votes = [...durable, ...second.said]
    for (const one of votes) {
      for (const other of votes) assert(one.slot !== other.slot || !isConflict(one, other), 'no two votes conflict')
    }
    const wasOffered = first.offered.filter(() => torn >= first.log.length)
    const slots = new Map<string, string>()
    for (const offer of [...wasOffered, ...second.offered]) {
      const [slot = '', hash = ''] = offer.split(' ')
      assert.equal(slots.get(slot) ?? hash, hash, 'one block is offered in a slot')
      slots.set(slot, hash)
    }
  })
  fc.assert(property, { numRuns: propertyRuns(300) })
})

test('what a log says of other epochs and of closed slots does nothing', () => {
  const options = epochOptions(LEADER_OF_3)
  const writer = new ConsensusDesk(options)
  const skip = (slot: number, epoch: number): ConsensusRecord => ({
    kind: 'vote',
    vote: { ...writer.vote(LEADER_OF_3 ?? 0, 'skip', slotOnly(slot)), epoch },
  })
  const final = { slot: 4, height: 3, hash: new Uint8Array(32).fill(1) }
  const desk = new ConsensusDesk(options, { final, records: [skip(4, 0), skip(5, 1), skip(6, 0)] })
  assert.deepEqual([...desk.state.slots.keys()], [6])
  assert.equal(desk.state.slots.get(6)?.own.skip, true)
  assert.equal(desk.state.current, 5)
})

test('an offer that was made is offered again to who asks, and no other', () => {
  const writer = new ConsensusDesk(epochOptions(LEADER_OF_3))
  const candidate = writer.candidate(3, GENESIS)
  const records: ConsensusRecord[] = [{ kind: 'candidate', candidate }]
  for (const slot of [0, 1, 2])
    records.push({ kind: 'certificate', certificate: writer.certificate('skip', slotOnly(slot)) })
  const desk = new ConsensusDesk(epochOptions(LEADER_OF_3), { records }).start()
  desk.execute()
  assert.deepEqual(desk.take('propose'), [])
  assert.deepEqual(desk.votes(), ['notar 3'])
  desk.take('send')
  desk.receive({ kind: 'status', status: { epoch: 0, finalSlot: -1, currentSlot: 3 } })
  assert(desk.take('send').some(({ message }) => message.kind === 'candidate' && message.candidate === candidate))
})

test('evidence that lies in the log is told once the validator runs', () => {
  const writer = new ConsensusDesk(epochOptions(LEADER_OF_3))
  const block = writer.candidate(0, GENESIS)
  const records: ConsensusRecord[] = [
    { kind: 'certificate', certificate: writer.certificate('skip', slotOnly(0)) },
    { kind: 'certificate', certificate: writer.certificate('final', block) },
  ]
  const desk = new ConsensusDesk(epochOptions(LEADER_OF_3), { records }).start()
  assert.equal(desk.take('evidence').length, 3)
})

test('who heard its own voice elsewhere is silent to the end of the epoch, also after a restart', () => {
  const twin = new ConsensusDesk(epochOptions(LEADER_OF_3)).start()
  twin.hearVote(LEADER_OF_3 ?? 0, 'skip', slotOnly(0))
  const records = twin.take('persist').map(({ record }) => record)
  for (const epoch of [0, 1]) {
    const desk = new ConsensusDesk(epochOptions(LEADER_OF_3, epoch), { records }).start()
    desk.hearCandidate(desk.candidate(0, GENESIS)).execute().wait(60_000)
    assert.equal(desk.votes().length > 0, epoch === 1)
  }
})

test('after a restart a validator still leads others out of the epoch before', () => {
  const earlier = new ConsensusDesk(epochOptions(LEADER_OF_3, 0))
  const certificate = earlier.certificate('final', { slot: 7, hash: new Uint8Array(32).fill(7) })
  const older = earlier.certificate('final', { slot: 5, hash: new Uint8Array(32).fill(5) })
  const final = { slot: -1, height: 9, hash: new Uint8Array(32).fill(7) }
  const logged = [certificate, older].map((each): ConsensusRecord => ({ kind: 'certificate', certificate: each }))
  for (const start of [{ certificate }, { records: logged }]) {
    const desk = new ConsensusDesk(epochOptions(LEADER_OF_3, 1), { final, ...start }).start()
    desk.take('send')
    desk.receive({ kind: 'status', status: { epoch: 0, finalSlot: 4, currentSlot: 6 } })
    const answers = desk.take('send').flatMap(({ message }) => (message.kind === 'certificate' ? [message] : []))
    assert.deepEqual(answers, [{ kind: 'certificate', certificate }])
  }
})

const SELF = LEADER_OF_3 ?? 0
const FINAL_AT_4 = { slot: 4, height: 3, hash: new Uint8Array(32).fill(1) }

/** A final certificate of epoch 0 with the share of the validator under test. */
function ownCertificate(): Certificate {
  const votes = [SELF, (SELF + 1) % 4, (SELF + 2) % 4]
    .sort((left, right) => left - right)
    .map((voter) => ({ voter, signature: new Uint8Array(64) }))
  return { kind: 'final', epoch: 0, slot: 4, block: FINAL_AT_4.hash, votes }
}

const hasFallenSilent = (desk: ConsensusDesk): boolean => {
  desk.hearCandidate(desk.candidate(5, FINAL_AT_4)).execute().wait(60_000)
  const told = desk.take('keyUsedElsewhere').length > 0
  assert.equal(
    desk.take('persist').some(({ record }) => record.kind === 'strangeVote'),
    told,
  )
  assert.equal(desk.votes().length === 0, told)
  return told
}

test('a log without the vote that its last final block was made with has lost its end: its validator is silent', () => {
  const certificate = ownCertificate()
  const vote = new ConsensusDesk(epochOptions(SELF)).vote(SELF, 'final', FINAL_AT_4)
  const start = (records: ConsensusRecord[], epoch = 0) =>
    new ConsensusDesk(epochOptions(SELF, epoch), { final: FINAL_AT_4, certificate, records }).start()
  assert.equal(hasFallenSilent(start([{ kind: 'vote', vote }])), false)
  assert.equal(hasFallenSilent(start([])), true)
  assert.equal(hasFallenSilent(start([{ kind: 'vote', vote: { ...vote, kind: 'notar' } }])), true)
  assert.equal(hasFallenSilent(start([{ kind: 'vote', vote: { ...vote, slot: 3 } }])), true)
  const others = { ...certificate, votes: certificate.votes.filter(({ voter }) => voter !== SELF) }
  assert.equal(
    hasFallenSilent(new ConsensusDesk(epochOptions(SELF), { final: FINAL_AT_4, certificate: others }).start()),
    false,
  )
})

test('blocks got in bulk that were made with a vote we know nothing of make us silent', () => {
  const event = { kind: 'caughtUp', final: FINAL_AT_4, isLast: false, certificate: ownCertificate() } as const
  const vote = new ConsensusDesk(epochOptions(SELF)).vote(SELF, 'final', FINAL_AT_4)
  const caughtUp = (records: ConsensusRecord[]) =>
    new ConsensusDesk(epochOptions(SELF), { records }).start().give(event)
  assert.equal(hasFallenSilent(caughtUp([{ kind: 'vote', vote }])), false)
  assert.equal(hasFallenSilent(caughtUp([])), true)
})

test('whose blocks were lost back to an earlier epoch is silent up to the end of the last one it spoke in', () => {
  const vote = { ...new ConsensusDesk(epochOptions(SELF)).vote(SELF, 'skip', slotOnly(0)), epoch: 2 }
  const desk = new ConsensusDesk(epochOptions(SELF), { records: [{ kind: 'vote', vote }] }).start()
  desk.wait(60_000)
  assert.deepEqual(desk.votes(), [], 'epoch 0')
  for (const epoch of [1, 2, 3]) {
    const final = { slot: -1, height: epoch, hash: new Uint8Array(32).fill(epoch) }
    desk.give({ kind: 'epochBegan', options: epochOptions(SELF, epoch), final, certificate: undefined })
    desk.wait(60_000)
    assert.equal(desk.votes().length > 0, epoch > 2, `epoch ${epoch}`)
  }
})
