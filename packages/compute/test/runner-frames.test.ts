import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BorgError, limits } from '@borgios/core'
import fc from 'fast-check'
import { type RunnerFrame, readFrames } from '../src/sandbox/runner-frames.ts'

const frame = (kind: number, body: Uint8Array): Uint8Array => {
  const head = Buffer.alloc(5)
  head.writeUInt8(kind)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}
const json = (value: unknown): Uint8Array => frame(1, Buffer.from(JSON.stringify(value)))

/** Cuts bytes at the given places. */
async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  for (const [index, place] of places.entries()) yield bytes.subarray(place, places[index + 1] ?? place)
}

async function readAll(bytes: Uint8Array, cuts: readonly number[] = []): Promise<RunnerFrame[]> {
  const frames: RunnerFrame[] = []
  for await (const found of readFrames(inPieces(bytes, cuts))) {
    frames.push(found.kind === 'data' ? { kind: 'data', bytes: Uint8Array.from(found.bytes) } : found)
  }
  return frames
}

const isBroken = (error: unknown): boolean => error instanceof BorgError && error.code === 'COMPUTE_SANDBOX_BROKEN'

describe('frames of the runner', () => {
  it('are read the same however the bytes are cut', async () => {
    const data = fc.uint8Array({ maxLength: 300 })
    const cuts = fc.array(fc.nat(5_000), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(fc.array(data, { maxLength: 8 }), cuts, async (bodies, places) => {
        const bytes = Buffer.concat([json({ type: 'started' }), ...bodies.map((body) => frame(2, body))])
        const expected = [
          { kind: 'report', report: { type: 'started' } },
          ...bodies.map((body) => ({ kind: 'data', bytes: body })),
        ]
        assert.deepEqual(await readAll(bytes, places), expected)
      }),
      { numRuns: 100 },
    )
  })

  it('end in frames or in one error, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
        await readAll(bytes).catch((error: unknown) => assert.ok(isBroken(error), String(error)))
      }),
      { numRuns: 300 },
    )
  })

  const refused: readonly (readonly [string, Uint8Array])[] = [
    ['of an unknown kind', frame(3, new Uint8Array(1))],
    ['longer than allowed', frame(1, new Uint8Array(limits.compute.maxReportFrameBytes + 1))],
    ['cut short', json({ type: 'started' }).subarray(0, 9)],
    ['that are no JSON', frame(1, Buffer.from('{'))],
    ['that are no UTF-8', frame(1, Uint8Array.of(0x22, 0xff, 0x22))],
    ['of unknown type', json({ type: 'owned' })],
    ['with more fields', json({ type: 'complete', more: 1 })],
    ['with a negative size', json({ type: 'file', name: 'a', bytes: -1 })],
    ...[
      '',
      '/',
      '/etc/passwd',
      '..',
      '../a',
      'a/../b',
      'a/..',
      './a',
      'a//b',
      'a/',
      'a\nb',
      'a\x1b[31m',
      'a\\b',
      '\u202ea',
    ].map((name) => [`naming ${JSON.stringify(name)}`, json({ type: 'file', name, bytes: 0 })] as const),
  ]
  for (const [name, bytes] of refused) {
    it(`are refused: ${name}`, async () => {
      await assert.rejects(readAll(bytes), isBroken)
    })
  }

  for (const name of ['a', '.hidden', '...', 'a/b/c.txt', 'grün', '100%25', 'a..b', 'two words']) {
    it(`may name ${name}`, async () => {
      assert.equal((await readAll(json({ type: 'file', name, bytes: 0 }))).length, 1)
    })
  }
})
