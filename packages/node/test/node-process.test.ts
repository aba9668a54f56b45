import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBorgError, limits } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { startNodeProcess } from '../src/embedded/node-process.ts'
import { temporaryFolder } from './node-fixture.ts'

/** Processes whose command line names a folder. */
const processesOf = (folder: string): readonly string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })

test('a process that cannot begin is a start that failed', async () => {
  await using temporary = await temporaryFolder()
  const program = process.execPath
  process.execPath = '/nowhere/node'
  try {
    await assert.rejects(
      startNodeProcess(temporary.path, systemTimers, new AbortController().signal),
      (error) => isBorgError(error) && error.code === 'NODE_START_FAILED',
    )
  } finally {
    process.execPath = program
  }
})

test('a process that hangs while starting is killed when its time is over', async () => {
  await using temporary = await temporaryFolder()
  const folder = join(temporary.path, 'node')
  await mkdir(folder)
  // Reading a pipe that nobody writes to never ends.
  execFileSync('mkfifo', [join(folder, 'genesis.json')])
  let started = 0
  const timers = {
    ...systemTimers,
    after(delayMs: number, callback: () => void) {
      const isStart = delayMs === limits.node.startTimeoutMs
      if (isStart) started = processesOf(folder).length
      return systemTimers.after(isStart ? 1_000 : delayMs, callback)
    },
  }
  await assert.rejects(
    startNodeProcess(folder, timers, new AbortController().signal),
    (error) => isBorgError(error) && error.code === 'NODE_START_TIMEOUT',
  )
  assert.equal(started, 1)
  assert.deepEqual(processesOf(folder), [])
})
