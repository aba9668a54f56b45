import { limits } from '@borgios/core'
import { daemonForeign } from '../errors.ts'

const NEWLINE = 0x0a

/** The lines of a byte stream, the last one also without its line break. Throws NODE_DAEMON_FOREIGN on one without end. */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array = new Uint8Array()
  for await (const part of source) {
    const bytes = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part])
    const end = bytes.lastIndexOf(NEWLINE)
    if (end >= 0) yield* bytes.subarray(0, end).toString('utf8').split('\n')
    rest = bytes.subarray(end + 1)
    if (rest.length > limits.node.maxAnswerBytes) throw daemonForeign('the daemon sends a line without end')
  }
  if (rest.length > 0) yield Buffer.from(rest).toString('utf8')
}
