import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { createMemoryStreamPair, testNodeId } from '@borgios/peertree/testing'
import { PacedStream } from '../src/sync/paced-stream.ts'

const bounds = limits.ledgerSync
const tooSlow = { code: 'LEDGER_SYNC_SLOW' }
const nothing = { header: null, payload: new Uint8Array() }

function streamPair() {
  const time = new ManualTime()
  const { dialer, acceptor } = createMemoryStreamPair(
    { node: testNodeId(1), role: 'member' },
    { node: testNodeId(2), role: 'member' },
  )
  return { time, acceptor, paced: new PacedStream(dialer, { clock: time, timers: time }) }
}

test('who is silent, or does not read, is waited for only so long', async () => {
  const silent = streamPair()
  const coming = assert.rejects(silent.paced.receive(), tooSlow)
  silent.time.advance(bounds.messageMs)
  await coming

  const deaf = streamPair()
  for (let ahead = 0; ahead < 2; ahead += 1) await deaf.paced.send(nothing)
  const sent = assert.rejects(deaf.paced.send(nothing), tooSlow)
  deaf.time.advance(bounds.messageMs)
  await sent
})

test('who trickles is cut off, each message in time or not', async () => {
  const { time, acceptor, paced } = streamPair()
  const waitMs = bounds.messageMs - 1_000
  let got = 0
  await assert.rejects(async () => {
    for (; got < 20; got += 1) {
      const coming = paced.receive()
      time.advance(waitMs)
      acceptor.send(nothing).catch(() => undefined)
      await coming
    }
  }, tooSlow)
  assert(got >= 2 && got < 5, `${got} messages came`)
})

test('who keeps the pace may go on for as long as it takes', async () => {
  const { time, acceptor, paced } = streamPair()
  const payload = new Uint8Array(bounds.leastBytesPerSecond)
  for (let second = 0; second < 100; second += 1) {
    const coming = paced.receive()
    time.advance(1_000)
    await acceptor.send({ header: null, payload })
    assert.equal((await coming)?.payload.length, payload.length)
  }
})
