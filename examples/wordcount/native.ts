import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** What the wordcount program prints of a file. */
export interface WordCount {
  readonly bytes: number
  readonly lines: number
  readonly words: number
  readonly sha256: string
}

const LINE_FEED = 0x0a
const SPACE = 0x20
const isSpace = (byte: number): boolean => byte === SPACE || (byte >= 0x09 && byte <= 0x0d)

/**
 * The same counts computed by Node itself, to compare with: a line is a line feed, a word a run of bytes other than space, tab, line
 * feed, vertical tab, form feed and carriage return.
 */
export async function countWords(content: AsyncIterable<Uint8Array>): Promise<WordCount> {
  const hash = createHash('sha256')
  let [bytes, lines, words] = [0, 0, 0]
  let afterSpace = true
  for await (const chunk of content) {
    hash.update(chunk)
    bytes += chunk.length
    for (const byte of chunk) {
      const space = isSpace(byte)
      if (byte === LINE_FEED) lines += 1
      if (afterSpace && !space) words += 1
      afterSpace = space
    }
  }
  return { bytes, lines, words, sha256: hash.digest('hex') }
}

// By hand: node examples/wordcount/native.ts FILE
const [, , path] = process.argv
if (import.meta.main && path !== undefined) console.log(JSON.stringify(await countWords(createReadStream(path))))
