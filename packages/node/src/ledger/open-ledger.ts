import { NetworkId } from '@borgios/core'
import { keyAgreementFromSeed } from '@borgios/crypto/native'
import {
  beaconDuties,
  Duties,
  defaultTiming,
  Ledger,
  ledgerModules,
  ModuleRegistry,
  openDiskStorage,
  parseLedgerGenesis,
} from '@borgios/ledger'
import type { PeerNetwork } from '@borgios/peertree'
import { loadOperator } from '../config/identity.ts'
import type { RoomsContext } from '../daemon/rooms.ts'

/** Opens the ledger of a network whose genesis has one; undefined for the others. Does not start it. */
export async function openLedger(context: RoomsContext, network: PeerNetwork): Promise<Ledger | undefined> {
  const { identity, paths, clock, timers, random, ed25519, logger } = context
  if (identity.genesis.ledger === undefined) return undefined
  const networkId = NetworkId.toBytes(identity.network)
  const { modules, rounds, nextBeacon } = ledgerModules({ network: networkId, ed25519 })
  const registry = new ModuleRegistry(modules)
  const storage = await openDiskStorage(
    { folder: paths.ledger, networkId, genesis: parseLedgerGenesis(identity.genesis.ledger) },
    { registry, random, logger },
  )
  const { signer, seed } = identity
  const ledger = await Ledger.open(
    { networkId, timing: defaultTiming },
    { network, registry, storage, signer, ed25519, clock, timers, logger, nextBeacon },
  )
  const key = keyAgreementFromSeed(seed)
  const payer = (await loadOperator(paths, { ed25519, random })).signer
  new Duties([ledger.accusations.duty, (state) => beaconDuties(rounds, state, key)], {
    ledger,
    payer,
    network: networkId,
    logger,
  })
  return ledger
}
