import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { PayloadBuffers } from '../src/streams/payload-buffers.ts'

const { maxStreamPayloadBytes, payloadBuffersKept, minKeptPayloadBytes } = limits.peertree

test('a buffer given back is used again, and only then', () => {
  const buffers = new PayloadBuffers()
  const first = buffers.take(maxStreamPayloadBytes)
  const second = buffers.take(maxStreamPayloadBytes)
  assert.notEqual(first.bytes.buffer, second.bytes.buffer)
  first.release()
  assert.equal(buffers.take(minKeptPayloadBytes).bytes.buffer, first.bytes.buffer)
})

test('giving back twice does not hand it to two', () => {
  const buffers = new PayloadBuffers()
  const { release } = buffers.take(maxStreamPayloadBytes)
  release()
  release()
  assert.notEqual(buffers.take(maxStreamPayloadBytes).bytes.buffer, buffers.take(maxStreamPayloadBytes).bytes.buffer)
})

test('no more are kept than the limit says', () => {
  const buffers = new PayloadBuffers()
  const taken = Array.from({ length: payloadBuffersKept + 1 }, () => buffers.take(maxStreamPayloadBytes))
  for (const { release } of taken) release()
  const again = new Set(
    Array.from({ length: payloadBuffersKept + 1 }, () => buffers.take(maxStreamPayloadBytes).bytes.buffer),
  )
  assert.equal(taken.filter(({ bytes }) => again.has(bytes.buffer)).length, payloadBuffersKept)
})

test('a small payload has a buffer of its own size', () => {
  const { bytes, release } = new PayloadBuffers().take(minKeptPayloadBytes - 1)
  assert.equal(bytes.buffer.byteLength, minKeptPayloadBytes - 1)
  release()
})
