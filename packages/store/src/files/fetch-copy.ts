import { limits, messageOf, type NodeId, type Timers } from '@borgios/core'
import { shardIdOf } from '../coding/merkle.ts'
import { unreadable } from '../errors.ts'
import type { ManifestPagePointer } from '../manifest/manifest-reader.ts'
import type { StoreContext } from './store-context.ts'

/** One whole, checked copy of a manifest page: from whom the manifest names, else from whoever has it. Throws STORE_UNREADABLE. */
export async function fetchCopy(context: StoreContext, pointer: ManifestPagePointer): Promise<Uint8Array> {
  const { holders } = context
  const { page } = pointer
  const up = new Set(holders.candidates().map(({ node }) => node))
  const tried = new Set<NodeId>()
  const attempt = (nodes: readonly NodeId[]): Promise<Uint8Array | undefined> => {
    const fresh = nodes.filter((node) => !tried.has(node))
    for (const node of fresh) tried.add(node)
    // A copy that is here costs no way.
    fresh.sort((left, right) => Number(right === holders.self) - Number(left === holders.self))
    return firstOf(fresh, (node) => goodCopy(context, pointer, node), context.timers)
  }
  const hinted = pointer.holders.filter((node) => node !== undefined && up.has(node))
  const copy =
    (await attempt(hinted.flatMap((node) => node ?? []))) ??
    (await attempt((await holders.locate([page], { enough: (found) => found.has(page) })).get(page) ?? [])) ??
    // Who answered first may have lied: now all of them.
    (await attempt((await holders.locate([page])).get(page) ?? []))
  if (copy === undefined) throw unreadable('the manifest of this file', 1, 0, Math.max(1, pointer.holders.length))
  return copy
}

/** Undefined if the node has none, or a wrong one. */
async function goodCopy(
  { holders, logger }: StoreContext,
  { page, bytes }: ManifestPagePointer,
  node: NodeId,
): Promise<Uint8Array | undefined> {
  try {
    using lent = await holders.get(node, page, bytes)
    if (shardIdOf(lent.bytes) === page) return Uint8Array.from(lent.bytes)
    holders.suspect(node, page)
  } catch (error) {
    logger.debug('a node did not give a manifest page', { node, why: messageOf(error) })
  }
  return undefined
}

/** The first result of trying the sources in order; the next is tried when one has none or is slow. `attempt` never rejects. */
function firstOf<Source, Result>(
  sources: readonly Source[],
  attempt: (source: Source) => Promise<Result | undefined>,
  timers: Timers,
): Promise<Result | undefined> {
  const left = [...sources]
  let running = 0
  let cancel: () => void = () => undefined
  return new Promise((resolve) => {
    const start = async (): Promise<void> => {
      cancel()
      const source = left.shift()
      if (source === undefined) {
        if (running === 0) resolve(undefined)
        return
      }
      running += 1
      cancel = timers.after(limits.store.hedgeAfterMs, start)
      const result = await attempt(source)
      running -= 1
      if (result === undefined) return start()
      cancel()
      resolve(result)
    }
    start()
  })
}
