import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isBorgError } from '@borgios/core'
import { sodiumEd25519 } from '@borgios/crypto/native'

/** Waits until something holds; fails with `what` after a generous time. */
export async function until(
  condition: () => boolean,
  what = 'the awaited condition',
  timeoutMs = 20_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > endMs) assert.fail(`${what} did not come true within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** A check for `assert.throws` and `assert.rejects`: a BorgError of this code. */
export const code =
  (expected: string) =>
  (error: unknown): boolean => {
    assert.ok(isBorgError(error), `a BorgError, not ${String(error)}`)
    assert.equal(error.code, expected, error.message)
    return true
  }

/** The signer of the n-th test identity. */
export const signerOf = (n: number) => {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, n + 1)
  return sodiumEd25519.signerFromSeed(seed)
}

setFlagsFromString('--expose-gc')
/** Collects garbage now, so that what is left is really held. */
export const collect = runInNewContext('gc') as () => void
