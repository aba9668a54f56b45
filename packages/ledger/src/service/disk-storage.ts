import { join } from 'node:path'
import type { Logger, Random } from '@borgios/core'
import { DiskSegmentFiles } from '../adapters/disk-segment-files.ts'
import type { ConsensusRecord } from '../consensus/consensus-io.ts'
import type { EpochRules } from '../engine/epoch-rules.ts'
import { applyGenesis, genesisBlock, type LedgerGenesis } from '../execution/genesis.ts'
import { StoredBlockArchive } from '../journal/block-archive.ts'
import { BlockStore } from '../journal/block-store.ts'
import { JournalConsensusLog, type LoggedRecord, readLogged } from '../journal/consensus-log.ts'
import { EpochArchive } from '../journal/epoch-archive.ts'
import { Journal } from '../journal/journal.ts'
import type { JournalRecord } from '../journal/segment-codec.ts'
import type { SegmentFiles } from '../journal/segment-files.ts'
import type { ModuleRegistry } from '../modules/module-registry.ts'
import { DiskState, type DiskStateOptions, savedPointIn } from '../state/disk-state.ts'
import type { FinalState } from '../state/final-state.ts'
import { StateImport } from '../state/state-import.ts'
import { decodeArchived } from '../sync/archived-block.ts'
import type { LedgerStorage } from './ledger-storage.ts'
import { LmdbTrackerRecords } from './lmdb-tracker-records.ts'

export interface DiskStorageOptions {
  /** Of its own; made when it is not there. */
  readonly folder: string
  /** 32 bytes: which network. */
  readonly networkId: Uint8Array
  readonly genesis: LedgerGenesis
}

export interface DiskStorageModules {
  readonly registry: ModuleRegistry
  readonly random: Random
  readonly logger: Logger
  /** The segments of a folder. Defaults to files on the disk. */
  readonly segmentFiles?: (folder: string) => SegmentFiles
  /** Awaited before the state is saved: what was derived from blocks that a later start does not apply again. */
  readonly beforeSave?: () => Promise<void>
}

/**
 * Opens what the ledger keeps on disk, or begins it with the genesis. Throws LEDGER_STATE_CORRUPT, LEDGER_JOURNAL_CORRUPT,
 * LEDGER_GENESIS_INVALID, LEDGER_DISK_FULL, LEDGER_DISK_FAILED.
 */
export async function openDiskStorage(
  options: DiskStorageOptions,
  modules: DiskStorageModules,
): Promise<LedgerStorage> {
  const { folder } = options
  const { registry, random, logger, beforeSave, segmentFiles = (path) => new DiskSegmentFiles(path) } = modules
  await using opened = new AsyncDisposableStack()
  const { journal, records } = await Journal.open({ files: segmentFiles(join(folder, 'journal')), random })
  opened.defer(() => journal.close())
  const blocks = await BlockStore.open({ files: segmentFiles(join(folder, 'blocks')), random })
  opened.defer(() => blocks.close())
  const epochs = new EpochArchive(await BlockStore.open({ files: segmentFiles(join(folder, 'epochs')), random }))
  opened.defer(() => epochs.close())
  const archive = await StoredBlockArchive.open(blocks, epochs, options.networkId)
  const tracked = new LmdbTrackerRecords(join(folder, 'tracked'))
  opened.defer(() => tracked.close())
  const stateOptions = {
    folder: join(folder, 'state'),
    tables: registry.tables,
    logger,
    async beforeSave() {
      await archive.sync()
      await beforeSave?.()
    },
  }
  await finishImport(stateOptions)
  const disk = await DiskState.open(stateOptions)
  await archiveBlockOf(disk, stateOptions, blocks, archive)
  if (disk.savedPoint === undefined) await begin(disk, options, registry)
  opened.defer(() => disk.close())
  // From here on whoever got it closes it.
  const open = opened.move()
  return {
    state: disk.state,
    log: new JournalConsensusLog(journal),
    logged: drained(records),
    archive,
    blocks,
    epochs,
    tracked,
    async receive(target, block) {
      const coming = await StateImport.open(stateOptions, target, block)
      return {
        nextMissing: (from) => coming.nextMissing(from),
        add: (chunk) => coming.add(chunk),
        async complete() {
          const state = await coming.complete()
          return () =>
            disk.replace(state, async () => {
              await StateImport.install(stateOptions)
              archive.begin(block)
              await archive.sync()
            })
        },
      }
    },
    prune: (below) => blocks.prune(Math.min(below, disk.savedPoint?.height ?? 0)),
    async sync(final) {
      await archive.sync()
      await journal.prune(final)
    },
    save: () => disk.save(),
    close: () => open.disposeAsync(),
  }
}

/** A state that came whole from others, if no process came to take it into use. What rotted meanwhile is left, for the state that was there before. */
async function finishImport(options: DiskStateOptions): Promise<void> {
  await StateImport.recover(options)
  const whole = await StateImport.whole(options)
  if (whole === undefined) return
  const present = await savedPointIn(options.folder)
  const isNewer = present === undefined || present.point.height < whole.saved.point.height
  if (isNewer && (await StateImport.isSound(options))) return await StateImport.install(options)
  if (isNewer) options.logger.warn('the state that others sent rotted on the disk; it is fetched again')
  await StateImport.discard(options)
}

/** The block of a state that came from others lies beside it, until a start or the process that took it in has put it into the archive. */
async function archiveBlockOf(
  { savedPoint }: DiskState,
  options: DiskStateOptions,
  blocks: BlockStore,
  archive: StoredBlockArchive,
): Promise<void> {
  if (savedPoint === undefined || savedPoint.height === 0) return
  if ((await blocks.read(savedPoint.height)) !== undefined) return
  const block = await StateImport.installedBlock(options)
  if (block === undefined || decodeArchived(block).block.header.height !== savedPoint.height) return
  archive.begin(block)
  await archive.sync()
}

/** Lets go of each record once it was taken: together they may be as large as all that is under way. */
function* drained(records: JournalRecord[]): Iterable<LoggedRecord> {
  records.reverse()
  for (let record = records.pop(); record !== undefined; record = records.pop()) yield readLogged(record)
}

/** The state before the first block. */
async function begin(
  disk: DiskState,
  { networkId, genesis }: DiskStorageOptions,
  registry: ModuleRegistry,
): Promise<void> {
  applyGenesisTo(disk.state, registry, networkId, genesis)
  await disk.save()
}

/** Makes an empty state that of genesis. `network`: 32 bytes. Throws LEDGER_GENESIS_INVALID. */
export function applyGenesisTo(
  state: FinalState,
  registry: ModuleRegistry,
  network: Uint8Array,
  genesis: LedgerGenesis,
): void {
  const layer = state.layer()
  applyGenesis({ registry, network }, layer, genesis)
  const { hash } = genesisBlock(network, layer.root())
  state.finalize(layer, { height: 0, epoch: 0, block: hash })
}

/** Records of an earlier process, as the rules of the epoch under way read them. Those of other epochs bind nobody any more. */
export function* recordsOf(logged: Iterable<LoggedRecord>, rules: EpochRules): Iterable<ConsensusRecord> {
  for (const record of logged) {
    if (record.kind !== 'candidate') {
      yield record
      continue
    }
    const candidate = rules.candidateOf(record.block)
    if (candidate !== undefined) yield { kind: 'candidate', candidate }
  }
}
