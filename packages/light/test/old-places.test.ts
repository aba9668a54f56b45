import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from '@borgios/core/testing'
import { type AskLedger, confirmKept } from '@borgios/light'
import {
  type BlockHeader,
  type Checkpoint,
  decodeHeaders,
  encodeFinalityProof,
  encodeHeaders,
  headerHash,
} from '@borgios/protocol'
import { Chain, named, START_MS, signersOf } from './chain-maker.ts'
import { chain, EPOCH_BLOCKS, lying, options, reading, serving, TOP } from './served-chain.ts'

test('a receipt of long ago is proved where genesis is too old, and where a checkpoint lies above it', async () => {
  const unbondingMs = 10_000
  const young = reading(serving({ top: 12 }), { unbondingMs, nowMs: START_MS + 9_000 })
  await young.head()
  const begun = { checkpoint: checkpointOf(chain, 14) }
  for (const how of [{ kept: young.save() }, begun]) {
    for (let height = 1; height <= TOP; height += 1) {
      const reader = reading(serving({ at: height }), { ...how, unbondingMs, nowMs: START_MS + 20_000 })
      await reader.head()
      assert.equal((await reader.receipt(named('second'))).block.header.height, height)
    }
  }
})

/** As a node of some chain gives it at this block. */
const checkpointOf = (from: Chain, height: number): Checkpoint => {
  const header = from.headerAt(height)
  const epoch = header.seal === undefined ? header.epoch : header.epoch + 1
  const { committee } = from.signersAt(epoch)
  const { stateRoot, timeMs } = header
  const blockHash = headerHash(from.network, header)
  return {
    network: from.network,
    committee,
    lastHeight: (epoch + 1) * EPOCH_BLOCKS,
    height,
    blockHash,
    stateRoot,
    timeMs,
  }
}

test('a checkpoint agrees with what was proved, or is refused; what was proved stays either way', async () => {
  const other = new Chain({ ...options, name: 'another story', network: chain.network })
  for (const top of [1, 4, 6, 8, 10]) {
    const reader = reading(serving({ top }))
    await reader.head()
    const kept = reader.save()
    for (let height = 1; height < TOP; height += 1) {
      const at = `checkpoint ${height}, proved ${top}`
      const again = reading(serving(), { kept })
      await again.confirm(checkpointOf(chain, height))
      assert.equal((await again.head()).block.header.height, TOP, at)
      confirmKept(kept, checkpointOf(chain, height))
      // An epoch that is neither under way nor the one before is not known any more.
      const isKnown = Math.floor(height / EPOCH_BLOCKS) >= Math.floor(top / EPOCH_BLOCKS) - 1
      if (!isKnown) continue
      const lied = reading(serving(), { kept })
      assert.equal(await refusal(lied.confirm(checkpointOf(other, height))), 'LIGHT_CHECKPOINT_CONFLICT', at)
      assert.equal((await lied.head()).block.header.height, TOP, at)
    }
  }
})

test('each thing that a checkpoint says must agree', async () => {
  const reader = reading(serving({ top: 10 }))
  await reader.head()
  const kept = reader.save()
  const good = checkpointOf(chain, 9)
  confirmKept(kept, good)
  const of = (epoch: number) => chain.signersAt(epoch).committee
  const wrong: readonly Partial<Checkpoint>[] = [
    { network: named('elsewhere') },
    { timeMs: checkpointOf(chain, 10).timeMs },
    { timeMs: checkpointOf(chain, 8).timeMs },
    { lastHeight: 13 },
    { committee: signersOf('others', 2, [1, 1, 1, 1]).committee },
    { committee: of(3), lastHeight: 16 },
    { committee: of(1) },
    { height: 10 },
    { height: 8 },
  ]
  for (const [index, difference] of wrong.entries()) {
    assert.throws(
      () => confirmKept(kept, { ...good, ...difference }),
      { code: 'LIGHT_CHECKPOINT_CONFLICT' },
      `${index}`,
    )
  }
})

test('nothing below a checkpoint that was given counts as the newest', async () => {
  const reader = reading(serving({ top: 9 }))
  await reader.head()
  await reader.confirm(checkpointOf(chain, 11))
  assert.equal(await refusal(reader.head()), 'LIGHT_ROLLED_BACK')
  const ahead = reading(serving({ top: 9 }), { kept: reader.save() })
  assert.equal(await refusal(ahead.head()), 'LIGHT_ROLLED_BACK')
  assert.equal((await reading(serving({ top: 11 }), { kept: reader.save() }).head()).block.header.height, 11)
})

test('headers of another chain, or none, lead down to no old block; nor does one go on for ever', async () => {
  const other = new Chain({ ...options, name: 'beside', network: chain.network })
  const encoded = (headers: readonly BlockHeader[]) => [encodeHeaders(headers)]
  const first = async (ask: AskLedger): Promise<string> => {
    const reader = reading(ask)
    await reader.head()
    return refusal(reader.receipt(named('first')))
  }
  // Whoever signed it then: what counts is that the blocks above stand on it.
  const forged = lying('receipt', ([, receipt]) => [
    encodeFinalityProof(chain.proofOf([{ ...chain.headerAt(2), receiptsRoot: named('mine') }])),
    receipt ?? assert.fail(),
  ])
  const reader = reading(forged)
  await reader.head()
  assert.deepEqual((await reader.receipt(named('first'))).block.header, chain.headerAt(2))
  const lies: ((parts: readonly Uint8Array[]) => readonly Uint8Array[])[] = [
    ([list]) => encoded(decodeHeaders(list ?? assert.fail()).map(({ height }) => other.headerAt(height))),
    ([list]) => encoded(decodeHeaders(list ?? assert.fail()).toReversed()),
    ([list]) => encoded(decodeHeaders(list ?? assert.fail()).map((header) => ({ ...header, timeMs: 1 }))),
  ]
  for (const lie of lies) assert.equal(await first(lying('headers', lie)), 'LIGHT_CHAIN_BROKEN')
  const tooMany = lying('headers', () => encoded(Array(1_000).fill(chain.headerAt(2))))
  assert.equal(await first(tooMany), 'LIGHT_ANSWER_WRONG')
  assert.equal(await first(lying('headers', () => [])), 'LIGHT_ANSWER_WRONG')
})
