import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type JsonValue, limits, NodeId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import fc from 'fast-check'
import type { ByteStream, Connection, Engine } from '../src/engine/engine.ts'
import { Libp2pEngine } from '../src/engine/libp2p-engine.ts'
import { BulkStream } from '../src/streams/bulk-stream.ts'
import { MessageReader, payloadBuffers } from '../src/streams/message-reader.ts'
import { toPieces } from '../src/streams/message-writer.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { FULL } from './settings.ts'
import { code, collect, signerOf, until } from './support.ts'

const MIB = 1024 * 1024
const NONE = new Uint8Array(0)
let made = 600

const engines: Record<string, () => { engine: Engine; self: NodeId }> = {
  memory: () => {
    made += 1
    const self = NodeId.fromBytes(signerOf(made).publicKey)
    return { engine: new MemoryEngine(net, self), self }
  },
  libp2p: () => {
    made += 1
    const signer = signerOf(made)
    const options = { listen: ['/ip4/127.0.0.1/tcp/0'], protocols: ['/bulk'] }
    return {
      engine: new Libp2pEngine(options, { signer, timers: systemTimers }),
      self: NodeId.fromBytes(signer.publicKey),
    }
  },
}
const net = new MemoryNet()

describe('messages on a byte stream', () => {
  test('any messages survive any cutting into pieces', () => {
    const message = fc.record({
      header: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonValue),
      payload: fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ minLength: 16_000, maxLength: 40_000 })),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(9_000)), (messages, cuts) => {
        const whole = Buffer.concat(messages.flatMap((each) => toPieces(each)))
        const reader = new MessageReader(payloadBuffers())
        const read = []
        let position = 0
        for (let index = 0; position < whole.length; index += 1) {
          const length = (cuts[index % Math.max(cuts.length, 1)] ?? 0) + 1
          let chunk: Uint8Array = whole.subarray(position, position + length)
          position += length
          while (chunk.length > 0) {
            const { consumed, message: done } = reader.take(chunk)
            if (done !== undefined) read.push({ header: done.header, payload: [...done.payload] })
            chunk = chunk.subarray(consumed)
          }
        }
        assert.ok(reader.isBetween)
        assert.deepEqual(
          read,
          messages.map(({ header, payload }) => ({ header, payload: [...payload] })),
        )
      }),
      { numRuns: FULL ? 500 : 60 },
    )
  })

  test('too large a header or payload is not sent, and not read', () => {
    const { maxStreamHeaderBytes, maxStreamPayloadBytes } = limits.peertree
    const large = { header: 'x'.repeat(maxStreamHeaderBytes), payload: NONE }
    assert.throws(() => toPieces(large), code('PEERTREE_UNSENDABLE'))
    const heavy = { header: null, payload: new Uint8Array(maxStreamPayloadBytes + 1) }
    assert.throws(() => toPieces(heavy), code('PEERTREE_UNSENDABLE'))
    const announce = (header: number, payload: number) => {
      const prefix = Buffer.alloc(8)
      prefix.writeUInt32BE(header, 0)
      prefix.writeUInt32BE(payload, 4)
      return () => new MessageReader(payloadBuffers()).take(prefix)
    }
    announce(maxStreamHeaderBytes, maxStreamPayloadBytes)()
    assert.throws(announce(maxStreamHeaderBytes + 1, 0), code('PEERTREE_MISBEHAVED'))
    assert.throws(announce(4, maxStreamPayloadBytes + 1), code('PEERTREE_MISBEHAVED'))
    assert.throws(announce(0, 1), code('PEERTREE_MISBEHAVED'))
  })
})

