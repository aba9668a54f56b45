import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBorgError, limits } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { FILE_BYTES_HEADER, FILE_NAME_HEADER, OUTCOME_TRAILER } from '@borgios/protocol'
import { DaemonClient, type DeliveredFile } from '../src/client/daemon-client.ts'
import { temporaryFolder } from './node-fixture.ts'

const SILENCE_MS = 200
const quickTimers = {
  ...systemTimers,
  after: (delayMs: number, callback: () => void) =>
    systemTimers.after(delayMs === limits.node.eventSilenceMs ? SILENCE_MS : delayMs, callback),
}

/** Opens a file of ten bytes of which a daemon has sent five; `daemon` is how it goes on. */
async function withHalfAFile(use: (file: DeliveredFile, daemon: ServerResponse) => Promise<void>): Promise<void> {
  await using temporary = await temporaryFolder()
  const socket = join(temporary.path, 's')
  const server = createServer().listen(socket)
  await once(server, 'listening')
  try {
    const asked = once(server, 'request')
    const opening = new DaemonClient(socket, quickTimers).open('x')
    const [, response] = (await asked) as [unknown, ServerResponse]
    response.writeHead(200, { trailer: OUTCOME_TRAILER, [FILE_BYTES_HEADER]: 10, [FILE_NAME_HEADER]: 'x' })
    response.write('01234')
    await use(await opening, response)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('a reader that takes its time is served, whatever its pause', () =>
  withHalfAFile(async (file, daemon) => {
    let text = ''
    for await (const part of file.content) {
      text += Buffer.from(part).toString()
      if (text.length === 10) continue
      await systemTimers.sleep(3 * SILENCE_MS)
      daemon.write('56789')
      daemon.addTrailers({ [OUTCOME_TRAILER]: 'ok' })
      daemon.end()
    }
    assert.equal(text, '0123456789')
  }))

test('a daemon that falls silent while a reader waits is said to be frozen', () =>
  withHalfAFile(async (file) => {
    const reading = async () => {
      for await (const part of file.content) assert.equal(part.length, 5)
    }
    await assert.rejects(reading, (error) => isBorgError(error) && error.code === 'NODE_DAEMON_SILENT')
  }))
