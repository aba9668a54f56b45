import { blockInvalid } from '../errors.ts'
import type { BlockRefusal } from './admission.ts'
import type { BlockBounds, BlockFacts, BlockLayer, BlockOutcome } from './block-facts.ts'
import { BlockRun, type ExecutionModules } from './block-run.ts'

/**
 * Takes a block's transactions into effect on its parent's state. Same state, facts and transactions give the same on every node. Their bytes
 * must not be changed afterwards: records refer to them until the layer is gone.
 * Throws LEDGER_BLOCK_INVALID when a leader should not have proposed it and LEDGER_SUPPLY_BROKEN; then the state is to be thrown away.
 */
export function executeBlock(
  modules: ExecutionModules,
  state: BlockLayer,
  facts: BlockFacts,
  transactions: readonly Uint8Array[],
): BlockOutcome {
  const run = new BlockRun(modules, state, facts)
  for (const [position, transaction] of transactions.entries()) {
    const receipt = run.add(transaction)
    if (typeof receipt === 'string') throw blockInvalid(`its transaction ${position} may not stand in it: ${receipt}`)
  }
  return run.end()
}

/** A block as its leader made it. */
export interface BuiltBlock extends BlockOutcome {
  readonly transactions: readonly Uint8Array[]
  /** Candidates that are not in it, and why. */
  readonly leftOut: readonly { readonly transaction: Uint8Array; readonly why: BlockRefusal }[]
}

/**
 * Makes a block of candidates in the order given, without those that may not enter it: what {@link executeBlock} accepts on the same state, with
 * the same outcome. Stops at the first that finds no room. Throws LEDGER_BLOCK_INVALID for facts that do not fit the state.
 */
export function buildBlock(
  modules: ExecutionModules,
  state: BlockLayer,
  facts: BlockFacts,
  candidates: Iterable<Uint8Array>,
  bounds?: BlockBounds,
): BuiltBlock {
  const run = new BlockRun(modules, state, facts, bounds)
  const transactions: Uint8Array[] = []
  const leftOut: { transaction: Uint8Array; why: BlockRefusal }[] = []
  for (const transaction of candidates) {
    const receipt = run.add(transaction)
    if (typeof receipt !== 'string') transactions.push(transaction)
    else leftOut.push({ transaction, why: receipt })
    if (receipt === 'blockFull') break
  }
  return { transactions, leftOut, ...run.end() }
}
