import { assert, limits } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import type { Checkpoint } from '@borgios/protocol'
import type { LedgerGenesis } from '../execution/genesis.ts'
import { chainOf } from '../modules/chain/chain-table.ts'
import { committeeOf } from '../modules/members/committee-table.ts'
import { ModuleRegistry } from '../modules/module-registry.ts'
import { parameter } from '../modules/parameters/parameter-table.ts'
import { applyGenesisTo } from '../service/disk-storage.ts'
import { ledgerModules } from '../service/ledger-modules.ts'
import { type FinalState, openMemoryState } from '../state/final-state.ts'
import type { StateReader } from '../state/state.ts'

/** The newest final block as something to trust. `network`: 32 bytes. */
export function checkpointOf(state: FinalState, network: Uint8Array): Checkpoint {
  const { height, block: blockHash } = state.point
  const chain = chainOf(state)
  assert(chain !== undefined, 'there is a genesis')
  const { epoch, lastHeight, timeMs } = chain
  const committee = committeeOf(state, epoch)
  assert(committee !== undefined, 'every epoch has its committee before it begins')
  return { network, committee, lastHeight, height, blockHash, stateRoot: state.root, timeMs }
}

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
  return { checkpoint: checkpointOf(state, network), unbondingMs: unbondingMsOf(state) }
}

/** How long deposits stay locked after a member has left, at the pace of an idle network: a busy one has shorter epochs. */
export function unbondingMsOf(state: StateReader): number {
  const context = { state, epoch: chainOf(state)?.epoch ?? 0 }
  return parameter(context, 'unbondingEpochs') * parameter(context, 'epochBlocks') * limits.ledgerConsensus.idleMs
}
