import { type FileHandle, open } from 'node:fs/promises'
import { canonicalJson, type JsonValue, limits, messageOf } from '@borgios/core'
import { writeFileDurably } from '@borgios/core/adapters'
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { fileInvalid } from '../errors.ts'

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** At most `maxBytes` of a file; undefined when there is none. Throws NODE_FILE_INVALID when it is larger. */
export async function readBounded(
  path: string,
  maxBytes: number = limits.node.maxConfigBytes,
): Promise<Buffer | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw fileInvalid(`${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    const { size } = await file.stat()
    if (size > maxBytes) throw fileInvalid(`${path} has ${size} bytes, more than the ${maxBytes} such a file may have`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** A kind of JSON file: how to read, check and replace it. */
export interface CheckedFile<Content extends JsonValue> {
  /** Undefined when there is none. Throws NODE_FILE_INVALID when it is something else. */
  read(path: string): Promise<Content | undefined>
  /** The same for a text that came another way; `from` names it in the error. */
  parse(text: string, from: string): Content
  /** Replaces it durably, mode 0600. */
  write(path: string, content: Content): Promise<void>
}

/** `what` names the kind in errors, e.g. `the configuration of a node`. */
export function checkedFile<Schema extends TSchema>(
  schema: Schema,
  what: string,
): CheckedFile<Static<Schema> & JsonValue> {
  type Content = Static<Schema> & JsonValue
  const check = Compile(schema)
  const parse = (text: string, from: string): Content => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw fileInvalid(`${from} is not ${what}: it is no JSON`, { cause })
    }
    if (check.Check(value)) return value as Content
    const [, [first]] = check.Errors(value)
    throw fileInvalid(`${from} is not ${what}: ${first?.instancePath || 'it'} ${first?.message ?? 'does not fit'}`)
  }
  return {
    parse,
    async read(path) {
      const bytes = await readBounded(path)
      return bytes === undefined ? undefined : parse(bytes.toString('utf8'), path)
    },
    write: (path, content) => writeFileDurably(path, `${canonicalJson(content)}\n`),
  }
}
