import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { limits } from '@borgios/core'
import fc from 'fast-check'
import { loadKernel } from '../src/coding/erasure-kernel.ts'
import { multiply } from '../src/coding/galois.ts'
import { LEAF_BYTES, merkleRoot, shardIdOf } from '../src/coding/merkle.ts'
import { RECORD_BYTES, sealRecords, TAG_BYTES } from '../src/coding/record-cipher.ts'
import { StripeCodec } from '../src/coding/stripe-codec.ts'
import { StripeMemory } from '../src/coding/stripe-memory.ts'
import type { Coding } from '../src/file-store.ts'
import { fullSlice, propertyRuns } from './full-slice.ts'

const memory = new StripeMemory()
const codec = new StripeCodec(memory, loadKernel(), 0)
const [slot] = memory.slots()
assert.ok(slot !== undefined)
const { address } = slot
const [plainText] = memory.plainTexts()
assert.ok(plainText !== undefined)
const key = Uint8Array.from({ length: 32 }, (_, index) => index * 3)

/** Russian peasant multiplication: shares nothing with the tables of the product. */
function slowMultiply(left: number, right: number): number {
  let product = 0
  for (let bit = 0; bit < 8; bit += 1) {
    if ((right >> bit) & 1) product ^= left << bit
  }
  for (let bit = 14; bit >= 8; bit -= 1) if ((product >> bit) & 1) product ^= 0x11d << (bit - 8)
  return product
}

/** Parity by definition, byte by byte. */
function slowParity({ data, parity }: Coding, shards: readonly Uint8Array[]): Uint8Array[] {
  const reciprocal = (value: number): number => {
    for (let guess = 1; guess < 256; guess += 1) if (slowMultiply(value, guess) === 1) return guess
    throw new Error('zero has no reciprocal')
  }
  return Array.from({ length: parity }, (_, index) =>
    Uint8Array.from(shards[0] ?? [], (_byte, at) => {
      let sum = 0
      shards.forEach((shard, column) => {
        sum ^= slowMultiply(reciprocal((data + index) ^ column), shard[at] ?? 0)
      })
      return sum
    }),
  )
}

const vectorShard = (position: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, at) => (31 * at + 101 * position + 7 * Math.floor(at / 256) + 5) % 256)

const shardView = (position: number, shardBytes: number): Uint8Array =>
  memory.view(address + position * shardBytes, shardBytes)

/** Parity of plain shards: rebuilt from all data shards, so without encryption. */
function parityOf(coding: Coding, shards: readonly Uint8Array[]): Uint8Array[] {
  const shardBytes = shards[0]?.length ?? 0
  shards.forEach((shard, position) => {
    shardView(position, shardBytes).set(shard)
  })
  const given = shards.map((shard, position) => ({ position, shard: shardIdOf(shard) }))
  const wanted = Array.from({ length: coding.parity }, (_, index) => coding.data + index)
  const result = codec.rebuild({ address, coding, shardBytes }, given, wanted)
  assert.equal(result.outcome, 'rebuilt')
  return wanted.map((position) => Uint8Array.from(shardView(position, shardBytes)))
}

const codings = fc
  .integer({ min: 2, max: 10 })
  .chain((data) => fc.record({ data: fc.constant(data), parity: fc.integer({ min: 1, max: Math.min(6, 16 - data) }) }))

