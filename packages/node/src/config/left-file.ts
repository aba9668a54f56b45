import { rm } from 'node:fs/promises'
import { Type } from 'typebox'
import { checkedFile } from './checked-file.ts'
import type { NodePaths } from './data-folder.ts'

const file = checkedFile(Type.Literal(true), 'the note that a node has left')

/** What a node's folder knows of its leaving: only its user undoes it, by starting it with an invitation again. */
export interface LeaveNote {
  readonly isThere: boolean
  set(isThere: boolean): Promise<void>
}

/** Throws NODE_FILE_INVALID. */
export async function readLeaveNote(paths: Pick<NodePaths, 'left'>): Promise<LeaveNote> {
  let isThere = (await file.read(paths.left)) === true
  return {
    get isThere() {
      return isThere
    },
    async set(next) {
      await (next ? file.write(paths.left, true) : rm(paths.left, { force: true }))
      isThere = next
    },
  }
}
