import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodeBase64Url, encodeBase64Url, isBorgError, limits, NetworkId } from '@borgios/core'
import { writeFileDurably } from '@borgios/core/adapters'
import { networkIdOf } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { genesisTrust, parseLedgerGenesis } from '@borgios/ledger'
import { type AskLedger, type Fork, LedgerReader } from '@borgios/light'
import { type Checkpoint, compareBytes, decodeCheckpoint, encodeFinalityProof } from '@borgios/protocol'
import { readBounded } from '../config/checked-file.ts'
import { fileInvalid, noLedger, trustExpired, usageError } from '../errors.ts'
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
 * A reader of the ledger that begins with what the user has: what was kept the last time, else the genesis document; or with a checkpoint that
 * the user gave. Throws NODE_WRONG_FOLDER, NODE_NO_LEDGER, NODE_FILE_INVALID, NODE_USAGE, and what `LedgerReader` throws.
 */
export async function openReader(
  { dataFolder, clock }: CliContext,
  ask: AskLedger,
  given: string | undefined,
): Promise<TrustedReader> {
  const genesis = await genesisIn(dataFolder)
  if (genesis.ledger === undefined) throw noLedger(`the network "${genesis.name}" began without a ledger`)
  const network = NetworkId.toBytes(networkIdOf(genesis))
  const trust = genesisTrust(network, parseLedgerGenesis(genesis.ledger), sodiumEd25519)
  const records = await recordsIn(dataFolder)
  const path = join(records, 'ledger.trust')
  const found = given === undefined ? await readBounded(path, 2 * limits.ledgerLight.maxKeptBytes) : undefined
  const kept = found && new Uint8Array(found)
  const checkpoint = given === undefined ? trust.checkpoint : checkpointFrom(given, network)
  const options = { checkpoint, kept, unbondingMs: trust.unbondingMs }
  const reader = openWith(path, () => new LedgerReader(options, { ask, ed25519: sodiumEd25519, clock }))
  return {
    reader,
    network,
    source: given === undefined ? (kept === undefined ? 'genesis' : 'kept') : 'checkpoint',
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

function openWith(path: string, open: () => LedgerReader): LedgerReader {
  try {
    return open()
  } catch (error) {
    if (!isBorgError(error)) throw error
    if (error.code === 'LIGHT_STATE_CORRUPT') {
      throw fileInvalid(
        `${path} is damaged or of another network: remove it, and checking begins anew with the genesis of the network`,
      )
    }
    if (error.code !== 'LIGHT_TRUST_EXPIRED') throw error
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
