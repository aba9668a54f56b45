import { closeSync, constants, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { limits } from '@borgios/core'

/** A form of a socket's path that fits into a socket address, for as long as it is held. */
export interface SocketPath extends Disposable {
  readonly path: string
}

/**
 * Linux allows 107 bytes. A longer path is reached through a descriptor of its folder, /proc/self/fd/N/name, so data folders may lie
 * as deep as they like.
 */
export function openSocketPath(path: string): SocketPath {
  if (Buffer.byteLength(path) <= limits.node.maxSocketPathBytes) return { path, [Symbol.dispose]() {} }
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${folder}/${basename(path)}`, [Symbol.dispose]: () => closeSync(folder) }
}
