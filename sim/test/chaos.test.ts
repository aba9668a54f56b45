import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runChaos } from '@borgios/sim'
import { isFull, seedsFrom } from './slice.ts'

const seedCount = isFull ? 1_000 : 300

/** Sizes from 2 to 60, most of them small, where there is least to fall back on. */
const sizeOf = (seed: number): number => (seed % 8 === 0 ? 31 + (seed % 30) : 2 + (seed % 29))

test(`${seedCount} worlds of 2 to 60 nodes come to rest as one tree after every kind of fault`, () => {
  for (const seed of seedsFrom(0, seedCount)) runChaos({ seed, nodes: sizeOf(seed), schemas: seed % 4 === 0 })
})

test(`in ${seedCount} worlds without cuts, only with loss, delay, freezing and death, nobody who lives is declared down`, () => {
  for (const seed of seedsFrom(10_000, seedCount)) runChaos({ seed, nodes: sizeOf(seed), cuts: false })
})

test('a world of 200 nodes does too', { skip: !isFull }, () => {
  for (const seed of seedsFrom(0, 2)) runChaos({ seed, nodes: 200 })
})

test('the same seed gives the same history, another seed another', () => {
  const hash = (seed: number): string => runChaos({ seed, nodes: 12, trace: true }).world.traceHash()
  assert.equal(hash(7), hash(7))
  assert.notEqual(hash(7), hash(8))
})
