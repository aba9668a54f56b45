import { join } from 'node:path'
import { messageOf, NetworkId, OperatorId } from '@borgios/core'
import { keyAgreementFromSeed } from '@borgios/crypto/native'
import {
  beaconDuties,
  type Duty,
  defaultTiming,
  Ledger,
  ledgerModules,
  ModuleRegistry,
  openDiskStorage,
  parseLedgerGenesis,
} from '@borgios/ledger'
import type { PeerNetwork } from '@borgios/peertree'
import { keepCheckpoint, readCheckpoint } from '../config/checkpoint-file.ts'
import { loadWallet, recordsOf, walletKeyIn } from '../config/wallet.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { LedgerIndex } from './ledger-index.ts'

/** The ledger of a node, and what it tells people. The index is closed after the ledger has stopped. */
export interface OpenedLedger {
  readonly ledger: Ledger
  readonly index: LedgerIndex
  /** What this node owes the making of public randomness. */
  readonly beaconDuty: Duty
}

/** Opens the ledger of a network whose genesis has one; undefined for the others. Does not start it. */
export async function openLedger(context: RoomsContext, network: PeerNetwork): Promise<OpenedLedger | undefined> {
  const { identity, config, paths, clock, timers, random, ed25519, logger } = context
  if (identity.genesis.ledger === undefined) return undefined
  const networkId = NetworkId.toBytes(identity.network)
  const { modules, rounds, nextBeacon } = ledgerModules({ network: networkId, ed25519 })
  const registry = new ModuleRegistry(modules)
  let index: LedgerIndex | undefined
  const storage = await openDiskStorage(
    { folder: paths.ledger, networkId, genesis: parseLedgerGenesis(identity.genesis.ledger) },
    { registry, random, logger, beforeSave: async () => index?.flush() },
  )
  const wallet = await loadWallet(walletKeyIn(recordsOf(paths, config)), context)
  const accounts = [wallet.publicKey, OperatorId.toBytes(identity.operator)]
  const { state } = storage
  const opened = await LedgerIndex.open(
    { folder: join(paths.ledger, 'index'), accounts },
    { height: state.point.height, state },
    logger,
  )
  index = opened
  const { signer, seed } = identity
  const onFinal: LedgerIndex['onFinal'] = (block, stateAfter) => opened.onFinal(block, stateAfter)
  const checkpoint = await readCheckpoint(paths, identity.network)
  const ledger = await Ledger.open(
    { networkId, timing: defaultTiming, ...(checkpoint && { checkpoint }) },
    { network, registry, storage, signer, ed25519, clock, timers, logger, nextBeacon, onFinal, receipts: opened },
  )
  keepCheckpoints(ledger, context)
  const key = keyAgreementFromSeed(seed)
  return { ledger, index: opened, beaconDuty: (state) => beaconDuties(rounds, state, key) }
}

/** At the end of each epoch: for those whom this node's user invites, and for new nodes of the same user. */
function keepCheckpoints(ledger: Ledger, { identity, paths, logger }: RoomsContext): void {
  const keep = async (): Promise<void> => {
    const checkpoint = await ledger.checkpoint()
    if (checkpoint !== undefined) await keepCheckpoint(paths, identity.network, checkpoint)
  }
  ledger.onFinal(({ header }) => {
    if (header.seal === undefined) return
    keep().catch((error: unknown) =>
      logger.warn('the checkpoint of the ledger could not be kept', { why: messageOf(error) }),
    )
  })
}
