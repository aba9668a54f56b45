import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodeBase64Url, encodeBase64Url, isBorgError, limits, NetworkId } from '@borgios/core'
import { writeFileDurably } from '@borgios/core/adapters'
import { networkIdOf } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type GenesisTrust, genesisTrust, parseLedgerGenesis } from '@borgios/ledger'
import { type AskLedger, confirmKept, type Fork, LedgerReader, type LedgerReaderOptions } from '@borgios/light'
import { type Checkpoint, compareBytes, decodeCheckpoint, encodeFinalityProof } from '@borgios/protocol'
import { readBounded } from '../config/checked-file.ts'
import { checkpointConflict, fileInvalid, noLedger, trustExpired, usageError } from '../errors.ts'
import type { CliContext } from './context.ts'
import { genesisIn, recordsIn } from './own-folder.ts'

/** Where trust in what a reader says comes from. */
export type TrustSource = 'genesis' | 'checkpoint' | 'kept'

export interface TrustedReader {
  readonly reader: LedgerReader
  readonly network: Uint8Array
  readonly source: TrustSource
  /** Keeps what it has come to, for the next time. */
  keep(): Promise<void>
  /** Writes evidence down and says where. */
  keepFork(fork: Fork): Promise<string>
}

/**
 * A reader of the ledger that begins with what was kept the last time; where that is too old or not there, with the checkpoint that the user gave,
 * else with the genesis document. What was proved is never given up for a checkpoint: that must agree with it. Throws NODE_WRONG_FOLDER,
 * NODE_NO_LEDGER, NODE_FILE_INVALID, NODE_USAGE, NODE_CHECKPOINT_CONFLICT, NODE_TRUST_EXPIRED, and what `LedgerReader` throws.
 */
export async function openReader(
  { dataFolder, clock }: CliContext,
  ask: AskLedger,
  given: string | undefined,
): Promise<TrustedReader> {
  const trust = await genesisTrustIn(dataFolder)
  const { network } = trust.checkpoint
  const records = await recordsIn(dataFolder)
  const path = join(records, 'ledger.trust')
  const found = await readBounded(path, 2 * limits.ledgerLight.maxKeptBytes)
  const kept = found && new Uint8Array(found)
  const checkpoint = given === undefined ? undefined : checkpointFrom(given, network)
  const begin = (from: Pick<LedgerReaderOptions, 'checkpoint' | 'kept'>): LedgerReader =>
    new LedgerReader({ ...from, unbondingMs: trust.unbondingMs }, { ask, ed25519: sodiumEd25519, clock })
  const { reader, source } = await explained(path, async (): Promise<Pick<TrustedReader, 'reader' | 'source'>> => {
    if (kept === undefined) {
      return {
        reader: begin({ checkpoint: checkpoint ?? trust.checkpoint }),
        source: checkpoint ? 'checkpoint' : 'genesis',
      }
    }
    try {
      const reader = begin({ checkpoint: trust.checkpoint, kept })
      if (checkpoint !== undefined) await reader.confirm(checkpoint)
      return { reader, source: 'kept' }
    } catch (error) {
      if (checkpoint === undefined || !isExpired(error)) throw error
      confirmKept(kept, checkpoint)
      return { reader: begin({ checkpoint }), source: 'checkpoint' }
    }
  })
  return {
    reader,
    network,
    source,
    async keep() {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFileDurably(path, reader.save())
    },
    async keepFork({ first, second }) {
      const proofs = { first: encodeFinalityProof(first), second: encodeFinalityProof(second) }
      const file = join(records, 'ledger-fork.json')
      const text = JSON.stringify({ first: encodeBase64Url(proofs.first), second: encodeBase64Url(proofs.second) })
      await writeFileDurably(file, `${text}\n`)
      return file
    },
  }
}

/** What the genesis document of the user's network comes to. Throws NODE_WRONG_FOLDER, NODE_NO_LEDGER. */
export async function genesisTrustIn(dataFolder: string): Promise<GenesisTrust> {
  const genesis = await genesisIn(dataFolder)
  if (genesis.ledger === undefined) throw noLedger(`the network "${genesis.name}" began without a ledger`)
  const network = NetworkId.toBytes(networkIdOf(genesis))
  return genesisTrust(network, parseLedgerGenesis(genesis.ledger), sodiumEd25519)
}

const isExpired = (error: unknown): boolean => isBorgError(error) && error.code === 'LIGHT_TRUST_EXPIRED'

async function explained<Result>(path: string, open: () => Promise<Result>): Promise<Result> {
  try {
    return await open()
  } catch (error) {
    if (!isBorgError(error)) throw error
    if (error.code === 'LIGHT_CHECKPOINT_CONFLICT') {
      throw checkpointConflict(
        `the checkpoint contradicts what was proved before (${path}): one of the two is of a false chain. Ask several people you trust for what ` +
          '"borgios ledger checkpoint" prints on their nodes; only if the checkpoint is right, move that file away and give it again',
        { cause: error },
      )
    }
    if (error.code === 'LIGHT_STATE_CORRUPT') {
      throw fileInvalid(
        `${path} is damaged or of another network: remove it, and checking begins anew with the genesis of the network`,
      )
    }
    if (!isExpired(error)) throw error
    throw trustExpired(
      'what this folder knows of the ledger is older than deposits stay locked, so it proves nothing any more: ' +
        'run "borgios ledger checkpoint" on a node that you trust, and give what it prints with --checkpoint',
      { cause: error },
    )
  }
}

/** Throws NODE_USAGE. */
function checkpointFrom(text: string, network: Uint8Array): Checkpoint {
  const bytes = decodeBase64Url(text)
  let checkpoint: Checkpoint | undefined
  try {
    checkpoint = bytes === undefined ? undefined : decodeCheckpoint(bytes)
  } catch (error) {
    if (!isBorgError(error)) throw error
  }
  if (checkpoint === undefined) {
    throw usageError('--checkpoint takes the text that "borgios ledger checkpoint" prints on a node that you trust')
  }
  if (compareBytes(checkpoint.network, network) !== 0) throw usageError('the checkpoint is of another network')
  return checkpoint
}
