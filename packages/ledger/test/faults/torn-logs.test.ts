import assert from 'node:assert/strict'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBorgError, NodeId, silentLogger } from '@borgios/core'
import { systemRandom } from '@borgios/core/adapters'
import { SeededRandom } from '@borgios/core/testing'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { Vote } from '@borgios/protocol'
import { hashKey } from '../../src/consensus/candidate.ts'
import type { ConsensusState } from '../../src/consensus/consensus-state.ts'
import { defaultTiming } from '../../src/consensus/epoch-options.ts'
import { recover } from '../../src/consensus/recover.ts'
import { rulesAt } from '../../src/engine/epoch-rules.ts'
import { openDiskStorage, recordsOf } from '../../src/service/disk-storage.ts'
import { replay } from '../../src/sync/replay.ts'
import { fullSlice } from '../full-slice.ts'
import { chainOn, genesisOf, keysOf, NETWORK, registryOf } from '../support/ledger-cluster.ts'
import { readSaid } from './said.ts'
import { Validators } from './validators.ts'

const VALIDATORS = 4
const SENDERS = Array.from({ length: VALIDATORS }, (_, index) => `sender ${index}`)
const TURNS = 24

/** What a validator knows after a start with this folder. Throws what the start is refused with. */
async function startedWith(folder: string): Promise<ConsensusState> {
  const registry = registryOf()
  const genesis = genesisOf({ nodes: VALIDATORS, accounts: SENDERS })
  const modules = { registry, random: systemRandom, logger: silentLogger }
  const storage = await openDiskStorage({ folder, networkId: NETWORK, genesis }, modules)
  try {
    const chain = chainOn(storage.state, registry)
    const rulesOf = () => rulesAt(chain, NETWORK, sodiumEd25519)
    const { final, certificate } = await replay(chain, storage.blocks, rulesOf)
    const rules = rulesOf()
    const self = rules.validators.indexOf(NodeId.fromBytes(keysOf('node 0').publicKey))
    const { beacon } = chain.record
    const options = { committee: rules.committee, beacon, self, timing: defaultTiming }
    return recover(options, final, certificate, recordsOf(storage.logged, rules))
  } finally {
    await storage.close()
  }
}

/** Whether a validator could still contradict a vote that it said in an earlier life. */
function mayContradict(state: ConsensusState, vote: Vote): boolean {
  if (state.isMuted || vote.epoch !== state.options.committee.epoch || vote.slot <= state.final.slot) return false
  const own = state.slots.get(vote.slot)?.own
  return vote.kind === 'skip' ? own?.skip !== true : own?.[vote.kind] !== hashKey(vote.block)
}

test('a validator whose files were cut or rotted remembers all it said, is silent, or says what is wrong', {
  timeout: 480_000,
  skip: fullSlice ? false : 'runs in the full slice',
}, async (t) => {
  const seed = Math.floor(Math.random() * 1e6)
  t.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  await using validators = await Validators.open({ count: VALIDATORS })
  await validators.untilAllReach(10)
  // What it wrote last it has not said.
  await validators.untilDeadAt(0, 'journal: before a sync', 5)
  const sound = validators.folderOf(0)
  const copy = join(validators.folder, 'copy')
  const whole = await startedWith(await copied(sound, copy))
  const { votes } = readSaid([`${sound}.said`], whole.options.self ?? -1)
  assert(votes.length > 0)
  const journal = await readFile(join(sound, 'journal', '0000000001.log'))
  /** Length of the journal before its last write, which begins with a mark of so many bytes. */
  const markAt = journal.lastIndexOf(Buffer.from([9, 0, 0, 0]))

  const outcomes = { refused: 0, silent: 0, went: 0 }
  async function check(file: string, bytes: Uint8Array, where: string): Promise<void> {
    await writeFile(join(await copied(sound, copy), file), bytes)
    try {
      const state = await startedWith(copy)
      for (const vote of votes)
        assert(!mayContradict(state, vote), `${vote.kind} ${vote.slot} after ${where}, seed ${seed}`)
      if (state.isMuted) outcomes.silent += 1
      else outcomes.went += 1
    } catch (error) {
      if (!isBorgError(error)) throw error
      assert.match(error.code, /^LEDGER_(JOURNAL_CORRUPT|ARCHIVE_SHORT)$/, where)
      assert.match(error.message, /look at the disk|remove the folders/)
      outcomes.refused += 1
    }
  }

  await t.test('the last write of the journal, cut anywhere', async () => {
    const [first, step] = [markAt, Math.ceil((journal.length - markAt) / TURNS)]
    for (let at = first; at < journal.length; at += step) {
      await check('journal/0000000001.log', journal.subarray(0, at), `a cut of the journal at ${at}`)
    }
    assert.equal(outcomes.refused, 0)
    assert(outcomes.went > 0)
  })

  for (const name of ['journal', 'blocks']) {
    const file = `${name}/0000000001.log`
    const bytes = await readFile(join(sound, file))
    await t.test(`a byte of the ${name} rotted`, async () => {
      const before = outcomes.refused
      for (let turn = 0; turn < TURNS; turn += 1) {
        const at = random.below(bytes.length)
        const rotten = Buffer.from(bytes)
        rotten[at] = (rotten[at] ?? 0) ^ (1 + random.below(255))
        await check(file, rotten, `a rotten byte of the ${name} at ${at}`)
      }
      assert(outcomes.refused > before, 'it is noticed')
    })
  }

  await t.test('all of the journal gone', async () => {
    await rm(join(await copied(sound, copy), 'journal'), { recursive: true })
    const { finalCertificate, isMuted, options } = await startedWith(copy)
    const isInIt = finalCertificate?.votes.some(({ voter }) => voter === options.self) === true
    assert.equal(isMuted, isInIt, 'the last final block shows it, if it was made with our vote')
  })

  await t.test('the blocks, cut anywhere', async () => {
    const bytes = await readFile(join(sound, 'blocks', '0000000001.log'))
    for (let turn = 0; turn < TURNS; turn += 1) {
      const at = random.below(bytes.length)
      await check('blocks/0000000001.log', bytes.subarray(0, at), `a cut of the blocks at ${at}`)
    }
  })
})

async function copied(from: string, to: string): Promise<string> {
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true })
  return to
}
