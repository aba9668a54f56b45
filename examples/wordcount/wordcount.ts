import * as files from '../wasi/files.ts'
import * as counter from './count.ts'
import * as sha256 from './sha256.ts'

const BUFFER_BYTES: i32 = 262144
const buffer: usize = memory.data(262144, 16)

/** Counts lines, words and bytes of /in/<first argument> and hashes it, in one pass; prints one line of JSON. */
export function _start(): void {
  const args = files.programArguments()
  if (args.length !== 1) files.fail('usage: wordcount NAME, where /in/NAME is the file to count')
  const name = args[0]
  const input = files.openAt(files.IN, name, 0, files.READ)
  if (input < 0) files.fail(`cannot open /in/${name}: WASI error ${-input}`)
  sha256.begin()
  for (;;) {
    const length = files.readFully(input, buffer, BUFFER_BYTES)
    if (length < 0) files.fail(`cannot read /in/${name}: WASI error ${-length}`)
    counter.count(buffer, length)
    sha256.update(buffer, length)
    if (length < BUFFER_BYTES) break
  }
  files.close(input)
  const report = `{"bytes":${counter.bytes},"lines":${counter.lines},"words":${counter.words},"sha256":"${sha256.end()}"}\n`
  files.write(files.STDOUT, report)
  const output = files.openAt(files.OUT, 'report.json', files.CREATE | files.TRUNCATE, files.WRITE)
  if (output < 0) files.fail(`cannot create /out/report.json: WASI error ${-output}`)
  if (files.write(output, report) !== 0) files.fail('cannot write /out/report.json')
  files.close(output)
}
