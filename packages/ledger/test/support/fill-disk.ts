import assert from 'node:assert/strict'
import { closeSync, openSync, writeSync } from 'node:fs'

/** Takes all the room that is left on a disk for a file. */
export function fillDisk(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, new Uint8Array(4096))
  } catch (error) {
    assert.match(String(error), /ENOSPC/)
  } finally {
    closeSync(file)
  }
}