describe('Reed-Solomon', () => {
  test('multiplication agrees with long multiplication for all pairs', () => {
    for (let left = 0; left < 256; left += 1)
      for (let right = 0; right < 256; right += 1) assert.equal(multiply(left, right), slowMultiply(left, right))
  })

  test('the kernel makes the parity that ISA-L makes', () => {
    const { vectors } = JSON.parse(readFileSync(new URL('../vectors/erasure.json', import.meta.url), 'utf8'))
    assert.ok(vectors.length >= 7)
    for (const { data, parity, shardBytes, parityHex, paritySha256 } of vectors) {
      const shards = Array.from({ length: data }, (_, position) => vectorShard(position, shardBytes))
      const made = parityOf({ data, parity }, shards)
      if (parityHex !== undefined)
        assert.deepEqual(
          made.map((shard) => Buffer.from(shard).toString('hex')),
          parityHex,
        )
      else
        assert.deepEqual(
          made.map((shard) => createHash('sha256').update(shard).digest('hex')),
          paritySha256,
        )
    }
  })

  test('the kernel agrees with the definition for any coding and length', () => {
    fc.assert(
      fc.property(codings, fc.integer({ min: 1, max: 8 }), fc.infiniteStream(fc.nat(255)), (coding, steps, bytes) => {
        const shards = Array.from({ length: coding.data }, () =>
          Uint8Array.from({ length: 32 * steps }, () => bytes.next().value ?? 0),
        )
        assert.deepEqual(parityOf(coding, shards), slowParity(coding, shards))
      }),
      { numRuns: propertyRuns(20) },
    )
  })

  test('agrees with the installed libisal', { skip: !fullSlice && 'only in the full slice' }, (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'isal-'))
    after(() => rmSync(folder, { recursive: true }))
    const program = join(folder, 'isal')
    try {
      execFileSync('gcc', ['-O2', '-o', program, new URL('isal.c', import.meta.url).pathname, '-lisal'], {
        stdio: 'pipe',
      })
    } catch {
      context.skip('gcc or libisal-dev is not installed')
      return
    }
    for (const coding of [
      { data: 2, parity: 1 },
      { data: 3, parity: 2 },
      { data: 6, parity: 5 },
      { data: 10, parity: 4 },
    ]) {
      const shardBytes = 64 * 1024 + 96
      const shards = Array.from({ length: coding.data }, (_, position) => vectorShard(position, shardBytes))
      const args = [coding.data, coding.parity, shardBytes].map(String)
      const theirs = execFileSync(program, args, { input: Buffer.concat(shards), maxBuffer: 2 ** 26 })
      assert.ok(theirs.equals(Buffer.concat(parityOf(coding, shards))))
    }
  })
})

