import { readFile } from 'node:fs/promises'
import { writeFileDurably } from '@borgios/core/adapters'
import { isAlive, markOf, type ProcessMark } from '../adapters/index.ts'

/** Notes which process runs a folder's daemon, with the moment it began, so that a reused number is not taken for it. */
export async function writePidFile(path: string): Promise<void> {
  const mark = markOf(process.pid)
  await writeFileDurably(path, `${process.pid} ${mark?.born ?? '-'}\n`)
}

/** The daemon's process if it is alive. */
export async function readPidFile(path: string): Promise<ProcessMark | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const match = /^(\d{1,10}) (\S{1,64})\n$/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const mark = { pid: Number(match[1]), born: match[2] }
  return isAlive(mark) ? mark : undefined
}
