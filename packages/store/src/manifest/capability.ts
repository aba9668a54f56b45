import { hash } from 'node:crypto'
import { decodeBase32, encodeBase32, ShardId } from '@borgios/core'
import { badCapability } from '../errors.ts'
import { SECRET_BYTES } from './file-keys.ts'

/** What it takes to read a file. */
export interface Capability {
  /** Root page of the manifest. */
  readonly root: ShardId
  /** From which the file's keys are derived. */
  readonly secret: Uint8Array
}

const FAMILY = 'borgios-file-'
const PREFIX = `${FAMILY}1-`
const ROOT_BYTES = 32
const CHECKSUM_BYTES = 4
const TOTAL_BYTES = ROOT_BYTES + SECRET_BYTES + CHECKSUM_BYTES
const TOTAL_CHARS = Math.ceil((TOTAL_BYTES * 8) / 5)

const checksumOf = (body: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(PREFIX), body]), 'buffer').subarray(0, CHECKSUM_BYTES)

/** `borgios-file-1-` and the base32 of root page id, secret and a checksum. */
export function formatCapability({ root, secret }: Capability): string {
  const body = Buffer.concat([ShardId.toBytes(root), secret])
  return PREFIX + encodeBase32(Buffer.concat([body, checksumOf(body)]))
}

/** Reads a capability as people paste it. Throws STORE_BAD_CAPABILITY, saying what is wrong; never repeats the text. */
export function parseCapability(text: string): Capability {
  const trimmed = text.trim()
  if (!trimmed.startsWith(FAMILY)) throw badCapability(`it does not begin with ${PREFIX}`)
  if (!trimmed.startsWith(PREFIX)) throw badCapability('it is of a version that this release does not know')
  const encoded = trimmed.slice(PREFIX.length)
  if (encoded.length < TOTAL_CHARS) {
    throw badCapability(`it is cut short: ${encoded.length} of ${TOTAL_CHARS} characters are there`)
  }
  if (encoded.length > TOTAL_CHARS) throw badCapability(`it is too long: ${TOTAL_CHARS} characters follow ${PREFIX}`)
  const bytes = decodeBase32(encoded)
  if (bytes === undefined) throw badCapability('it has characters that do not belong there')
  const body = bytes.subarray(0, ROOT_BYTES + SECRET_BYTES)
  if (!checksumOf(body).equals(bytes.subarray(body.length))) {
    throw badCapability('its checksum does not fit: some character was changed')
  }
  return { root: ShardId.fromBytes(body.subarray(0, ROOT_BYTES)), secret: body.slice(ROOT_BYTES) }
}
