import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeBase64Url, limits, MIB } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import type { DaemonEvent } from '@borgios/protocol'
import { JobLog, readJobLog } from '../src/daemon/job-log.ts'
import { temporaryFolder } from './node-fixture.ts'

async function eventsOf(path: string): Promise<DaemonEvent[]> {
  const { signal } = new AbortController()
  const events: DaemonEvent[] = []
  for await (const event of readJobLog(path, { isGrowing: async () => false, timers: systemTimers, signal })) {
    events.push(event)
  }
  return events
}

const printed = (events: readonly DaemonEvent[]): Buffer =>
  Buffer.concat(
    events
      .map((event) => (event.event === 'log' ? (decodeBase64Url(event.data) ?? []) : []))
      .map((bytes) => Buffer.from(bytes)),
  )

test('a job that prints as much as it may byte by byte is kept whole', async () => {
  await using temporary = await temporaryFolder()
  const path = join(temporary.path, 'log')
  const log = await JobLog.create(path, MIB)
  const content = Buffer.alloc(MIB).map((_, index) => index % 251)
  for (let index = 0; index < MIB; index += 1) log.print('stdout', content.subarray(index, index + 1))
  await log.close()
  assert(printed(await eventsOf(path)).equals(content))
  assert((await stat(path)).size < 2 * MIB)
})

test('the largest log a job may ask for is kept whole', async () => {
  await using temporary = await temporaryFolder()
  const path = join(temporary.path, 'log')
  const log = await JobLog.create(path, 64 * MIB)
  for (let piece = 0; piece < 2048; piece += 1) log.print('stdout', Buffer.alloc(MIB / 32, piece))
  await log.close()
  assert.equal(printed(await eventsOf(path)).length, 64 * MIB)
})

test('streams and events keep their order; a log that is full says so once, and another attempt begins anew', async () => {
  await using temporary = await temporaryFolder()
  const path = join(temporary.path, 'log')
  const log = await JobLog.create(path, 0)
  log.print('stdout', Buffer.from('a'))
  log.print('stderr', Buffer.from('b'))
  log.append({ event: 'state', state: 'running', node: null, why: '' })
  log.print('stderr', Buffer.from('c'))
  for (let piece = 0; piece < 3; piece += 1) log.print('stdout', Buffer.alloc(limits.node.jobLogSpareBytes))
  log.append({ event: 'restart', why: 'it fell' })
  log.print('stdout', Buffer.from('d'))
  await log.close()
  const kinds = (await eventsOf(path)).map((event) => {
    if (event.event === 'log') return Buffer.from(decodeBase64Url(event.data) ?? []).toString()
    return event.event === 'state' && event.why !== '' ? event.why : event.event
  })
  assert.deepEqual(kinds, ['a', 'b', 'state', 'c', 'its log is full: what follows is not kept', 'restart', 'd'])
})
