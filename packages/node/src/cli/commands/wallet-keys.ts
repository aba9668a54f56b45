import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf } from '@borgios/core'
import { systemRandom } from '@borgios/core/adapters'
import { accountIdOf, nobleEd25519 } from '@borgios/crypto'
import { localFile, usageError } from '../../errors.ts'
import { type CliContext, showResult } from '../context.ts'
import { walletSeedIn } from '../own-folder.ts'
import { inspectTarget } from '../save-file.ts'

export interface ExportOptions {
  readonly secret?: boolean
  readonly output?: string
}

const WARNING = 'Whoever has this key can spend all that is on the account: keep it where nobody else reads it.'

/** Shows the account of the wallet in the data folder; its key only when asked for. Nothing needs to run for it. */
export async function exportWallet(context: CliContext, { secret = false, output }: ExportOptions): Promise<void> {
  if (output !== undefined && !secret) throw usageError('-o is for the key: say --secret, too, or leave both away')
  const seed = await walletSeedIn(context.dataFolder)
  const account = accountOfSeed(seed)
  if (!secret) return showResult(context, { account }, () => [account])
  if (output !== undefined) {
    await saveKey(output, seed)
    context.terminal.note(WARNING)
    return showResult(context, { account, file: resolve(output) }, () => [`The key of ${account} is in ${output}.`])
  }
  const hex = Buffer.from(seed).toString('hex')
  context.terminal.note(WARNING)
  await showResult(context, { account, secret: hex }, () => [hex])
}

/** Makes the key of an account that no node knows. */
export async function createWallet(context: CliContext, { out }: { readonly out: string }): Promise<void> {
  const seed = systemRandom.bytes(32)
  await saveKey(out, seed)
  const account = accountOfSeed(seed)
  await showResult(context, { account, file: resolve(out) }, () => [account])
  if (!context.json) context.terminal.note(`Its key is in ${out}. ${WARNING}`)
}

const accountOfSeed = (seed: Uint8Array) => accountIdOf(nobleEd25519.signerFromSeed(seed).publicKey)

/** Throws NODE_LOCAL_FILE_EXISTS, and what `inspectTarget` throws. */
async function saveKey(path: string, seed: Uint8Array): Promise<void> {
  const kind = await inspectTarget(path, false)
  if (kind === 'device') throw usageError(`${path} is no file: a key goes into a file of its own`)
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw localFile(`${path} cannot be written here: ${messageOf(cause)}`, { cause })
  })
  try {
    await file.writeFile(seed)
    await file.sync()
  } finally {
    await file.close()
  }
}
