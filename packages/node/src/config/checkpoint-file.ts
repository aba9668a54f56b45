import { type NetworkId, NetworkId as NetworkIds } from '@borgios/core'
import { type Checkpoint, compareBytes, decodeCheckpoint, encodeCheckpoint } from '@borgios/protocol'
import { Type } from 'typebox'
import { fileInvalid } from '../errors.ts'
import { checkedFile } from './checked-file.ts'
import type { NodePaths } from './data-folder.ts'

/** A checkpoint of the ledger as text: base64 of its bytes, about 3,300 characters with the largest committee. */
export const CheckpointTextSchema = Type.String({ minLength: 1, maxLength: 8_192 })

const file = checkedFile(CheckpointTextSchema, 'a checkpoint of a ledger')

/**
 * The newest place of the ledger that this folder's user believes without a proof: of its own node, or by the word of who invited it. Undefined
 * if there is none. Throws NODE_FILE_INVALID.
 */
export async function readCheckpoint(paths: NodePaths, network: NetworkId): Promise<Checkpoint | undefined> {
  const text = await file.read(paths.checkpoint)
  return text === undefined ? undefined : checkpointOf(text, network, paths.checkpoint)
}

/** Throws NODE_FILE_INVALID; `from` names the text in it. */
export function checkpointOf(text: string, network: NetworkId, from: string): Checkpoint {
  let checkpoint: Checkpoint
  try {
    checkpoint = decodeCheckpoint(new Uint8Array(Buffer.from(text, 'base64')))
  } catch (cause) {
    throw fileInvalid(`${from} holds no checkpoint of a ledger`, { cause })
  }
  if (compareBytes(checkpoint.network, NetworkIds.toBytes(network)) === 0) return checkpoint
  throw fileInvalid(`the checkpoint in ${from} is one of another network`)
}

export const checkpointText = (checkpoint: Checkpoint): string =>
  Buffer.from(encodeCheckpoint(checkpoint)).toString('base64')

/** Puts it in the place of an older one. One that cannot be read is older. */
export async function keepCheckpoint(paths: NodePaths, network: NetworkId, checkpoint: Checkpoint): Promise<void> {
  const held = await readCheckpoint(paths, network).catch(() => undefined)
  if (held === undefined || held.height < checkpoint.height)
    await file.write(paths.checkpoint, checkpointText(checkpoint))
}
