import { limits } from '@borgios/core'
import { strictObject } from '@borgios/crypto'
import { OutputNameSchema } from '@borgios/protocol'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { sandboxBroken } from '../errors.ts'

const CountSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

const ReportSchema = Type.Union([
  strictObject({ type: Type.Literal('started') }),
  strictObject({
    type: Type.Literal('ended'),
    end: Type.Union([
      Type.Literal('exited'),
      Type.Literal('trapped'),
      Type.Literal('unusable'),
      Type.Literal('memory'),
    ]),
    exitCode: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 })),
    why: Type.String({ maxLength: limits.compute.maxWhyChars }),
    outputFiles: CountSchema,
    outputBytes: CountSchema,
    otherEntries: CountSchema,
    outputFull: Type.Boolean(),
  }),
  strictObject({
    type: Type.Literal('file'),
    name: OutputNameSchema,
    bytes: CountSchema,
  }),
  strictObject({ type: Type.Literal('complete') }),
])

/** What the runner says on its report pipe. Hostile: the program may have taken over the runner. */
export type RunnerReport = Static<typeof ReportSchema>
export type RunnerFrame =
  | { readonly kind: 'report'; readonly report: RunnerReport }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }

const reportCheck = Compile(ReportSchema)
const decoder = new TextDecoder('utf-8', { fatal: true })

const HEADER_BYTES = 5
const JSON_FRAME = 1
const DATA_FRAME = 2

function maxFrameBytes(kind: number): number {
  if (kind === JSON_FRAME) return limits.compute.maxReportFrameBytes
  if (kind === DATA_FRAME) return limits.compute.maxDataFrameBytes
  throw sandboxBroken(`the sandbox sent a frame of unknown kind ${kind}`)
}

function parseReport(bytes: Uint8Array): RunnerReport {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw sandboxBroken('the sandbox sent a report that is not JSON', cause)
  }
  if (!reportCheck.Check(value)) throw sandboxBroken('the sandbox sent a report of unknown shape')
  return value
}

/** Cuts a byte stream into checked frames. Throws COMPUTE_SANDBOX_BROKEN on anything else; ends quietly at an end between frames. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RunnerFrame, void, undefined> {
  let pending = new Uint8Array(0)
  for await (const chunk of chunks) {
    pending = concat(pending, chunk)
    let offset = 0
    while (pending.length - offset >= HEADER_BYTES) {
      const view = new DataView(pending.buffer, pending.byteOffset + offset, HEADER_BYTES)
      const kind = view.getUint8(0)
      const length = view.getUint32(1)
      if (length > maxFrameBytes(kind)) throw sandboxBroken(`the sandbox sent a frame of ${length} bytes`)
      const end = offset + HEADER_BYTES + length
      if (pending.length < end) break
      const body = pending.subarray(offset + HEADER_BYTES, end)
      offset = end
      yield kind === JSON_FRAME ? { kind: 'report', report: parseReport(body) } : { kind: 'data', bytes: body }
    }
    pending = pending.subarray(offset)
  }
  if (pending.length > 0) throw sandboxBroken('the sandbox ended in the middle of a frame')
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(left.length + right.length)
  whole.set(left)
  whole.set(right, left.length)
  return whole
}
