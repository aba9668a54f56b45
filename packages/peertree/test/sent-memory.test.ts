import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NodeId } from '@borgios/core'
import type { ByteStream, ByteStreamListener } from '../src/engine/engine.ts'
import { BulkStream } from '../src/streams/bulk-stream.ts'
import { signerOf } from './support.ts'

const MIB = 1024 * 1024
const SECRET = 0xee

/** Keeps what it is given, as a multiplexer does whose peer does not read. */
class HeldStream implements ByteStream {
  readonly held: Uint8Array[] = []
  isFull = false
  #listener: ByteStreamListener | undefined

  listen(listener: ByteStreamListener): void {
    this.#listener = listener
  }
  write(bytes: Uint8Array): boolean {
    this.held.push(bytes)
    return !this.isFull
  }
  drain(): void {
    this.#listener?.onDrain()
  }
  pause(): void {}
  resume(): void {}
  async end(): Promise<void> {}
  abort(): void {}
}

const open = (stream: ByteStream): BulkStream => {
  const node = NodeId.fromBytes(signerOf(1).publicKey)
  return new BulkStream({ node, role: 'member' }, stream)
}
const turns = () => new Promise((resolve) => setImmediate(resolve))
const leaked = ({ held }: HeldStream): boolean => held.some((piece) => piece.includes(SECRET))

// Senders use their memory again, a store even for the plain text of other files.
describe('memory that was sent', () => {
  test('may change once `send` has resolved, although the bytes are still queued', async () => {
    const stream = new HeldStream()
    const payload = new Uint8Array(MIB).fill(1)
    await open(stream).send({ header: null, payload })
    payload.fill(SECRET)
    assert.ok(!leaked(stream))
    assert.equal(
      stream.held.reduce((sum, piece) => sum + piece.length, 0),
      8 + 4 + MIB,
    )
  })

  test('is not read any more once the stream was given up', async () => {
    const stream = new HeldStream()
    const bulk = open(stream)
    const payload = new Uint8Array(MIB).fill(1)
    stream.isFull = true
    const sends = [bulk.send({ header: null, payload }), bulk.send({ header: null, payload })]
    await turns()
    const written = stream.held.length
    assert.ok(written > 0)
    bulk.abort(new Error('given up'))
    payload.fill(SECRET)
    stream.isFull = false
    stream.drain()
    for (const send of sends) await assert.rejects(send, /given up/)
    await turns()
    assert.equal(stream.held.length, written)
    assert.ok(!leaked(stream))
  })
})
