import { readEnvironment } from '../adapters/index.ts'
import { runCli } from './run-cli.ts'
import { Terminal } from './terminal.ts'

const env = readEnvironment()
const stop = new AbortController()
let asked = 0
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    asked += 1
    // Once asks to end in order, twice means now.
    if (asked > 2) process.exit(130)
    stop.abort(new Error(`stopped by ${signal}`))
  })
}
// Whoever reads our output may have enough of it, as `head` has: then end in order, for there may be something to clean up.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    stop.abort(new Error('nobody reads the output any more'))
  })
}
process.exitCode = await runCli(
  process.argv.slice(2),
  env,
  new Terminal(process.stdout, process.stderr, env),
  stop.signal,
)
