import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { LogGate } from '../src/sandbox/log-gate.ts'

describe('log gate', () => {
  const never = new AbortController().signal

  it('passes exactly the allowed bytes over both streams, in pieces of bounded size, and one note', async () => {
    const time = new ManualTime()
    const passed: { stream: string; bytes: Uint8Array }[] = []
    const gate = new LogGate(100_000, async (stream, bytes) => void passed.push({ stream, bytes }), time)
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(70_000)
      yield new Uint8Array(70_000)
      yield new Uint8Array(70_000)
    }
    const draining = gate.drain('stdout', chunks(), never)
    let ended = false
    void draining.then(() => {
      ended = true
    })
    while (!ended) {
      time.advance(limits.compute.floodPauseMs)
      await Promise.resolve()
    }
    await gate.drain('stderr', (async function* () {})(), never)
    const program = passed.filter(({ stream }) => stream === 'stdout')
    assert.equal(
      program.reduce((sum, { bytes }) => sum + bytes.length, 0),
      100_000,
    )
    assert.ok(program.every(({ bytes }) => bytes.length <= limits.compute.maxLogChunkBytes))
    const notes = passed.filter(({ stream }) => stream === 'stderr')
    assert.equal(notes.length, 1)
    assert.match(Buffer.from(notes[0]?.bytes ?? []).toString(), /the log limit of 97.7 KiB is reached/)
  })

  it('holds the program still while the requester does not take the log', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const gate = new LogGate(1_000, () => promise, new ManualTime())
    let taken = 0
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (taken = 1; taken <= 5; taken += 1) yield new Uint8Array(10)
    }
    const draining = gate.drain('stdout', chunks(), never)
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    assert.equal(taken, 1)
    resolve()
    await draining
    assert.equal(taken, 6)
  })

  it('gives up on a sink that takes nothing when it is told to', async () => {
    const stop = new AbortController()
    const gate = new LogGate(1_000, () => new Promise(() => {}), new ManualTime())
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10)
    }
    const draining = gate.drain('stdout', chunks(), stop.signal)
    stop.abort(new Error('nobody reads'))
    await assert.rejects(draining, /nobody reads/)
    await assert.rejects(gate.drain('stderr', chunks(), stop.signal), /nobody reads/)
  })
})