describe('a stripe', () => {
  const stripes = codings.chain((coding) =>
    fc.record({
      coding: fc.oneof(fc.constant({ data: 1, parity: 2 }), fc.constant(coding)),
      shardBytes: fc.integer({ min: 1, max: 40 }).map((units) => units * 64),
      stripe: fc.nat(),
      seed: fc.nat(255),
      order: fc.array(fc.nat(1000), { minLength: 16, maxLength: 16 }),
      flip: fc.nat(),
    }),
  )
  const seal = ({
    coding,
    shardBytes,
    stripe,
    seed,
  }: {
    coding: Coding
    shardBytes: number
    stripe: number
    seed: number
  }) => {
    const plain = Uint8Array.from({ length: coding.data * shardBytes }, (_, at) => (at * 17 + seed) % 256)
    plainText.bytes.set(plain)
    const sealed = codec.seal({ address, coding, shardBytes }, plainText.address, key, stripe)
    const bytes = sealed.shards.map((_, position) => Uint8Array.from(shardView(position, shardBytes)))
    return { plain, sealed, bytes }
  }
  const pick = (count: number, data: number, order: readonly number[]): number[] =>
    Array.from({ length: count }, (_, position) => position)
      .sort((left, right) => (order[left] ?? 0) - (order[right] ?? 0) || left - right)
      .slice(0, data)

  test('opens from any `data` of its shards', () => {
    fc.assert(
      fc.property(stripes, (sample) => {
        const { coding, shardBytes, stripe } = sample
        const { plain, sealed, bytes } = seal(sample)
        const chosen = pick(sealed.shards.length, coding.data, sample.order)
        memory.view(address, sealed.shards.length * shardBytes).fill(0xaa)
        const given = chosen.map((position) => {
          shardView(position, shardBytes).set(bytes[position] ?? [])
          return { position, shard: sealed.shards[position] ?? shardIdOf(plain) }
        })
        const opened = codec.open({ address, coding, shardBytes }, given, key, stripe, sealed.tags)
        assert.equal(opened.outcome, 'opened')
        assert.ok(Buffer.from(plain).equals(memory.view(address, plain.length)))
      }),
      { numRuns: propertyRuns(60) },
    )
  })

  test('any flipped bit is found, and the shard it is in named', () => {
    fc.assert(
      fc.property(stripes, (sample) => {
        const { coding, shardBytes, stripe } = sample
        const { sealed, plain } = seal(sample)
        const chosen = pick(sealed.shards.length, coding.data, sample.order)
        const given = chosen.map((position) => ({ position, shard: sealed.shards[position] ?? shardIdOf(plain) }))
        const victim = chosen[sample.flip % chosen.length] ?? 0
        const view = shardView(victim, shardBytes)
        const at = sample.flip % shardBytes
        view[at] = (view[at] ?? 0) ^ (1 << (sample.flip % 8))
        const opened = codec.open({ address, coding, shardBytes }, given, key, stripe, sealed.tags)
        assert.deepEqual(opened, { outcome: 'wrong-shards', positions: [victim] })
      }),
      { numRuns: propertyRuns(40) },
    )
  })

  test('does not open with another key, stripe number or tag', () => {
    const sample = { coding: { data: 3, parity: 2 }, shardBytes: 64 * 1024, stripe: 7, seed: 1 }
    const { sealed } = seal(sample)
    assert.equal(sealed.tags.length, ((3 * 64 * 1024) / RECORD_BYTES) * TAG_BYTES)
    const given = [0, 1, 2].map((position) => ({ position, shard: sealed.shards[position] ?? shardIdOf(key) }))
    const place = { address, coding: sample.coding, shardBytes: sample.shardBytes }
    const badTags = Uint8Array.from(sealed.tags, (byte, at) => (at === TAG_BYTES * 2 ? byte ^ 1 : byte))
    const badKey = Uint8Array.from(key, (byte, at) => (at === 31 ? byte ^ 1 : byte))
    const sealedBytes = Uint8Array.from(memory.view(address, 3 * sample.shardBytes))
    const outcomeOf = (usedKey: Uint8Array, stripe: number, tags: Uint8Array): string => {
      memory.view(address, sealedBytes.length).set(sealedBytes)
      return codec.open(place, given, usedKey, stripe, tags).outcome
    }
    assert.equal(outcomeOf(key, 8, sealed.tags), 'wrong-key')
    assert.equal(outcomeOf(badKey, 7, sealed.tags), 'wrong-key')
    assert.equal(outcomeOf(key, 7, badTags), 'wrong-key')
    assert.equal(outcomeOf(key, 7, sealed.tags.subarray(TAG_BYTES)), 'wrong-key')
    assert.equal(outcomeOf(key, 7, sealed.tags), 'opened')
  })

  test('no two records of a file are encrypted with the same nonce', () => {
    const seen = new Set<string>()
    for (const stripe of [0, 1, 256, 2 ** 32]) {
      const bytes = new Uint8Array(3 * RECORD_BYTES)
      sealRecords(key, stripe, new Uint8Array(bytes.length), bytes)
      for (let at = 0; at < bytes.length; at += RECORD_BYTES)
        seen.add(Buffer.from(bytes.subarray(at, at + 32)).toString('hex'))
    }
    assert.equal(seen.size, 12)
  })

  test('missing shards are rebuilt to their very ids', () => {
    const sample = { coding: { data: 4, parity: 3 }, shardBytes: 128, stripe: 0, seed: 9 }
    const { sealed } = seal(sample)
    for (const position of [0, 2, 5]) shardView(position, 128).fill(0)
    const given = [1, 3, 4, 6].map((position) => ({ position, shard: sealed.shards[position] ?? shardIdOf(key) }))
    const rebuilt = codec.rebuild({ address, coding: sample.coding, shardBytes: 128 }, given, [0, 2, 5])
    assert.deepEqual(rebuilt, { outcome: 'rebuilt', shards: [0, 2, 5].map((position) => sealed.shards[position]) })
  })
})

describe('shard ids', () => {
  const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
  /** RFC 6962, section 2.1, word for word. */
  function definition(leaves: readonly Uint8Array[]): Buffer {
    if (leaves.length === 0) return sha256()
    if (leaves.length === 1) return sha256(Uint8Array.of(0), leaves[0] ?? new Uint8Array())
    let split = 1
    while (split * 2 < leaves.length) split *= 2
    return sha256(Uint8Array.of(1), definition(leaves.slice(0, split)), definition(leaves.slice(split)))
  }

  test('are the Merkle tree hash of RFC 6962 over 16 KiB leaves', () => {
    const whole = Uint8Array.from({ length: limits.store.maxShardBytes }, (_, at) => (at * 7 + (at >> 9)) % 256)
    const lengths = [
      0,
      1,
      LEAF_BYTES - 1,
      LEAF_BYTES,
      LEAF_BYTES + 1,
      3 * LEAF_BYTES,
      11 * LEAF_BYTES + 5,
      whole.length,
    ]
    for (const length of lengths) {
      const bytes = whole.subarray(0, length)
      const leaves: Uint8Array[] = []
      for (let at = 0; at < length; at += LEAF_BYTES) leaves.push(bytes.subarray(at, at + LEAF_BYTES))
      assert.ok(definition(leaves).equals(merkleRoot(bytes)), `length ${length}`)
    }
  })
})
