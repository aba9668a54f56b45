import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { FrameKind } from '@borgios/protocol'
import fc from 'fast-check'
import type { ByteStream, ByteStreamListener } from '../src/engine/engine.ts'
import { FrameChannel } from '../src/session/frame-channel.ts'
import { FrameReader } from '../src/session/frame-reader.ts'
import { code, collect } from './support.ts'

/** The wire form of a frame: length, kind, payload. */
function frameOf(payload: Uint8Array, kind = FrameKind.request): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + 1)
  head[4] = kind
  return Buffer.concat([head, payload])
}

/** A channel whose peer is played by hand. */
function channel() {
  const time = new ManualTime()
  let peer: ByteStreamListener | undefined
  const stream: ByteStream = {
    listen: (listener) => {
      peer = listener
    },
    write: () => true,
    pause() {},
    resume() {},
    end: () => Promise.resolve(),
    abort() {},
  }
  const frames: Uint8Array[] = []
  const ends: (Error | undefined)[] = []
  const listener = {
    onFrame: (_kind: number, payload: Uint8Array) => frames.push(payload.slice()),
    onEnd: (reason: Error | undefined) => ends.push(reason),
  }
  const made = new FrameChannel(stream, time, listener)
  return {
    time,
    frames,
    ends,
    letIn: () => made.handOver(limits.peertree.maxFrameBytes, listener),
    says: (bytes: Uint8Array) => peer?.onData(bytes),
  }
}

test('any frames survive any cutting into pieces', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 6 })
  fc.assert(
    fc.property(payloads, fc.array(fc.nat(2_000), { maxLength: 40 }), (sent, cuts) => {
      const whole = Buffer.concat(sent.map((payload) => frameOf(payload)))
      const reader = new FrameReader()
      const read: number[][] = []
      for (let position = 0, index = 0; position < whole.length; index += 1) {
        const length = (cuts[index] ?? 0) + 1
        let chunk: Uint8Array = whole.subarray(position, position + length)
        position += length
        while (chunk.length > 0) {
          const { consumed, frame } = reader.take(chunk)
          if (frame !== undefined) read.push([...frame.subarray(1)])
          chunk = chunk.subarray(consumed)
        }
      }
      assert.ok(reader.isBetween)
      assert.deepEqual(
        read,
        sent.map((payload) => [...payload]),
      )
    }),
  )
})

test('of a frame that comes in crumbs none is kept, only their bytes', async () => {
  const { says, letIn, frames } = channel()
  letIn()
  const payload = new Uint8Array(300).map((_, index) => index)
  const crumbs: WeakRef<Uint8Array>[] = []
  for (const byte of frameOf(payload).subarray(0, 304)) {
    const crumb = Uint8Array.of(byte)
    crumbs.push(new WeakRef(crumb))
    says(crumb)
  }
  await new Promise(setImmediate)
  collect()
  // A variable of this test may still hold the last one.
  assert.ok(crumbs.filter((crumb) => crumb.deref() !== undefined).length <= 1)
  assert.equal(frames.length, 0)
  says(payload.subarray(299))
  assert.deepEqual(frames, [payload])
})

test('an announced length costs nothing until its bytes come', () => {
  const readers = Array.from({ length: 200 }, () => new FrameReader())
  const head = frameOf(new Uint8Array(limits.peertree.maxHelloBytes - 1)).subarray(0, 10)
  collect()
  const before = process.memoryUsage().arrayBuffers
  for (const reader of readers) reader.take(head)
  const kept = process.memoryUsage().arrayBuffers - before
  assert.ok(kept < readers.length * 2_048, `${kept} bytes for ${readers.length} announced frames`)
})

test('before it is let in a peer sends no more than a hello', () => {
  const { maxHelloBytes, maxFrameBytes } = limits.peertree
  const stranger = channel()
  stranger.says(frameOf(new Uint8Array(maxHelloBytes - 1)))
  assert.equal(stranger.frames.length, 1)
  stranger.says(frameOf(new Uint8Array(maxHelloBytes)).subarray(0, 5))
  assert.equal(stranger.ends.length, 1)
  assert.ok(code('PEERTREE_MISBEHAVED')(stranger.ends[0]))
  const peer = channel()
  peer.letIn()
  peer.says(frameOf(new Uint8Array(maxFrameBytes - 1)))
  assert.equal(peer.frames.length, 1)
})

test('a frame that is begun must end in time, and only that', () => {
  const { says, time, ends, frames } = channel()
  const frame = frameOf(new Uint8Array(8))
  const { frameTimeoutMs } = limits.peertree
  for (let round = 0; round < 3; round += 1) {
    says(frame.subarray(0, 2))
    time.advance(frameTimeoutMs - 1)
    says(frame.subarray(2))
  }
  time.advance(10 * frameTimeoutMs)
  assert.equal(frames.length, 3)
  assert.deepEqual(ends, [])
  says(frame)
  says(frame.subarray(0, 2))
  time.advance(frameTimeoutMs - 1)
  says(frame.subarray(2, 4))
  assert.deepEqual(ends, [])
  time.advance(1)
  assert.equal(ends.length, 1)
  assert.ok(code('PEERTREE_TOO_SLOW')(ends[0]))
})
