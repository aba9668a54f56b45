import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { payloadBuffers } from '../src/streams/message-reader.ts'
import { openBulkStream } from '../src/streams/stream-opening.ts'
import { MemoryNet } from '../src/testing/memory-engine.ts'
import { startNode } from './session-support.ts'

test('a bulk stream that is given up before it is opened takes no place', async () => {
  const net = new MemoryNet()
  const [a, b] = [await startNode({ net, n: 710 }), await startNode({ net, n: 711 })]
  const session = await a.sessions.connect(b.self, b.engine.addresses())
  const modules = { timers: systemTimers, logger: silentLogger, services: a.services, buffers: payloadBuffers() }
  const given = new Error('given up')
  await assert.rejects(openBulkStream(session, 'test.stream', modules, AbortSignal.abort(given)), given)
  assert.ok(!session.isBusy)
  await Promise.all([a.sessions.stop(), b.sessions.stop()])
})
