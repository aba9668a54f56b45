import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { limits, type NodeId } from '@borgios/core'
import type { ByteStream, Connection, Engine } from '../src/engine/engine.ts'
import { code, until } from './support.ts'

export interface EngineUnderTest {
  readonly engine: Engine
  readonly self: NodeId
}

/** Records everything that happens on one stream. */
export class Recorder {
  readonly chunks: Uint8Array[] = []
  bytes = 0
  ended = false
  closed = false
  drains = 0
  readonly stream: ByteStream

  constructor(stream: ByteStream, onData: (recorder: Recorder) => void = () => {}) {
    this.stream = stream
    stream.listen({
      onData: (chunk) => {
        assert.ok(chunk.length > 0, 'no empty chunk is delivered')
        assert.ok(!this.ended && !this.closed, 'nothing is delivered after the end')
        this.chunks.push(chunk)
        this.bytes += chunk.length
        onData(this)
      },
      onDrain: () => {
        this.drains += 1
      },
      onEnd: () => {
        assert.ok(!this.closed, 'the end comes before the close')
        this.ended = true
      },
      onClose: () => {
        assert.ok(!this.closed, 'the close comes once')
        this.closed = true
      },
    })
  }

  text(): string {
    return Buffer.concat(this.chunks).toString()
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const signal = (): AbortSignal => AbortSignal.timeout(10_000)

/** What every {@link Engine} has to do. `make` gives a new engine that serves the protocols `/test/a` and `/test/b`. */
export function engineCompliance(name: string, make: () => Promise<EngineUnderTest>): void {
  describe(`engine: ${name}`, () => {
    let here: EngineUnderTest
    let there: EngineUnderTest
    const inbound: Connection[] = []
    const streams: { protocol: string; recorder: Recorder; connection: Connection }[] = []
    let onData: (recorder: Recorder) => void = () => {}

    before(async () => {
      here = await make()
      there = await make()
      await here.engine.start({ onConnection: () => {}, onStream: () => {} })
      await there.engine.start({
        onConnection: (connection) => inbound.push(connection),
        onStream: (connection, protocol, stream) =>
          streams.push({ protocol, connection, recorder: new Recorder(stream, (recorder) => onData(recorder)) }),
      })
    })
    after(async () => {
      await here.engine.stop()
      await there.engine.stop()
    })

    const connect = async (): Promise<Connection> => {
      inbound.length = 0
      const connection = await here.engine.dial(there.engine.addresses(), there.self, signal())
      await until(() => inbound.length === 1)
      return connection
    }
    const open = async (connection: Connection, protocol = '/test/a') => {
      streams.length = 0
      const near = new Recorder(await connection.openStream(protocol, signal()))
      near.stream.write(bytesOf('!'))
      await until(() => streams[0] !== undefined && streams[0].recorder.bytes === 1)
      const far = streams[0]?.recorder
      assert.ok(far)
      return { near, far }
    }

    test('both ends know who the other is', async () => {
      const connection = await connect()
      assert.equal(connection.remote, there.self)
      assert.equal(connection.direction, 'outbound')
      assert.equal(inbound[0]?.remote, here.self)
      assert.equal(inbound[0]?.direction, 'inbound')
      connection.abort(new Error('test is over'))
    })

    test('a dial of nobody and of someone else fails with PEERTREE_UNREACHABLE', async () => {
      await assert.rejects(here.engine.dial([], undefined, signal()), code('PEERTREE_UNREACHABLE'))
      await assert.rejects(
        here.engine.dial(['/ip4/127.0.0.1/tcp/1'], undefined, signal()),
        code('PEERTREE_UNREACHABLE'),
      )
      await assert.rejects(here.engine.dial(['nonsense'], undefined, signal()), code('PEERTREE_UNREACHABLE'))
      const stranger = (await make()).self
      const bare = there.engine.addresses().map((address) => address.replace(/\/p2p\/.*/, ''))
      await assert.rejects(here.engine.dial(bare, stranger, signal()), code('PEERTREE_UNREACHABLE'))
    })

    test('a dial ends when its signal aborts', async () => {
      const reason = new Error('changed my mind')
      await assert.rejects(here.engine.dial(there.engine.addresses(), undefined, AbortSignal.abort(reason)), reason)
    })

    test('bytes arrive in order, both ways', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      for (const word of ['to ', 'be ', 'or ', 'not']) near.stream.write(bytesOf(word))
      far.stream.write(bytesOf('that is the question'))
      await until(() => far.text() === '!to be or not' && near.text() === 'that is the question')
      connection.abort(new Error('test is over'))
    })

    test('each protocol gets its own streams', async () => {
      const connection = await connect()
      await open(connection, '/test/b')
      assert.equal(streams[0]?.protocol, '/test/b')
      assert.equal(streams[0]?.connection, inbound[0])
      connection.abort(new Error('test is over'))
    })

    test('an end is told after all bytes; when both ended the stream is closed and writes throw', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      near.stream.write(bytesOf('last words'))
      await near.stream.end()
      assert.throws(() => near.stream.write(bytesOf('more')), code('PEERTREE_CLOSED'))
      await until(() => far.ended)
      assert.equal(far.text(), '!last words')
      assert.equal(far.closed, false)
      far.stream.write(bytesOf('still writing'))
      await far.stream.end()
      await until(() => near.ended && near.closed && far.closed)
      assert.equal(near.text(), 'still writing')
      connection.abort(new Error('test is over'))
    })

    test('an end while the reader is paused is told after it resumed and read everything', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      far.stream.pause()
      near.stream.write(bytesOf('patience'))
      await near.stream.end()
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.equal(far.text(), '!')
      assert.equal(far.ended, false)
      far.stream.resume()
      await until(() => far.ended)
      assert.equal(far.text(), '!patience')
      connection.abort(new Error('test is over'))
    })

    test('an abort closes both ends without an end', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      near.stream.abort(new Error('enough'))
      await until(() => near.closed && far.closed)
      assert.equal(far.ended, false)
      near.stream.abort(new Error('again'))
      assert.throws(() => far.stream.write(bytesOf('x')), code('PEERTREE_CLOSED'))
      connection.abort(new Error('test is over'))
    })

