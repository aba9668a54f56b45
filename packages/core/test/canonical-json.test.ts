import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, canonicalJsonBytes, isBorgError, type JsonValue, parseCanonicalJson } from '@borgios/core'
import fc from 'fast-check'
import { RUNS } from './amount.ts'

const encoder = new TextEncoder()
const parse = (text: string, maxDepth?: number): JsonValue => parseCanonicalJson(encoder.encode(text), maxDepth)
const isRefusal = (error: unknown): boolean =>
  isBorgError(error) && error.code === 'CORE_JSON_INVALID' && error.blame === 'peer'

/** RFC 8785, appendix B: the bits of a double and how it is written. */
const NUMBERS: readonly (readonly [bits: bigint, text: string])[] = [
  [0x0000000000000000n, '0'],
  [0x8000000000000000n, '0'],
  [0x0000000000000001n, '5e-324'],
  [0x8000000000000001n, '-5e-324'],
  [0x7fefffffffffffffn, '1.7976931348623157e+308'],
  [0xffefffffffffffffn, '-1.7976931348623157e+308'],
  [0x4340000000000000n, '9007199254740992'],
  [0xc340000000000000n, '-9007199254740992'],
  [0x4430000000000000n, '295147905179352830000'],
  [0x44b52d02c7e14af5n, '9.999999999999997e+22'],
  [0x44b52d02c7e14af6n, '1e+23'],
  [0x44b52d02c7e14af7n, '1.0000000000000001e+23'],
  [0x444b1ae4d6e2ef4en, '999999999999999700000'],
  [0x444b1ae4d6e2ef4fn, '999999999999999900000'],
  [0x444b1ae4d6e2ef50n, '1e+21'],
  [0x3eb0c6f7a0b5ed8cn, '9.999999999999997e-7'],
  [0x3eb0c6f7a0b5ed8dn, '0.000001'],
  [0x41b3de4355555553n, '333333333.3333332'],
  [0x41b3de4355555554n, '333333333.33333325'],
  [0x41b3de4355555555n, '333333333.3333333'],
  [0x41b3de4355555556n, '333333333.3333334'],
  [0x41b3de4355555557n, '333333333.33333343'],
  [0xbecbf647612f3696n, '-0.0000033333333333333333'],
  [0x43143ff3c1cb0959n, '1424953923781206.2'],
]

const doubleOf = (bits: bigint): number => {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

test('numbers are written as RFC 8785 writes them', () => {
  for (const [bits, text] of NUMBERS) assert.equal(canonicalJson(doubleOf(bits)), text)
})

test('the example of RFC 8785, section 3.2.2, becomes the text of section 3.2.3', () => {
  const value = JSON.parse(`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
    "literals": [null, true, false]
  }`) as JsonValue
  const numbers = '[333333333.3333333,1e+30,4.5,0.002,1e-27]'
  const string = String.raw`"€$\u000f\nA'B\"\\\\\"/"`
  assert.equal(canonicalJson(value), `{"literals":[null,true,false],"numbers":${numbers},"string":${string}}`)
})

test('keys stand in the order of their UTF-16 code units', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', '']
  const order = ['', '\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']
  const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))
  assert.equal(text, `{${order.map((key) => `${JSON.stringify(key)}:0`).join(',')}}`)
})

test('only what must be escaped is escaped, in the shortest way', () => {
  assert.equal(
    canonicalJson('\b\t\n\f\r"\\/\u0000\u001f\u007f\u2028é😀'),
    '"\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\u007f\u2028é😀"',
  )
})

test('what JSON has no form for is refused', () => {
  const loop: { self?: JsonValue } = {}
  loop.self = loop as JsonValue
  const values: readonly unknown[] = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    () => 1,
    1n,
    '\ud800',
    { '\udc00': 1 },
    loop,
  ]
  for (const value of values) assert.throws(() => canonicalJson(value as JsonValue), isRefusal, String(typeof value))
})

const REFUSED: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'a space before': ' 1',
  'a line feed after': '1\n',
  'a space within': '{"a": 1}',
  'the same key twice': '{"a":1,"a":2}',
  'the same key and value twice': '{"a":1,"a":1}',
  'keys in another order': '{"b":1,"a":2}',
  'a negative zero': '-0',
  'a fraction of zero': '1.0',
  'a capital exponent': '1E+30',
  'an exponent without its sign': '1e30',
  'a number no double holds': '9007199254740993',
  'a number beyond all doubles': '1e400',
  'an escape that is not needed': '"\\u0041"',
  'a solidus escaped': '"\\/"',
  'a capital escape': '"\\u000F"',
  'an escaped lone surrogate': '"\\ud800"',
  'an escaped pair': '"\\ud83d\\ude00"',
  'a byte order mark': '\ufeff1',
  'a comma too many': '[1,]',
  'two values': '1 2',
  'a comment': '1//',
  'a value cut short': '{"a":[1,2',
}

for (const [what, text] of Object.entries(REFUSED)) {
  test(`parsing refuses ${what}`, () => assert.throws(() => parse(text), isRefusal))
}

test('parsing refuses bytes that are no UTF-8', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe2, 0x82],
  ]) {
    assert.throws(() => parseCanonicalJson(Uint8Array.from(bytes)), isRefusal)
  }
})

test('nesting is bounded, and brackets in strings do not count', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.deepEqual(parse(nested(3), 3), [[[]]])
  assert.throws(() => parse(nested(4), 3), isRefusal)
  assert.doesNotThrow(() => parse(nested(32)))
  assert.throws(() => parse(nested(33)), isRefusal)
  assert.throws(() => parse(nested(1_000_000)), isRefusal)
  assert.throws(() => parse('{"a":'.repeat(1_000_000)), isRefusal)
  assert.equal(parse('"[[[[\\"[[{{{"', 0), '[[[["[[{{{')
})

test('a key named __proto__ is a key like any other', () => {
  const value = parse('{"__proto__":{"polluted":1}}')
  assert.equal((value as { polluted?: number }).polluted, undefined)
  assert.equal(canonicalJson(value), '{"__proto__":{"polluted":1}}')
})

test('every JSON value comes back from its canonical form, which has no second spelling', () => {
  const jsonValue = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })
  fc.assert(
    fc.property(jsonValue, (value) => {
      const text = canonicalJson(value as JsonValue)
      assert.deepEqual(parse(text), JSON.parse(JSON.stringify(value)))
      assert.equal(canonicalJson(JSON.parse(text) as JsonValue), text)
    }),
    { numRuns: RUNS },
  )
})

test('arbitrary bytes are refused or are canonical', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.json().map((text) => encoder.encode(text)),
      ),
      (bytes) => {
        let value: JsonValue
        try {
          value = parseCanonicalJson(bytes)
        } catch (error) {
          assert.ok(isRefusal(error))
          return
        }
        assert.deepEqual(canonicalJsonBytes(value), bytes)
      },
    ),
    { numRuns: RUNS },
  )
})
