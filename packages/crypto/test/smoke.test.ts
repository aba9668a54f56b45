import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkId, NodeId } from '@borgios/core'
import { nobleEd25519, openEnvelope, sealEnvelope } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'

test('an envelope sealed with one library opens with the other', () => {
  const seed = new Uint8Array(32).fill(1)
  const network = NetworkId.fromBytes(new Uint8Array(32))
  for (const [a, b] of [
    [nobleEd25519, sodiumEd25519],
    [sodiumEd25519, nobleEd25519],
  ] as const) {
    const bytes = sealEnvelope(a.signerFromSeed(seed), {
      network,
      type: 'x.y',
      recipient: { audience: 'members' },
      timeMs: 1000,
      sequence: 1,
      body: { a: 1 },
    })
    const e = openEnvelope(bytes, { ed25519: b, network, nowMs: 1000 })
    assert.equal(e.from, NodeId.fromBytes(a.signerFromSeed(seed).publicKey))
    const bad = Uint8Array.from(bytes)
    bad[bytes.length - 5] = (bad[bytes.length - 5] ?? 0) ^ 1
    assert.throws(() => openEnvelope(bad, { ed25519: b, network, nowMs: 1000 }))
  }
})
