import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BlockId,
  decodeBase32,
  decodeBase64Url,
  encodeBase32,
  encodeBase64Url,
  formatBytes,
  formatCount,
  formatDuration,
  GIB,
  HOUR_MS,
  isBorgError,
  JobId,
  KIB,
  MIB,
  MINUTE_MS,
  NetworkId,
  NodeId,
  OperatorId,
  SECOND_MS,
  ShardId,
  shortId,
  TransactionId,
} from '@borgios/core'
import fc from 'fast-check'
import { RUNS } from './amount.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test('base32 gives the vectors of RFC 4648, in lower case and without padding', () => {
  const vectors = {
    '': '',
    f: 'my',
    fo: 'mzxq',
    foo: 'mzxw6',
    foob: 'mzxw6yq',
    fooba: 'mzxw6ytb',
    foobar: 'mzxw6ytboi',
  }
  for (const [text, encoded] of Object.entries(vectors)) {
    assert.equal(encodeBase32(bytesOf(text)), encoded)
    assert.deepEqual(decodeBase32(encoded), bytesOf(text))
  }
})

test('base64url gives the vectors of RFC 4648 without padding', () => {
  const vectors = { '': '', f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foobar: 'Zm9vYmFy' }
  for (const [text, encoded] of Object.entries(vectors)) {
    assert.equal(encodeBase64Url(bytesOf(text)), encoded)
    assert.deepEqual(decodeBase64Url(encoded), bytesOf(text))
  }
  assert.equal(encodeBase64Url(Uint8Array.of(0xfb, 0xff)), '-_8')
})

test('bytes have one text only: other spellings decode to nothing', () => {
  for (const text of ['MY', 'my======', 'mz', 'm', 'my ', 'm1', 'mzx', '0', 'my\n'])
    assert.equal(decodeBase32(text), undefined, text)
  for (const text of ['Zg==', 'Zh', 'Z', '+_8', '-/8', 'Zg\n', 'Zm 8', '-_9'])
    assert.equal(decodeBase64Url(text), undefined, text)
})

test('every text either decodes to bytes that encode to it, or to nothing', () => {
  const codecs = [
    { decode: decodeBase32, encode: encodeBase32, alphabet: 'abcdefghijklmnopqrstuvwxyz234567A=1' },
    { decode: decodeBase64Url, encode: encodeBase64Url, alphabet: 'ABCZabcz0189-_+/=' },
  ]
  for (const { decode, encode, alphabet } of codecs) {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 }), (text) => {
        const bytes = decode(text)
        if (bytes !== undefined) assert.equal(encode(bytes), text)
      }),
      { numRuns: RUNS },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => assert.deepEqual(decode(encode(bytes)), bytes)),
      { numRuns: RUNS },
    )
  }
})

const KINDS = { n: NodeId, o: OperatorId, w: NetworkId, s: ShardId, j: JobId, t: TransactionId, b: BlockId }

for (const [prefix, codec] of Object.entries(KINDS)) {
  const length = prefix === 'j' ? 16 : 32
  const bytes = new Uint8Array(length).map((_, index) => index * 7)
  const id = codec.fromBytes(bytes)

  test(`an id of kind ${prefix} is its letter and the base32 of ${length} bytes`, () => {
    assert.equal(id, prefix + encodeBase32(bytes))
    assert.deepEqual(codec.toBytes(id as never), bytes)
    assert.equal(codec.parse(id), id)
    assert.ok(codec.is(id) && new RegExp(codec.pattern).test(id))
  })

  test(`what is no id of kind ${prefix} is refused`, () => {
    const others = Object.entries(KINDS).filter(([letter]) => letter !== prefix)
    const texts = [
      '',
      prefix,
      id.slice(0, -1),
      `${id}a`,
      id.toUpperCase(),
      ` ${id}`,
      `${id}\n`,
      `${id.slice(0, -1)}b`,
      ...others.map(([letter]) => letter + id.slice(1)),
    ]
    const isRefusal = (error: unknown) =>
      isBorgError(error) && error.code === 'CORE_ID_INVALID' && error.kind === 'invalid'
    // Of the last character some bits must be zero: a schema has to know that as well.
    texts.push(...['c', 'i', '7'].map((last) => id.slice(0, -1) + last).filter((text) => !codec.is(text)))
    for (const text of texts) {
      assert.equal(codec.is(text), false, text)
      assert.equal(new RegExp(codec.pattern).test(text), false, text)
      assert.throws(() => codec.parse(text), isRefusal)
      assert.throws(() => codec.toBytes(text as never), isRefusal)
    }
    for (const wrong of [length - 1, length + 1, 0])
      assert.throws(() => codec.fromBytes(new Uint8Array(wrong)), isRefusal)
  })
}

test('people are shown the first eight characters of an id', () => {
  const id = NodeId.fromBytes(new Uint8Array(32))
  assert.equal(shortId(id), 'naaaaaaa')
})

test('amounts are written for people', () => {
  const bytes: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [KIB, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [100 * MIB, '100 MiB'],
    [1.25 * GIB, '1.3 GiB'],
    [1024 ** 5 * 5000, '5000 PiB'],
  ]
  for (const [amount, text] of bytes) assert.equal(formatBytes(amount), text)
  const durations: readonly (readonly [number, string])[] = [
    [0, '0 ms'],
    [999, '999 ms'],
    [SECOND_MS, '1.0s'],
    [75 * SECOND_MS, '1m 15s'],
    [HOUR_MS + 2 * MINUTE_MS, '1h 2m'],
  ]
  for (const [amount, text] of durations) assert.equal(formatDuration(amount), text)
  assert.deepEqual(
    [0, 1, 2].map((count) => formatCount(count, 'child', 'children')),
    ['0 children', '1 child', '2 children'],
  )
  assert.equal(formatCount(5, 'node'), '5 nodes')
})

test('no amount rounds up to a full next unit', () => {
  assert.equal(formatBytes(MIB - 1), '1.0 MiB')
  assert.equal(formatDuration(999.6), '1.0s')
  assert.equal(formatDuration(59_960), '1m 0s')
})
