import { access, constants, type FileHandle, open, stat } from 'node:fs/promises'
import { messageOf } from '@borgios/core'
import { localFile, localFileMissing, notAFile, notWasm } from '../errors.ts'

/** What a module of WebAssembly begins with: its magic and version 1 (WebAssembly core specification, 5.5.16). */
const WASM_HEAD = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])

/**
 * The size of a file of this machine that is to be read; undefined for a pipe or device, which may be read, too. Throws
 * NODE_LOCAL_FILE_MISSING, NODE_NOT_A_FILE for a folder, NODE_LOCAL_FILE when it may not be read.
 */
export async function readableSize(path: string): Promise<number | undefined> {
  const found = await stat(path).catch((cause) => {
    if (isMissing(cause)) throw localFileMissing(`there is no file ${path}`, { cause })
    throw localFile(`${path} cannot be read: ${messageOf(cause)}`, { cause })
  })
  if (found.isDirectory()) throw notAFile(`${path} is a folder: give its files one by one, or pack them with tar`)
  await access(path, constants.R_OK).catch((cause) => {
    throw localFile(`${path} may not be read by you`, { cause })
  })
  return found.isFile() ? found.size : undefined
}

/** Throws NODE_NOT_WASM for a file that is no program, before anything of it is sent anywhere, and what {@link readableSize} throws. */
export async function assertProgram(path: string): Promise<void> {
  await readableSize(path)
  const file = await open(path, 'r')
  const head = await headOf(file).finally(() => file.close())
  if (!head.equals(WASM_HEAD)) {
    throw notWasm(`${path} is no WebAssembly module: a job is a WASI program, such as a compiler makes as a .wasm file`)
  }
}

async function headOf(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(WASM_HEAD.length), 0, WASM_HEAD.length, 0)
  return buffer.subarray(0, bytesRead)
}

/** Whether an error of the file system says that nothing is there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
