import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type BlockHeader, committeeHash, encodePayload, headerHash, noBlock, payloadHash } from '@borgios/protocol'
import { EpochRules } from '../src/engine/epoch-rules.ts'
import type { ArchivedBlock } from '../src/sync/archived-block.ts'
import { checkGroup } from '../src/sync/check-group.ts'
import { keysOf, NETWORK } from './support/ledger-cluster.ts'

const signer = keysOf('alone')
const committee = { epoch: 0, validators: [{ key: signer.publicKey, weight: 1 }] }
const rules = new EpochRules({ network: NETWORK, committee, lastHeight: 3 }, sodiumEd25519)

function headerAt(slot: number, height: number, parent: BlockHeader | undefined): BlockHeader {
  const hash = parent === undefined ? new Uint8Array(32).fill(1) : headerHash(NETWORK, parent)
  return {
    epoch: 0,
    slot,
    height,
    parent: { slot: parent?.slot ?? -1, hash },
    timeMs: 1_000 + height,
    leader: 0,
    baseFee: 1n,
    usedUnits: 0,
    payload: payloadHash(encodePayload([])),
    stateRoot: noBlock(),
    receiptsRoot: noBlock(),
    committee: committeeHash(committee),
    seal: undefined,
  }
}

const first = headerAt(0, 1, undefined)
const second = headerAt(1, 2, first)
const last = headerAt(2, 3, second)
const filler = headerAt(3, 4, last)

const certificateOf = (header: BlockHeader) => {
  const subject = { kind: 'final', epoch: 0, slot: header.slot, block: headerHash(NETWORK, header) } as const
  return { ...subject, votes: [rules.signVote(signer, 0, subject)] }
}

/** Blocks of which the last says why it is final: by a certificate about the last of the fillers, or about itself. */
function groupOf(headers: readonly BlockHeader[], fillers: readonly BlockHeader[]): ArchivedBlock[] {
  const newest = fillers.at(-1) ?? headers.at(-1) ?? first
  return headers.map((header, index) => ({
    block: { header, signature: new Uint8Array(64), transactions: [] },
    finality: index === headers.length - 1 ? { fillers, certificate: certificateOf(newest) } : undefined,
  }))
}

const falseGroup = { code: 'LEDGER_SYNC_MESSAGE' }

test('blocks that follow one another are final by a certificate about the last, or about a filler above the last of the epoch', () => {
  assert.equal(checkGroup(groupOf([first, second], []), rules).blocks.length, 2)
  assert.equal(checkGroup(groupOf([second, last], [filler]), rules).fillers.length, 1)
})

test('a block cannot be passed off as a filler, nor a filler as a block', () => {
  assert.throws(() => checkGroup(groupOf([first], [second]), rules), falseGroup)
  assert.throws(() => checkGroup(groupOf([last, filler], []), rules), falseGroup)
})

test('a gap, another parent and a slot or height that does not fit are refused', () => {
  assert.throws(() => checkGroup(groupOf([first, last], []), rules), falseGroup)
  const strayed = { ...second, parent: { slot: 0, hash: new Uint8Array(32).fill(9) } }
  assert.throws(() => checkGroup(groupOf([first, strayed], []), rules), falseGroup)
  const sameSlot = { ...second, slot: 0 }
  assert.throws(() => checkGroup(groupOf([first, sameSlot], []), rules), falseGroup)
  const tooHigh = { ...second, height: 3 }
  assert.throws(() => checkGroup(groupOf([first, tooHigh], []), rules), falseGroup)
})

test('a certificate that is about another block or slot, of another kind, or not signed, proves nothing', () => {
  const [block] = groupOf([first], [])
  assert(block?.finality)
  const { certificate } = block.finality
  for (const change of [{ slot: 1 }, { kind: 'notar' as const }, { block: headerHash(NETWORK, second) }]) {
    const lie = [{ ...block, finality: { fillers: [], certificate: { ...certificate, ...change } } }]
    assert.throws(() => checkGroup(lie, rules), falseGroup)
  }
  assert.throws(() => checkGroup([{ ...block, finality: undefined }], rules), falseGroup)
})
