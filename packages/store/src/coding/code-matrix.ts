import { assert } from '@borgios/core'
import type { Coding } from '../file-store.ts'
import { inverse, multiply } from './galois.ts'

type Row = Uint8Array

/**
 * The row of the generator matrix that makes the shard at `position` out of the data shards. Systematic: data shards are the
 * data. Parity rows are Cauchy, 1 / (position xor column), byte for byte those of ISA-L's gf_gen_cauchy1_matrix, so any
 * `data` rows are independent. With one data shard every shard is a copy of it.
 */
function generatorRow({ data }: Coding, position: number): Row {
  if (data === 1) return Uint8Array.of(1)
  return Uint8Array.from({ length: data }, (_, column) =>
    position < data ? Number(column === position) : inverse(position ^ column),
  )
}

/** The inverse of a square matrix by Gauss-Jordan. Every matrix we ask for has one. */
function invert(matrix: readonly Row[]): readonly Row[] {
  const size = matrix.length
  // The matrix with the unit matrix at its right; row operations turn the left half into the unit matrix.
  const rows = matrix.map((row, index) => {
    const wide = new Uint8Array(2 * size)
    wide.set(row)
    wide[size + index] = 1
    return wide
  })
  for (let column = 0; column < size; column += 1) {
    const found = rows.findIndex((row, index) => index >= column && row[column] !== 0)
    const pivot = rows[found]
    const displaced = rows[column]
    assert(pivot !== undefined && displaced !== undefined, 'any `data` rows of a Cauchy code are independent')
    rows[found] = displaced
    rows[column] = pivot
    const scale = inverse(pivot[column] ?? 0)
    for (let at = 0; at < 2 * size; at += 1) pivot[at] = multiply(pivot[at] ?? 0, scale)
    for (const row of rows) {
      const factor = row[column] ?? 0
      if (row === pivot || factor === 0) continue
      for (let at = 0; at < 2 * size; at += 1) row[at] = (row[at] ?? 0) ^ multiply(factor, pivot[at] ?? 0)
    }
  }
  return rows.map((row) => row.subarray(size))
}

function timesMatrix(row: Row, matrix: readonly Row[]): Row {
  const result = new Uint8Array(row.length)
  row.forEach((factor, index) => {
    matrix[index]?.forEach((value, column) => {
      result[column] = (result[column] ?? 0) ^ multiply(factor, value)
    })
  })
  return result
}

/**
 * Coefficients that make the shards at `wanted` positions out of those at `given` ones, one row a wanted shard. `given` holds
 * exactly `data` distinct positions.
 */
export function recoveryRows(coding: Coding, given: readonly number[], wanted: readonly number[]): readonly Row[] {
  assert(given.length === coding.data, 'as many shards are given as there are data shards')
  const fromGiven = invert(given.map((position) => generatorRow(coding, position)))
  return wanted.map((position) => timesMatrix(generatorRow(coding, position), fromGiven))
}

/** Coefficients that make the parity shards out of the data shards. */
export const parityRows = (coding: Coding): readonly Row[] =>
  Array.from({ length: coding.parity }, (_, index) => generatorRow(coding, coding.data + index))