for (const [name, make] of Object.entries(engines)) {
  describe(`bulk stream over ${name}`, () => {
    const here = make()
    const there = make()
    const incoming: { stream: ByteStream; connection: Connection; bulk: BulkStream }[] = []
    before(async () => {
      await here.engine.start({ onConnection: () => {}, onStream: () => {} })
      await there.engine.start({
        onConnection: () => {},
        onStream: (connection, _, stream) => {
          const bulk = new BulkStream({ node: connection.remote, role: 'member' }, stream)
          incoming.push({ stream, connection, bulk })
        },
      })
    })
    after(() => Promise.all([here.engine.stop(), there.engine.stop()]))

    async function open() {
      const signal = AbortSignal.timeout(10_000)
      const connection = await here.engine.dial(there.engine.addresses(), there.self, signal)
      incoming.length = 0
      const near = new BulkStream({ node: there.self, role: 'member' }, await connection.openStream('/bulk', signal))
      await near.send({ header: 'first', payload: NONE })
      await until(() => incoming.length === 1)
      const far = incoming[0]?.bulk
      assert.ok(far)
      assert.equal((await far.receive())?.header, 'first')
      return { near, far, connection }
    }

    test('messages go both ways, keep their order and end cleanly', async () => {
      const { near, far, connection } = await open()
      const payload = new Uint8Array(300_000).map((_, index) => index % 253)
      await Promise.all([0, 1, 2, 3].map((n) => near.send({ header: { n }, payload })))
      await near.end()
      await assert.rejects(near.send({ header: null, payload: NONE }), code('PEERTREE_CLOSED'))
      for (const n of [0, 1, 2, 3]) {
        const message = await far.receive()
        assert.deepEqual(message?.header, { n })
        assert.deepEqual(message?.payload, payload)
      }
      assert.equal(await far.receive(), undefined)
      assert.equal(await far.receive(), undefined)
      await far.send({ header: 'back', payload })
      await far.end()
      assert.equal((await near.receive())?.header, 'back')
      assert.equal(await near.receive(), undefined)
      connection.abort(new Error('test is over'))
    })

    test('while nobody receives, the sender is held back within a few messages, and goes on when they do', async () => {
      const { near, far, connection } = await open()
      const payload = new Uint8Array(limits.peertree.maxStreamPayloadBytes).fill(9)
      let sent = 0
      const sending = (async () => {
        for (; sent < 12; sent += 1) await near.send({ header: sent, payload })
        await near.end()
      })()
      let last = -1
      while (last !== sent) {
        last = sent
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      assert.ok(sent <= limits.peertree.streamReadAhead + 4, `${sent} messages were sent while nobody received`)
      for (let n = 0; n < 12; n += 1) assert.equal((await far.receive())?.header, n)
      assert.equal(await far.receive(), undefined)
      await sending
      connection.abort(new Error('test is over'))
    })

    test('a payload may be changed as soon as its send has resolved', async () => {
      const { near, far, connection } = await open()
      const others = await Promise.all(
        [1, 2, 3].map(async () => await connection.openStream('/bulk', AbortSignal.timeout(10_000))),
      )
      // Other streams keep the connection full, so that bytes wait below the stream as well.
      for (const other of others) {
        other.listen({ onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} })
        other.write(new Uint8Array(MIB - 1))
      }
      const shared = new Uint8Array(new SharedArrayBuffer(300_000))
      const sending = (async () => {
        for (let n = 0; n < 12; n += 1) {
          shared.fill(n)
          await near.send({ header: n, payload: shared })
          shared.fill(255)
        }
        await near.end()
      })()
      for (let n = 0; n < 12; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        const message = await far.receive()
        const expected = Buffer.alloc(300_000, n)
        assert.equal(Buffer.compare(message?.payload ?? NONE, expected), 0, `message ${n} is unharmed`)
      }
      await sending
      connection.abort(new Error('test is over'))
    })

    test('when the connection dies within a message, whole messages are still received, then it fails', async () => {
      const { near, far, connection } = await open()
      await near.send({ header: 'whole', payload: new Uint8Array(10) })
      const [head] = toPieces({ header: 'torn', payload: new Uint8Array(100_000) })
      assert.ok(head)
      await new Promise((resolve) => setTimeout(resolve, 30))
      const waiting = [far.receive(), far.receive()]
      connection.abort(new Error('cable cut'))
      assert.equal((await waiting[0])?.header, 'whole')
      await assert.rejects(waiting[1] ?? Promise.resolve(), code('PEERTREE_UNREACHABLE'))
      await assert.rejects(far.receive(), code('PEERTREE_UNREACHABLE'))
      await assert.rejects(near.send({ header: null, payload: NONE }))
      await assert.rejects(far.send({ header: null, payload: NONE }), code('PEERTREE_UNREACHABLE'))
    })

    test('an end within a message is a breach', async () => {
      const signal = AbortSignal.timeout(10_000)
      const connection = await here.engine.dial(there.engine.addresses(), there.self, signal)
      incoming.length = 0
      const raw = await connection.openStream('/bulk', signal)
      raw.listen({ onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} })
      const [head] = toPieces({ header: 'torn', payload: new Uint8Array(100_000) })
      raw.write(head ?? NONE)
      await raw.end()
      await until(() => incoming.length === 1)
      await assert.rejects(incoming[0]?.bulk.receive() ?? Promise.resolve(), code('PEERTREE_MISBEHAVED'))
      connection.abort(new Error('test is over'))
    })

    test('garbage ends the stream once, for every pending call', async () => {
      const signal = AbortSignal.timeout(10_000)
      const connection = await here.engine.dial(there.engine.addresses(), there.self, signal)
      incoming.length = 0
      const raw = await connection.openStream('/bulk', signal)
      let closed = false
      raw.listen({
        onData: () => {},
        onDrain: () => {},
        onEnd: () => {},
        onClose: () => {
          closed = true
        },
      })
      raw.write(new Uint8Array(64).fill(0xff))
      await until(() => incoming.length === 1)
      const bulk = incoming[0]?.bulk
      assert.ok(bulk)
      const calls = [bulk.receive(), bulk.receive()]
      for (const call of calls) await assert.rejects(call, code('PEERTREE_MISBEHAVED'))
      await until(() => closed)
      connection.abort(new Error('test is over'))
    })

    test('an abort rejects what is pending at both ends', async () => {
      const { near, far, connection } = await open()
      const waiting = far.receive()
      const blocked = (async () => {
        for (;;) await near.send({ header: null, payload: new Uint8Array(MIB) })
      })()
      const own = near.receive()
      await waiting
      near.abort(new Error('changed my mind'))
      await assert.rejects(own, /changed my mind/)
      await assert.rejects(blocked, /changed my mind/)
      await assert.rejects(async () => {
        for (;;) if ((await far.receive()) === undefined) return
      }, code('PEERTREE_UNREACHABLE'))
      connection.abort(new Error('test is over'))
    })

    test('64 MiB pass a slow reader in bounded memory and arrive unharmed', async () => {
      const { near, far, connection } = await open()
      const count = FULL ? 256 : 64
      const payload = new Uint8Array(MIB).map((_, index) => (index * 31) % 251)
      collect()
      const before = process.memoryUsage().arrayBuffers
      let most = 0
      const sending = (async () => {
        for (let n = 0; n < count; n += 1) await near.send({ header: n, payload })
        await near.end()
      })()
      for (let n = 0; n < count; n += 1) {
        if (n % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
        const message = await far.receive()
        assert.equal(message?.header, n)
        assert.ok(Buffer.compare(message?.payload ?? NONE, payload) === 0, `message ${n} is unharmed`)
        collect()
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      }
      assert.equal(await far.receive(), undefined)
      await sending
      assert.ok(most < 24 * MIB, `${most / MIB} MiB were held`)
      connection.abort(new Error('test is over'))
    })
  })
}
