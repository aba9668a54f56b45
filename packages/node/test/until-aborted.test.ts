import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR_MS } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { untilAborted } from '../src/daemon/until-aborted.ts'

test('a node waits for its signal for months, and no longer than its signal', async () => {
  const time = new ManualTime()
  const stop = new AbortController()
  let hasEnded = false
  const waiting = untilAborted(stop.signal, time).then(() => {
    hasEnded = true
  })
  for (let hour = 0; hour < 60 * 24; hour += 1) {
    time.advance(HOUR_MS)
    await new Promise(setImmediate)
  }
  assert(!hasEnded)
  stop.abort()
  await waiting
  await untilAborted(stop.signal, time)
})
