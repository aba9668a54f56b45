import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { messageOf } from '@borgios/core'
import { localFile, localFileExists, localFileMissing, notAFile } from '../errors.ts'
import { isMissing } from './local-file.ts'

/** What writing to a path will do: make a file, replace one, or write into a device or pipe. */
export type TargetKind = 'new' | 'file' | 'device'

/**
 * Looks at a target before anything is fetched for it. Throws NODE_NOT_A_FILE for a folder, NODE_LOCAL_FILE_MISSING when there is no
 * folder for it, NODE_LOCAL_FILE_EXISTS for a file that must stay.
 */
export async function inspectTarget(target: string, mayReplace = true): Promise<TargetKind> {
  const found = await stat(target).catch(() => undefined)
  if (found?.isDirectory()) throw notAFile(`${target} is a folder: say the name of the file, too`)
  if (found !== undefined && !found.isFile()) return 'device'
  if (found !== undefined && !mayReplace)
    throw localFileExists(`${target} is there already and stays as it is: name another with -o`)
  const folder = dirname(resolve(target))
  await stat(folder).catch((cause) => {
    throw isMissing(cause)
      ? localFileMissing(`there is no folder ${folder}: make it first`, { cause })
      : localFile(`${folder} cannot be looked into: ${messageOf(cause)}`, { cause })
  })
  return found === undefined ? 'new' : 'file'
}

/**
 * Writes beside the target and renames, so that the target is never half a file; through a link to where it leads. A device or pipe
 * cannot be replaced and is written to as it is. Throws NODE_LOCAL_FILE and what {@link inspectTarget} throws.
 */
export async function saveFile(target: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const kind = await inspectTarget(target)
  if (kind === 'device') return writeInto(target, 'w', target, content)
  const path = kind === 'new' ? resolve(target) : await realpath(target)
  const partial = `${path}.${process.pid}.part`
  try {
    await writeInto(partial, 'wx', target, content)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** `target` names the file in errors. */
async function writeInto(
  path: string,
  flags: 'w' | 'wx',
  target: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await open(path, flags).catch((cause) => {
    throw localFile(`${target} cannot be written here (${codeOf(cause)})`, { cause })
  })
  try {
    for await (const part of content) await writeAll(file, target, part)
    if (flags === 'wx') await file.sync()
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, target: string, bytes: Uint8Array): Promise<void> {
  try {
    await file.writeFile(bytes)
  } catch (cause) {
    throw localFile(`${target} cannot be written to its end (${codeOf(cause)}): is the disk full?`, { cause })
  }
}

/** Such as `EACCES`: the message of the error would name the file that is written first. */
const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : messageOf(cause)
