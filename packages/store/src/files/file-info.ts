import { limits, type NodeId, type ShardId } from '@borgios/core'
import type { FileInfo, InfoOptions } from '../file-store.ts'
import type { Presence } from '../transfer/holders.ts'
import { locateFile } from './get-file.ts'
import type { StoreContext } from './store-context.ts'

/** One stripe or page to count: `data` of its shards are needed. */
interface Countable {
  readonly data: number
  readonly shards: readonly ShardId[]
}

/** Adds up who holds what. A copy is counted once for each node that has it, up to as many as there should be. */
class Tally {
  shards = 0
  presentShards = 0
  spareShards = Number.POSITIVE_INFINITY
  readonly holders = new Map<NodeId, number>()

  add({ data, shards }: Countable, presence: Presence): void {
    this.shards += shards.length
    let present = 0
    for (const shard of new Set(shards)) {
      const nodes = presence.get(shard) ?? []
      present += Math.min(nodes.length, data === 1 ? shards.length : 1)
      for (const node of nodes) this.holders.set(node, (this.holders.get(node) ?? 0) + 1)
    }
    this.presentShards += present
    this.spareShards = Math.min(this.spareShards, present - data)
  }
}

/** Health of a file. See FileStore.info for what it promises. */
export async function fileInfo(context: StoreContext, capability: string, options: InfoOptions): Promise<FileInfo> {
  const { reader, root } = await locateFile(context, capability)
  const { file } = root
  const verify = options.verify ?? false
  const tally = new Tally()
  const atOnce = verify ? limits.store.shardsPerVerification : limits.store.shardsPerQuestion
  let waiting: Countable[] = []
  const count = async (): Promise<void> => {
    options.signal?.throwIfAborted()
    const presence = await context.holders.locate([...new Set(waiting.flatMap(({ shards }) => shards))], { verify })
    for (const countable of waiting) tally.add(countable, presence)
    waiting = []
  }
  const page = (id: ShardId): Countable => ({ data: 1, shards: Array.from({ length: file.pageCopies }, () => id) })
  waiting.push(page(root.pointer.page))
  for await (const stripe of reader.stripes(root, (pointer) => waiting.push(page(pointer.page)))) {
    const asked = waiting.reduce((sum, { shards }) => sum + new Set(shards).size, 0)
    if (asked + stripe.shards.length > atOnce) await count()
    waiting.push({ data: file.data, shards: stripe.shards })
  }
  await count()
  return {
    name: file.name,
    bytes: file.bytes,
    coding: { data: file.data, parity: file.parity },
    stripes: file.stripes,
    shards: tally.shards,
    presentShards: tally.presentShards,
    verified: verify,
    spareShards: tally.spareShards,
    holders: [...tally.holders].map(([node, shards]) => ({ node, shards })),
  }
}
