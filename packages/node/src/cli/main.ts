import { readEnvironment } from '../adapters/index.ts'
import { exitCodeOfSignal } from './exit-codes.ts'
import { runCli } from './run-cli.ts'
import { Stopped } from './stopped.ts'
import { Terminal } from './terminal.ts'

const env = readEnvironment()
const stop = new AbortController()
let asked = 0
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    asked += 1
    // Once asks to end in order, twice means now (a terminal's Ctrl-C arrives twice: from it and from the program that handed over).
    if (asked > 2) process.exit(exitCodeOfSignal(signal))
    stop.abort(new Stopped(signal))
  })
}
// Whoever reads our output may have enough of it, as `head` has: then end in order, for there may be something to clean up.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') stop.abort(new Stopped('SIGPIPE'))
    // A node's stderr is a file: on a full disk nobody can be told, and the node lives on.
    else if (stream !== process.stderr) throw error
  })
}
process.exitCode = await runCli(
  process.argv.slice(2),
  env,
  new Terminal(process.stdout, process.stderr, env),
  stop.signal,
)