    test('when the connection goes, its streams close without an end and both ends hear of it', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      let heard = 0
      connection.onClose(() => {
        heard += 1
      })
      inbound[0]?.onClose(() => {
        heard += 1
      })
      connection.abort(new Error('cable cut'))
      await until(() => heard === 2 && near.closed && far.closed)
      assert.equal(far.ended, false)
      connection.onClose(() => {
        heard += 1
      })
      await until(() => heard === 3)
      await assert.rejects(connection.openStream('/test/a', signal()))
    })

    test('a close in peace hands over everything written before it', async () => {
      for (let round = 0; round < 5; round += 1) {
        const connection = await connect()
        const { near, far } = await open(connection)
        const words = new Uint8Array(200_000).fill(round)
        near.stream.write(words)
        await near.stream.end()
        await connection.close()
        await until(() => far.ended && far.closed)
        assert.equal(far.bytes, 1 + words.length)
      }
    })

    test('a last word is heard although the connection is closed right behind it', async () => {
      for (let round = 0; round < 40; round += 1) {
        const [near] = await Promise.all([open(await connect())])
        const accepted = inbound[0]
        assert.ok(accepted)
        near.far.stream.write(bytesOf('refused'))
        void near.far.stream.end()
        void accepted.close()
        await until(() => near.near.closed)
        assert.equal(near.near.text(), 'refused', `round ${round}`)
        assert.equal(near.near.ended, true)
      }
    })

    test('connections that break at any moment, from either end, harm nothing else', async () => {
      const chunk = new Uint8Array(64 * 1024)
      const steady = await open(await connect())
      for (let round = 0; round < 60; round += 1) {
        const connection = await here.engine.dial(there.engine.addresses(), there.self, signal())
        const opening = connection.openStream('/test/b', signal())
        opening.catch(() => {})
        const turns = round % 12
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
        if (turns > 5) {
          const recorder = new Recorder(await opening)
          recorder.stream.write(chunk)
          recorder.stream.write(chunk)
        }
        const end = round % 2 === 0 ? connection : (inbound.at(-1) ?? connection)
        if (round % 3 === 0) void end.close()
        end.abort(new Error('broken'))
      }
      steady.near.stream.write(bytesOf('still here'))
      await until(() => steady.far.text() === '!still here')
    })

    test('a reader that pauses holds the writer back, again and again, and loses nothing', async () => {
      const connection = await connect()
      const chunk = new Uint8Array(limits.peertree.streamChunkBytes).fill(7)
      const { near, far } = await open(connection)
      let sent = 1
      for (let round = 0; round < 4; round += 1) {
        far.stream.pause()
        const held = far.bytes
        let full = 0
        // Writes until two waits in a row bring no room: then it is held back for good.
        for (let stuck = 0; stuck < 3; ) {
          const drains = near.drains
          const room = near.stream.write(chunk)
          sent += chunk.length
          if (room) continue
          full += 1
          await new Promise((resolve) => setTimeout(resolve, 60))
          stuck = near.drains === drains ? stuck + 1 : 0
          assert.ok(sent - held < 64 * limits.peertree.streamWindowBytes, 'the writer is not held back')
        }
        assert.ok(full > 0)
        assert.equal(far.bytes, held, 'nothing arrives while paused')
        const bound = 2 * limits.peertree.streamWindowBytes + 8 * chunk.length
        assert.ok(sent - held <= bound, `${sent - held} bytes under way`)
        const drains = near.drains
        far.stream.resume()
        await until(() => far.bytes === sent && near.drains > drains)
      }
      connection.abort(new Error('test is over'))
    })

    test('crumbs that come while the reader pauses arrive whole, in order and before the end', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      far.stream.pause()
      const large = new Uint8Array(20_000).fill(65)
      const sent = [Buffer.from('!')]
      for (let index = 0; index < 60; index += 1) {
        const piece = index % 20 === 10 ? Buffer.from(large) : Buffer.from(`crumb ${index};`)
        sent.push(piece)
        near.stream.write(piece)
        await new Promise(setImmediate)
      }
      await near.stream.end()
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.equal(far.text(), '!')
      far.stream.resume()
      await until(() => far.ended)
      assert.equal(far.text(), Buffer.concat(sent).toString())
      connection.abort(new Error('test is over'))
    })

    test('no data comes after a pause inside onData until resume', async () => {
      const connection = await connect()
      const { near, far } = await open(connection)
      let paused = false
      onData = (recorder) => {
        assert.equal(paused, false, 'delivered while paused')
        paused = true
        recorder.stream.pause()
        setTimeout(() => {
          paused = false
          recorder.stream.resume()
        }, 1)
      }
      let sent = 1
      for (let index = 0; index < 100; index += 1) {
        near.stream.write(bytesOf('0123456789'))
        sent += 10
      }
      await until(() => far.bytes === sent)
      onData = () => {}
      connection.abort(new Error('test is over'))
    })
  })
}
