import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { messageOf } from '@borgios/core'
import { localFile } from '../errors.ts'

/**
 * Writes beside the target and renames, so that the target is never half a file; through a link to where it leads. A device or pipe
 * cannot be replaced and is written to as it is. Throws NODE_LOCAL_FILE.
 */
export async function saveFile(target: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const found = await stat(target).catch(() => undefined)
  if (found?.isDirectory()) throw localFile(`${target} is a folder: say the name of the file, too`)
  if (found !== undefined && !found.isFile()) return writeInto(target, 'w', content)
  const path = found === undefined ? resolve(target) : await realpath(target)
  const partial = `${path}.${process.pid}.part`
  try {
    await writeInto(partial, 'wx', content)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

async function writeInto(path: string, flags: 'w' | 'wx', content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, flags).catch((cause) => {
    throw localFile(`${dirname(path)} cannot be written to: ${messageOf(cause)}`, { cause })
  })
  try {
    for await (const part of content) await writeAll(file, part)
    if (flags === 'wx') await file.sync()
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await file.writeFile(bytes)
  } catch (cause) {
    throw localFile(`the file cannot be written: ${messageOf(cause)}`, { cause })
  }
}
