import { assert, limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import { type Checkpoint, decodeEpochProof, headerHash } from '@borgios/protocol'
import type { LedgerGenesis } from '../execution/genesis.ts'
import { chainOf } from '../modules/chain/chain-table.ts'
import { committeeOf } from '../modules/members/committee-table.ts'
import { ModuleRegistry } from '../modules/module-registry.ts'
import { parameter } from '../modules/parameters/parameter-table.ts'
import { applyGenesisTo } from '../service/disk-storage.ts'
import { ledgerModules } from '../service/ledger-modules.ts'
import { type FinalState, openMemoryState } from '../state/final-state.ts'
import type { StateReader } from '../state/state.ts'
import type { EpochProofs } from './epoch-headers.ts'

/**
 * The checkpoint of a node, for whoever trusts it: where the epoch before the one under way began. So blocks and states that nodes keep for others
 * lie above it. Undefined in the first two epochs, where genesis says it, and where this node did not see how that epoch began.
 * `network`: 32 bytes. Throws as the port.
 */
export async function checkpointOf(
  state: StateReader,
  epochs: EpochProofs,
  network: Uint8Array,
): Promise<Checkpoint | undefined> {
  const before = epochOf(state) - 2
  const bytes = before < 0 ? undefined : await epochs.read(before)
  if (bytes === undefined) return undefined
  const { last, next } = decodeEpochProof(bytes)
  const header = last.headers[0]
  assert(header?.seal !== undefined, 'an epoch ends with a seal')
  const { height, stateRoot, timeMs, seal } = header
  const blockHash = headerHash(network, header)
  return { network, committee: next, lastHeight: seal.lastHeight, height, blockHash, stateRoot, timeMs }
}

/** Genesis as a checkpoint. `network`: 32 bytes. */
export function genesisCheckpoint(state: FinalState, network: Uint8Array): Checkpoint {
  const { height, block: blockHash } = state.point
  const chain = chainOf(state)
  assert(chain !== undefined && height === 0, 'there is a genesis, and nothing else')
  const { epoch, lastHeight, timeMs } = chain
  const committee = committeeOf(state, epoch)
  assert(committee !== undefined, 'every epoch has its committee before it begins')
  return { network, committee, lastHeight, height, blockHash, stateRoot: state.root, timeMs }
}

/** The one under way. */
export const epochOf = (state: StateReader): number => chainOf(state)?.epoch ?? 0

/** What a light client needs to begin with the genesis document of a network, which is the one thing it has to trust. */
export interface GenesisTrust {
  readonly checkpoint: Checkpoint
  readonly unbondingMs: number
}

/** Makes the state that the genesis document describes and says where it stands. `network`: 32 bytes. Throws LEDGER_GENESIS_INVALID. */
export function genesisTrust(network: Uint8Array, genesis: LedgerGenesis, ed25519: Ed25519): GenesisTrust {
  const { modules } = ledgerModules({ network, ed25519 })
  const registry = new ModuleRegistry(modules)
  const state = openMemoryState(registry.tables)
  applyGenesisTo(state, registry, network, genesis)
  return { checkpoint: genesisCheckpoint(state, network), unbondingMs: unbondingMsOf(state) }
}

/** How long deposits stay locked after a member has left, at the pace of an idle network: a busy one has shorter epochs. */
export function unbondingMsOf(state: StateReader): number {
  const context = { state, epoch: epochOf(state) }
  return parameter(context, 'unbondingEpochs') * parameter(context, 'epochBlocks') * limits.ledgerConsensus.idleMs
}
