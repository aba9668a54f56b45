import { join } from 'node:path'
import { NetworkId } from '@borgios/core'
import {
  coreModules,
  defaultTiming,
  Ledger,
  ModuleRegistry,
  openDiskStorage,
  parseLedgerGenesis,
} from '@borgios/ledger'
import type { PeerNetwork } from '@borgios/peertree'
import type { RoomsContext } from '../daemon/rooms.ts'

/** Opens the ledger of a network whose genesis has one; undefined for the others. Does not start it. */
export async function openLedger(context: RoomsContext, network: PeerNetwork): Promise<Ledger | undefined> {
  const { identity, paths, clock, timers, random, ed25519, logger } = context
  if (identity.genesis.ledger === undefined) return undefined
  const networkId = NetworkId.toBytes(identity.network)
  const registry = new ModuleRegistry(coreModules({ network: networkId, ed25519 }))
  const storage = await openDiskStorage(
    { folder: join(paths.ledger), networkId, genesis: parseLedgerGenesis(identity.genesis.ledger) },
    { registry, random, logger },
  )
  const { signer } = identity
  return Ledger.open(
    { networkId, timing: defaultTiming },
    { network, registry, storage, signer, ed25519, clock, timers, logger, nextBeacon: (_, parent) => parent },
  )
}
