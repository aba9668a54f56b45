import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { MIB } from '@borgios/core'
import { defaultJobLimits } from '../../src/index.ts'
import { bubblewrapCommand, FD } from '../../src/sandbox/bubblewrap-command.ts'
import { assembleSeccompFilter } from '../../src/sandbox/seccomp-filter.ts'
import { sharedLibraries } from '../../src/sandbox/shared-libraries.ts'

export interface InSandbox {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs something else than the runner inside the very same bubblewrap and seccomp configuration. */
export async function runInSandbox(
  folder: string,
  what: { readonly executable: Uint8Array } | { readonly script: string },
): Promise<InSandbox> {
  await mkdir(join(folder, 'in'), { recursive: true })
  for (const name of ['task.json', 'program.wasm']) await writeFile(join(folder, name), '{}')
  await writeFile(join(folder, 'in', 'data'), 'input')
  await writeFile(join(folder, 'filter'), assembleSeccompFilter(process.arch === 'x64' ? 'x64' : 'arm64'))
  const executable = join(folder, 'executable')
  const script = join(folder, 'script.mjs')
  await writeFile(executable, 'executable' in what ? what.executable : '', { mode: 0o755 })
  await writeFile(script, 'script' in what ? what.script : '')
  const programs = {
    prlimit: '/usr/bin/prlimit',
    bubblewrap: '/usr/bin/bwrap',
    node: 'executable' in what ? executable : process.execPath,
    libraries: await sharedLibraries(process.execPath),
    runner: script,
  }
  const [program, ...args] = bubblewrapCommand(programs, folder, { ...defaultJobLimits, outputBytes: MIB })
  const filter = openSync(join(folder, 'filter'), 'r')
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', filter, 'pipe', 'pipe'], env: {} })
  closeSync(filter)
  const stdio = child.stdio as readonly unknown[]
  ;(stdio[FD.gate] as Writable).end('1')
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, stdout: Buffer.concat(stdout), stderr }
}
