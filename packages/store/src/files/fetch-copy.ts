import { messageOf, type NodeId } from '@borgios/core'
import { shardIdOf } from '../coding/merkle.ts'
import { unreadable } from '../errors.ts'
import type { ManifestPagePointer } from '../manifest/manifest-reader.ts'
import type { StoreContext } from './store-context.ts'

/** One whole, checked copy of a manifest page: from whom the manifest names, else from whoever has it. Throws STORE_UNREADABLE. */
export async function fetchCopy(context: StoreContext, pointer: ManifestPagePointer): Promise<Uint8Array> {
  const { holders } = context
  const up = new Set(holders.candidates().map(({ node }) => node))
  const tried = new Set<NodeId>()
  const hinted = pointer.holders.filter((node) => node !== undefined && up.has(node))
  const fromHinted = await firstGood(context, pointer, hinted, tried)
  if (fromHinted !== undefined) return fromHinted
  const located = (await holders.locate([pointer.page])).get(pointer.page) ?? []
  const found = await firstGood(context, pointer, located, tried)
  if (found !== undefined) return found
  throw unreadable('the manifest of this file', 1, 0, Math.max(1, pointer.holders.length))
}

async function firstGood(
  { holders, logger }: StoreContext,
  { page, bytes }: ManifestPagePointer,
  nodes: readonly (NodeId | undefined)[],
  tried: Set<NodeId>,
): Promise<Uint8Array | undefined> {
  // A copy that is here costs no way.
  const here = nodes.filter((node) => node === holders.self)
  for (const node of [...here, ...nodes]) {
    if (node === undefined || tried.has(node)) continue
    tried.add(node)
    try {
      const copy = await holders.get(node, page, bytes)
      if (shardIdOf(copy) === page) return copy
      holders.suspect(node, page)
    } catch (error) {
      logger.debug('a node did not give a manifest page', { node, why: messageOf(error) })
    }
  }
  return undefined
}
