import { createReadStream } from 'node:fs'
import { MIB } from '@borgios/core'

/** The ASCII white space that parts words, as `wc` has it in the C locale. */
const SPACES = new Uint8Array(256)
for (const byte of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20]) SPACES[byte] = 1
const NEWLINE = 0x0a

export interface WordCount {
  readonly lines: number
  readonly words: number
  readonly bytes: number
}

/** Lines, words and bytes of a file, counted here in JavaScript: what the job's answer is held against. */
export async function countNatively(path: string): Promise<WordCount> {
  let [lines, words, bytes] = [0, 0, 0]
  let isInWord = false
  for await (const part of createReadStream(path, { highWaterMark: MIB }) as AsyncIterable<Buffer>) {
    bytes += part.length
    for (const byte of part) {
      if (byte === NEWLINE) lines += 1
      const isSpace = SPACES[byte] === 1
      if (!isSpace && !isInWord) words += 1
      isInWord = !isSpace
    }
  }
  return { lines, words, bytes }
}
