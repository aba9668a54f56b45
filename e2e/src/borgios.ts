import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** The program as a user starts it. */
export const PROGRAM = fileURLToPath(new URL('../../packages/node/bin/borgios.mjs', import.meta.url))

/** What a run of the program came to. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Sends a signal once what the program wrote to stderr or to stdout matches. */
export interface StopAt {
  readonly said: RegExp
  readonly signal: NodeJS.Signals
  /** Awaited before the signal is sent. */
  readonly meanwhile?: () => Promise<void>
}

export interface RunOptions {
  readonly input?: string | AsyncIterable<Uint8Array>
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  readonly stopAt?: StopAt
  /** Where it runs. */
  readonly folder?: string
  /** Instead of this test's own Node, e.g. another one on the machine. */
  readonly node?: string
}

/** Runs `borgios` with these words and resolves when it has ended, whatever its exit code. */
export function borgios(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.node ?? process.execPath, [PROGRAM, ...words], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: options.folder,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
    })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    options.signal?.addEventListener('abort', () => child.kill('SIGINT'))
    let { stopAt } = options
    const collect = (output: Readable, chunks: Buffer[]): void => {
      output.on('data', (bytes) => {
        chunks.push(bytes)
        if (!stopAt?.said.test(Buffer.concat(chunks).toString())) return
        const { signal, meanwhile } = stopAt
        stopAt = undefined
        Promise.resolve(meanwhile?.()).then(
          () => child.kill(signal),
          (error) => {
            child.kill('SIGKILL')
            reject(error)
          },
        )
      })
    }
    collect(child.stdout, stdout)
    collect(child.stderr, stderr)
    child.stdin.on('error', () => {})
    const { input = '' } = options
    if (typeof input === 'string') child.stdin.end(input)
    else pipeline(Readable.from(input), child.stdin).catch(() => {})
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    )
  })
}

/** The one object on the one line that `--json` writes. Throws when there is more or less. */
export function jsonOf(outcome: Outcome): Record<string, unknown> {
  const lines = outcome.stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line: ${outcome.stdout}\n${outcome.stderr}`)
  return JSON.parse(lines[0] ?? '')
}
