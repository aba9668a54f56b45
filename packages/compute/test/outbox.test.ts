import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerStream, StreamMessage } from '@borgios/peertree'
import { Outbox } from '../src/outbox.ts'

test('signs of life are left out while anything is on its way', async () => {
  const sent: StreamMessage[] = []
  let taken = Promise.withResolvers<void>()
  const stream: Pick<PeerStream, 'send'> = {
    send(message) {
      sent.push(message)
      return taken.promise
    },
  }
  const outbox = new Outbox<string>(stream as PeerStream)
  const first = outbox.send('log')
  await outbox.sendIfIdle('alive')
  await outbox.sendIfIdle('alive')
  taken.resolve()
  await first
  taken = Promise.withResolvers()
  taken.resolve()
  await outbox.sendIfIdle('alive')
  assert.deepEqual(
    sent.map(({ header }) => header),
    ['log', 'alive'],
  )
})
