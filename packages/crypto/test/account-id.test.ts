import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError } from '@borgios/core'
import { ACCOUNT_ID_PATTERN, AccountIdSchema, accountBytesOf, accountIdOf } from '@borgios/crypto'
import fc from 'fast-check'
import { Compile } from 'typebox/schema'
import { RUNS } from './amount.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const account = fc.uint8Array({ minLength: 32, maxLength: 32 })
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The sentence with which a text is refused. */
function refusalOf(text: string): string {
  try {
    accountBytesOf(text)
  } catch (error) {
    if (isBorgError(error) && error.code === 'CRYPTO_BAD_ACCOUNT_ID' && error.blame === 'caller') return error.message
    throw error
  }
  return assert.fail(`${text} was taken for an account`)
}

test('the text of an account leads back to its bytes and fits the schema', () => {
  const check = Compile(AccountIdSchema)
  fc.assert(
    fc.property(account, (bytes) => {
      const id = accountIdOf(bytes)
      assert.equal(id.length, 59)
      assert.deepEqual(accountBytesOf(id), bytes)
      assert.ok(check.Check(id) && new RegExp(ACCOUNT_ID_PATTERN).test(id))
    }),
    { numRuns: RUNS },
  )
})

test('the form is fixed', () => {
  // SHA-256('borgios/account-id/1\n' + 32 bytes of 7) begins with the last four bytes; made with Python's hashlib and base64.
  assert.equal(accountIdOf(new Uint8Array(32).fill(7)), 'aa4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4d3ffx4zy')
})

test('every single character that is changed, left out or doubled is refused', () => {
  fc.assert(
    fc.property(account, (bytes) => {
      const id = accountIdOf(bytes)
      for (let at = 0; at < id.length; at += 1) {
        const [before, after] = [id.slice(0, at), id.slice(at + 1)]
        for (const letter of `${ALPHABET}A019-`) if (letter !== id[at]) refusalOf(before + letter + after)
        refusalOf(before + after)
        refusalOf(before + id[at] + id[at] + after)
      }
    }),
    { numRuns: Math.ceil(RUNS / 20) },
  )
})

test('two neighbours in the wrong order are refused', () => {
  fc.assert(
    fc.property(account, (bytes) => {
      const id = accountIdOf(bytes)
      for (let at = 0; at + 1 < id.length; at += 1) {
        const swapped = id.slice(0, at) + id[at + 1] + id[at] + id.slice(at + 2)
        if (swapped !== id) refusalOf(swapped)
      }
    }),
    { numRuns: RUNS },
  )
})

test('arbitrary text is refused with the text in the sentence, cut short', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      assert.ok(refusalOf(text).includes(`"${text.slice(0, 80)}"`))
    }),
    { numRuns: RUNS },
  )
})

test('it says what is wrong', () => {
  const id = accountIdOf(new Uint8Array(32).fill(7))
  assert.match(refusalOf(`n${id.slice(1)}`), /begins with "a"/)
  assert.match(refusalOf(`${id.slice(0, 9)}0${id.slice(10)}`), /character 10 is none of/)
  assert.match(refusalOf(id.slice(0, -1)), /has 59 characters, this has 58/)
  assert.match(refusalOf(`${id.slice(0, 9)}${id[9] === 'q' ? 'r' : 'q'}${id.slice(10)}`), /mistyped/)
  assert.equal(hex(accountBytesOf(id)), '07'.repeat(32))
})
