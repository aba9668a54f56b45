import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError, canonicalJsonBytes, isBorgError, type JsonValue, limits, NodeId } from '@borgios/core'
import { type EnvelopeFields, nobleEd25519, openEnvelope, sealEnvelope, signStatement } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { NOW_MS, network, node, otherNodeId } from './people.ts'
import { committed, made } from './vector-files.ts'

const libraries = { sodiumEd25519, nobleEd25519 }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const codeOf = (action: () => unknown): string => {
  try {
    action()
    return 'ok'
  } catch (error) {
    if (!isBorgError(error)) throw error
    assert.notEqual(error.blame, 'caller', 'bytes from outside are never the fault of who reads them')
    return error.code
  }
}
const open = (bytes: Uint8Array, nowMs = NOW_MS) => openEnvelope(bytes, { ed25519: sodiumEd25519, network, nowMs })
const seal = (changes: Partial<EnvelopeFields>): Uint8Array =>
  sealEnvelope(node, {
    network,
    type: 'test',
    recipient: { audience: 'members' },
    timeMs: NOW_MS,
    sequence: 1,
    body: null,
    ...changes,
  })

test('the committed vectors are what the script makes', () => assert.deepEqual(committed('envelope'), made.envelope))

for (const [name, ed25519] of Object.entries(libraries)) {
  test(`every vector opens, or is refused for the right reason (${name})`, () => {
    const { network: wanted, nowMs, vectors } = committed('envelope')
    for (const { name: what, text, expect } of vectors) {
      assert.equal(
        codeOf(() => openEnvelope(encode(text), { ed25519, network: wanted, nowMs })),
        expect,
        what,
      )
    }
  })
}

test('what was sealed opens with every field as it was', () => {
  const jsonValue = fc.jsonValue({ maxDepth: 4, noUnicodeString: false })
  const recipient = fc.constantFrom<EnvelopeFields['recipient']>(
    { audience: 'members' },
    { audience: 'everyone' },
    { to: otherNodeId },
  )
  fc.assert(
    fc.property(jsonValue, recipient, fc.maxSafeNat(), (body, to, sequence) => {
      const { signature, ...rest } = open(seal({ body: body as JsonValue, recipient: to, sequence }))
      assert.equal(signature.length, 86)
      const from = NodeId.fromBytes(node.publicKey)
      const plain = JSON.parse(JSON.stringify(body)) as JsonValue
      assert.deepEqual(rest, { network, type: 'test', ...to, timeMs: NOW_MS, sequence, body: plain, from })
    }),
    { numRuns: RUNS },
  )
})

test('no byte can be altered, added or left out', () => {
  const bytes = seal({ body: { amount: 12, to: 'someone' } })
  for (let at = 0; at < bytes.length; at += 1) {
    for (const xor of [1, 0x20, 0x80]) {
      const altered = Uint8Array.from(bytes)
      altered[at] = (altered[at] ?? 0) ^ xor
      assert.notEqual(
        codeOf(() => open(altered)),
        'ok',
        `byte ${at} xor ${xor}`,
      )
    }
    const shorter = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)])
    assert.notEqual(
      codeOf(() => open(shorter)),
      'ok',
      `without byte ${at}`,
    )
  }
  assert.equal(
    codeOf(() => open(bytes)),
    'ok',
  )
})

test('arbitrary bytes never crash the reader', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      assert.equal(
        codeOf(() => open(bytes)),
        'CRYPTO_MALFORMED',
      ),
    ),
    { numRuns: RUNS },
  )
})

test('an envelope has a size, for who seals and for who opens', () => {
  const overhead = seal({ body: '' }).length
  const largest = seal({ body: 'x'.repeat(limits.envelope.maxBytes - overhead) })
  assert.equal(largest.length, limits.envelope.maxBytes)
  assert.equal(
    codeOf(() => open(largest)),
    'ok',
  )
  assert.equal(
    codeOf(() => seal({ body: 'x'.repeat(limits.envelope.maxBytes - overhead + 1) })),
    'CRYPTO_MALFORMED',
  )
  // One that nothing but its size speaks against.
  const { signature: _, ...fields } = open(largest)
  const tooLarge = canonicalJsonBytes(signStatement(node, 'envelope/1', { ...fields, body: `${fields.body}x` }))
  assert.equal(tooLarge.length, limits.envelope.maxBytes + 1)
  assert.throws(
    () => open(tooLarge),
    (error) => isBorgError(error) && error.code === 'CRYPTO_MALFORMED' && /too many/.test(error.message),
  )
})

test('nothing is sealed that nobody would open', () => {
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonValue
  assert.equal(
    codeOf(() => open(seal({ body: nested(limits.core.jsonDepth - 1) }))),
    'ok',
  )
  assert.equal(
    codeOf(() => seal({ body: nested(limits.core.jsonDepth) })),
    'CRYPTO_MALFORMED',
  )
  for (const changes of [{ type: 'No Such Type' }, { sequence: -1 }, { timeMs: 0.5 }]) {
    assert.throws(() => seal(changes), AssertionError)
  }
})
