import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { diskFailureOf } from '@borgios/core/lmdb'
import { shardIdOf } from '../src/coding/merkle.ts'
import { ShardIndex } from '../src/shards/shard-index.ts'

/** A process whose disk is full when it opens the index, and again later: each time that is an error, and with room it goes on. */
const [disk] = process.argv.slice(2)
if (disk === undefined) throw new Error('usage: index-full-disk.ts <mount>')
const folder = join(disk, 'index')
const filler = join(disk, 'filler')
const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'])
const shard = (seed: number) => shardIdOf(new Uint8Array(64).fill(seed))
const isFull = async (error: unknown): Promise<boolean> => (await diskFailureOf(error)).isDiskFull

async function failure(action: () => unknown): Promise<unknown> {
  try {
    await action()
  } catch (error) {
    return error
  }
  return undefined
}

fill()
assert(await isFull(await failure(() => new ShardIndex(folder))))
unlinkSync(filler)
rmSync(folder, { recursive: true, force: true })
const index = new ShardIndex(folder)
await index.add(shard(1), 64)
fill()
let failed: unknown
for (let seed = 2; failed === undefined && seed < 250; seed += 1)
  failed = await failure(() => index.add(shard(seed), 64))
assert(await isFull(failed), String(failed))
// Nothing else learns of it a moment later.
await new Promise((resolve) => setTimeout(resolve, 100))
assert.equal(index.get(shard(1))?.bytes, 64)
unlinkSync(filler)
await index.add(shard(251), 64)
await index.removeRecords([])
await index.close()
const again = new ShardIndex(folder)
assert.equal(again.get(shard(251))?.bytes, 64)
await again.close()
