import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { readEnvironment } from '../src/adapters/index.ts'
import { runCli } from '../src/cli/run-cli.ts'
import { Terminal } from '../src/cli/terminal.ts'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** One command line in this process. */
export async function run(args: readonly string[], stop = new AbortController()): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const env = readEnvironment({ NO_COLOR: '1', HOME: '/nowhere' })
  const terminal = new Terminal(stdout as unknown as NodeJS.WriteStream, stderr as unknown as NodeJS.WriteStream, env)
  const code = await runCli(args, env, terminal, stop.signal)
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

export const oneObject = (text: string): Record<string, unknown> => {
  assert.match(text, /^\{.*\}\n$/)
  assert.equal(text.indexOf('\n'), text.length - 1)
  return JSON.parse(text)
}
