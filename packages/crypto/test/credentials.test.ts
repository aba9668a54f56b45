import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, isBorgError } from '@borgios/core'
import { networkIdOf, nobleEd25519, parseGenesis, verifyNodeCertificate, verifyOperator } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { founderId, genesis } from './people.ts'
import { committed, made } from './vector-files.ts'

const hasCode = (code: string) => (error: unknown) => isBorgError(error) && error.code === code

test('the committed vectors are what the script makes', () => {
  assert.deepEqual(committed('genesis'), made.genesis)
  assert.deepEqual(committed('credentials'), made.credentials)
})

test('a genesis document has one form and so one network id', () => {
  for (const { document, canonical, network } of committed('genesis').vectors) {
    assert.deepEqual(parseGenesis(JSON.parse(canonical)), document)
    assert.equal(canonicalJson(document), canonical)
    assert.equal(networkIdOf(document), network)
  }
})

test('a genesis document of another shape is refused', () => {
  const wrong: readonly unknown[] = [
    null,
    { ...genesis, version: 2 },
    { ...genesis, name: '' },
    { ...genesis, name: 'x'.repeat(65) },
    { ...genesis, random: 'short' },
    { ...genesis, founders: [] },
    { ...genesis, founders: [founderId, founderId] },
    { ...genesis, founders: [`${founderId.slice(0, -1)}b`] },
    { ...genesis, founders: ['nobody'] },
    { ...genesis, more: 1 },
    { version: 1, name: 'x', random: 'a'.repeat(52) },
  ]
  for (const value of wrong)
    assert.throws(() => parseGenesis(value), hasCode('CRYPTO_MALFORMED'), JSON.stringify(value))
})

for (const [library, ed25519] of Object.entries({ sodiumEd25519, nobleEd25519 })) {
  test(`credentials lead from a founder to the node, or are refused (${library})`, () => {
    const { genesis: document, nowMs, node, vectors } = committed('credentials')
    const trust = { ed25519, genesis: document, network: networkIdOf(document), nowMs }
    for (const { name, operator, certificate, invitation, expect } of vectors) {
      const check = () => {
        verifyNodeCertificate(trust, certificate, node)
        verifyOperator(trust, operator, invitation)
      }
      if (expect === 'ok') assert.doesNotThrow(check, name)
      else assert.throws(check, hasCode(expect), name)
    }
  })
}
